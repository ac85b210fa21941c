"""Which runs make one series, and what each is worth there."""

from __future__ import annotations

import statistics
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.build import BuilderKind
from bench.model.environment import Fact
from bench.model.history import SeriesName
from bench.model.image_layers import ImageLayers
from bench.model.run import Revision, Source
from bench.model.scenario import State
from bench.pure.metrics import IMAGE_COMPRESSED
from bench.pure.series import METRICS, indexed, matching, medians, target_difference, target_of
from tests.builders import make_engine, make_plan, make_run, make_trial, make_trials

PLAN = make_plan({"base": ("debian-12",)}, rounds=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"engine": make_engine(server_version="29.0.1")},
        {"engine": make_engine(cpus=64)},
        {"builder": BuilderKind.CLASSIC},
        {"drop_page_cache": True},
        {"platform": "linux/arm64"},
        {"fingerprint": {"cpu_model": Fact(value="Another CPU")}},
    ],
)
def test_what_makes_two_runs_incomparable_gives_them_two_targets(changes: dict[str, Any]) -> None:
    first, second = target_of(make_run()), target_of(make_run(**changes))
    assert first.digest != second.digest
    assert target_difference(first, second)
    assert target_difference(first, first) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "another"},
        {"engine": make_engine(name="private-2", data_root="/elsewhere")},
        {"fingerprint": {"load_1m": Fact(value=3.0), "kernel": Fact(value="7.0")}},
        {"fingerprint": {"cpu_model": Fact(absent="this kernel does not tell")}},
    ],
)
def test_what_differs_from_run_to_run_on_one_machine_does_not(changes: dict[str, Any]) -> None:
    assert target_of(make_run(**changes)).digest == target_of(make_run()).digest


def test_a_difference_is_said_in_words() -> None:
    second = make_run(engine=make_engine(server_version="29.0.1"), platform="linux/arm64")
    words = target_difference(target_of(make_run()), target_of(second))
    assert words == "Docker was 28.5.2, is 29.0.1; platform was the engine's own, is linux/arm64"


def test_a_run_of_before_git_was_recorded_says_so() -> None:
    run = indexed(make_run(PLAN), (), name="copied")
    assert run.entry.name == "copied"
    assert run.entry.source == Source(absent="the run did not record it")


def test_a_run_that_compares_revisions_has_no_place_in_a_series() -> None:
    revisions = (Revision(name="main", commit="a" * 40, context_sha256="ab" * 32),)
    run = indexed(make_run(PLAN, revisions=revisions, git=Source(commit="b" * 40)), make_trials(PLAN), name="run")
    assert (run.trials, run.entry.n_valid, run.entry.source.commit) == ((), 2, None)


def test_the_image_that_was_weighed_gives_its_values() -> None:
    layers = ImageLayers(
        image_id="sha256:aa",
        codec="gzip -6",
        size_bytes=3,
        compressed_bytes=2,
        waste_bytes=1,
        base_bytes=1,
        base_compressed_bytes=1,
        layers=(),
        worst=(),
    )
    (trial,) = indexed(make_run(PLAN), (make_trial(PLAN.trials[0], layers=layers),), name="run").trials
    assert trial.values[METRICS.index(IMAGE_COMPRESSED)] == 2.0


SAMPLES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.none() | st.floats(0, 1e12)), max_size=60)


@given(SAMPLES)
def test_each_run_and_series_has_the_median_of_what_is_there(rows: list[tuple[int, int, float | None]]) -> None:
    ordered = sorted(rows, key=lambda row: row[:2])
    found = {(run, series): values for run, series, values in medians(ordered)}
    assert found.keys() == {row[:2] for row in rows}
    for place, (median,) in found.items():
        values = [value for *where, value in rows if tuple(where) == place and value is not None]
        assert median == (statistics.median(values) if values else None)


NAMES = tuple(
    SeriesName(scenario=scenario, variant=variant, state=State.COLD)
    for scenario in ("quick", "quicker")
    for variant in ("debian-12", "debian-12-multi")
)


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("", 4), ("quick/*", 2), ("*/debian-12/*", 2), ("multi", 2), ("quick/debian-12/cold", 1), ("Quick", 0), ("[", 0)],
)
def test_a_pattern_names_series(pattern: str, count: int) -> None:
    found = matching(NAMES, pattern)
    assert len(found) == count
    assert list(found) == sorted(found)
    assert set(found) <= set(NAMES)
    assert msgspec.json.decode(msgspec.json.encode(found), type=tuple[SeriesName, ...]) == found
