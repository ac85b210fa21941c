"""The chain of activities that took longest, of all that need each other."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.timeline import Activity, ActivityKind, Timeline
from bench.pure.classic import parse_classic
from bench.pure.critical_path import critical_path
from bench.pure.rawjson import parse_rawjson
from bench.pure.timeline import timeline_of_steps
from tests.pure.streams import fixture
from tests.pure.test_attribution import activity, timeline, timelines


def chains(told: Timeline) -> Iterator[list[Activity]]:
    """Every chain along inputs, by trying them all."""
    known = {each.digest: each for each in told.activities}

    def back(each: Activity) -> Iterator[list[Activity]]:
        yield [each]
        for digest in each.inputs:
            for chain in back(known[digest]):
                yield [*chain, each]

    for each in told.activities:
        yield from back(each)


def length_s(chain: list[Activity]) -> float:
    return sum(end - start for each in chain for start, end in each.intervals) / 1e6


@given(timelines())
def test_no_chain_of_inputs_is_longer(told: Timeline) -> None:
    found_s = sum(step.duration_s for step in critical_path(told))
    assert found_s >= max(map(length_s, chains(told)), default=0.0) - 1e-9


@given(timelines(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_builder_told_does_not_matter(told: Timeline, random: object) -> None:
    shuffled = list(told.activities)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object's Random
    assert critical_path(timeline(*shuffled)) == critical_path(told)


def test_of_two_stages_at_once_the_longer_one_is_on_the_path() -> None:
    told = timeline(
        activity("load", (0, 1), kind=ActivityKind.CONTEXT),
        activity("base", (1, 2), kind=ActivityKind.PULL),
        activity("slow", (2, 9), inputs=["base"]),
        activity("quick", (2, 4), inputs=["base"]),
        activity("join", (9, 10), kind=ActivityKind.COPY, inputs=["quick", "slow"]),
        activity("export", (10.5, 11), kind=ActivityKind.ENGINE),
    )
    assert [step.digest for step in critical_path(told)] == ["load", "base", "slow", "join", "export"]


def test_inputs_that_go_in_a_circle_do_not_hang() -> None:
    told = timeline(activity("a", (0, 1), inputs=["b"]), activity("b", (0, 1), inputs=["a"]), activity("c", (0, 1)))
    assert [step.digest for step in critical_path(told)] == ["c"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "cold",
            ["definition", "metadata", "ignore", "context", "COPY src", "RUN for", "RUN cat", "COPY", "COPY", "RUN add",
             "exporting"],
        ),
        ("pull", ["definition", "metadata", "ignore", "FROM", "RUN echo", "exporting"]),
    ],
)  # fmt: skip
def test_the_path_of_a_real_build_goes_from_its_first_event_to_its_last(name: str, expected: list[str]) -> None:
    told = parse_rawjson(fixture(f"rawjson-{name}.ndjson")).timeline
    assert told is not None
    found = critical_path(told)
    assert len(found) == len(expected)
    for step, words in zip(found, expected, strict=True):
        assert words in step.name
    total_s = sum(step.duration_s for step in found)
    assert 0.85 * told.span_us / 1e6 < total_s <= told.span_us / 1e6


def test_the_path_of_a_classic_build_is_all_of_it_for_it_does_one_thing_after_the_other() -> None:
    lines = fixture("classic-cold.ndjson").splitlines()
    steps = parse_classic((100 + number / 3, msgspec.json.decode(line)) for number, line in enumerate(lines)).steps
    found = critical_path(timeline_of_steps(steps))
    assert [step.name for step in found] == [step.name for step in steps if step.duration_s]
