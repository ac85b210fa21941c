"""Where the wall time goes: the parts add up, whatever overlapped, and no part is invented."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.timeline import Activity, ActivityKind, Timeline, TimeShares
from bench.pure.attribution import StepLoad, attribute
from bench.pure.intervals import union, union_length
from bench.pure.rawjson import parse_rawjson
from tests.pure.streams import fixture

SECOND = 1_000_000
STREAMS = ("cold", "warm", "edit-source", "failed", "pull", "cgroup2")


def activity(
    digest: str, *intervals: tuple[float, float], kind: ActivityKind = ActivityKind.RUN, inputs: Sequence[str] = ()
) -> Activity:
    scaled = [(round(start * SECOND), round(end * SECOND)) for start, end in intervals]
    return Activity(digest=digest, name=digest, kind=kind, intervals=union(scaled), inputs=tuple(inputs))


def timeline(*activities: Activity) -> Timeline:
    ends = [end for each in activities for _, end in each.intervals]
    return Timeline(span_us=max(ends, default=0), activities=activities)


def parts(shares: TimeShares) -> list[float]:
    return [value for name in shares.__struct_fields__ if (value := getattr(shares, name)) is not None]


INTERVALS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=3)
LOADS = st.builds(
    StepLoad,
    cpu_s=st.none() | st.floats(0, 9),
    stall_cpu_s=st.none() | st.floats(0, 9),
    stall_memory_s=st.none() | st.floats(0, 9),
    stall_io_s=st.none() | st.floats(0, 9),
)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Any activities at all; each may need the ones before it in the list."""
    found: list[Activity] = []
    for number in range(draw(st.integers(0, 6))):
        inputs = draw(st.sets(st.sampled_from([each.digest for each in found]))) if found else set()
        kind = draw(st.sampled_from(ActivityKind))
        intervals = [(start / 10, end / 10) for start, end in draw(INTERVALS)]
        found.append(activity(f"v{number}", *intervals, kind=kind, inputs=sorted(inputs)))
    return timeline(*found)


@given(timelines(), st.floats(0, 20), st.dictionaries(st.sampled_from(["v0", "v1", "v2", "v3"]), LOADS))
def test_the_parts_add_up_to_the_wall_time_and_none_is_negative(
    told: Timeline, wall_s: float, loads: dict[str, StepLoad]
) -> None:
    found = attribute(told, wall_s, loads)
    assert math.fsum(parts(found.shares)) == pytest.approx(wall_s, abs=1e-9)
    assert min(parts(found.shares)) >= 0
    assert min(found.seconds, default=0) >= 0


@given(timelines())
def test_what_went_on_is_counted_once_however_it_overlapped(told: Timeline) -> None:
    covered_us = union_length(interval for each in told.activities for interval in each.intervals)
    found = attribute(told, told.span_us / SECOND)
    assert math.fsum(found.seconds) == pytest.approx(covered_us / SECOND, abs=1e-9)


@given(timelines(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_builder_told_does_not_matter(told: Timeline, random: object) -> None:
    shuffled = list(told.activities)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object's Random
    one, other = attribute(told, 9.0), attribute(timeline(*shuffled), 9.0)
    seconds = dict(zip((each.digest for each in shuffled), other.seconds, strict=True))
    assert [seconds[each.digest] for each in told.activities] == pytest.approx(one.seconds, abs=1e-9)
    assert parts(other.shares) == pytest.approx(parts(one.shares), abs=1e-9)


def test_two_steps_at_once_share_the_instant() -> None:
    found = attribute(timeline(activity("a", (0, 4)), activity("b", (2, 4))), 5.0)
    assert found.seconds == (3.0, 1.0)
    assert found.shares.idle_client_s == 1.0


def test_a_step_that_waits_for_its_base_gives_way_to_the_fetching_of_it() -> None:
    pull = activity("base", (0, 3), kind=ActivityKind.PULL)
    middle = activity("never started", inputs=["base"])
    found = attribute(timeline(pull, middle, activity("run", (1, 4), inputs=["never started"])), 4.0)
    assert found.seconds == (3.0, 0.0, 1.0)


def test_idle_time_between_the_events_is_told_from_that_of_the_client() -> None:
    found = attribute(timeline(activity("a", (0, 1)), activity("b", (1.5, 2))), 2.2)
    assert found.shares.idle_gaps_s == pytest.approx(0.5)
    assert found.shares.idle_client_s == pytest.approx(0.2)


def test_a_clock_that_was_set_during_the_build_cannot_make_it_longer_than_it_was() -> None:
    found = attribute(timeline(activity("a", (0, 3)), activity("b", (3, 4), kind=ActivityKind.ENGINE)), 2.0)
    assert found.seconds == (1.5, 0.5)


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (StepLoad(), (0.0, None, None, 0.0, 4.0)),
        (StepLoad(cpu_s=3.0), (3.0, None, None, 1.0, 0.0)),
        (StepLoad(cpu_s=8.0), (4.0, None, None, 0.0, 0.0)),
        (StepLoad(cpu_s=1.0, stall_cpu_s=1.0, stall_io_s=1.5, stall_memory_s=0.0), (2.0, 1.5, 0.0, 0.5, 0.0)),
        (StepLoad(cpu_s=1.0, stall_io_s=2.0, stall_memory_s=2.0), (1.0, 0.0, 2.0, 1.0, 0.0)),
        (StepLoad(cpu_s=8.0, stall_io_s=4.0, stall_memory_s=0.0), (2.0, 2.0, 0.0, 0.0, 0.0)),
    ],
    ids=["no meter", "no stalls told", "two threads", "a bit of all", "thrashing", "computes while it waits"],
)
def test_a_run_step_is_split_by_what_its_meters_told(load: StepLoad, expected: tuple[float | None, ...]) -> None:
    shares = attribute(timeline(activity("a", (0, 4))), 4.0, {"a": load}).shares
    assert (
        shares.run_cpu_s,
        shares.run_disk_s,
        shares.run_memory_s,
        shares.run_other_s,
        shares.run_unmetered_s,
    ) == expected


@pytest.mark.parametrize("name", STREAMS)
def test_real_streams_are_accounted_for_to_the_microsecond(name: str) -> None:
    transcript = parse_rawjson(fixture(f"rawjson-{name}.ndjson"))
    assert transcript.timeline is not None
    span_s = transcript.timeline.span_us / SECOND
    shares = attribute(transcript.timeline, span_s + 0.15).shares
    assert math.fsum(parts(shares)) == pytest.approx(span_s + 0.15, abs=1e-6)
    assert shares.idle_client_s == pytest.approx(0.15)
    assert shares.context_s > 0


def test_what_a_real_build_spent_its_time_on_is_what_its_steps_show() -> None:
    transcript = parse_rawjson(fixture("rawjson-pull.ndjson"))
    assert transcript.timeline is not None
    shares = attribute(transcript.timeline, 1.5).shares
    assert shares.pull_s == pytest.approx(0.7313, abs=1e-4)  # the metadata, the layer and its unpacking
    assert shares.run_unmetered_s == pytest.approx(0.4325, abs=1e-4)
    assert shares.engine_s == pytest.approx(0.0338, abs=1e-4)


def test_a_warm_build_runs_nothing() -> None:
    transcript = parse_rawjson(fixture("rawjson-warm.ndjson"))
    assert transcript.timeline is not None
    shares = attribute(transcript.timeline, 0.2).shares
    assert (shares.run_unmetered_s, shares.run_cpu_s, shares.copy_s) == (0, 0, 0)
    assert shares.idle_client_s > 0.16
