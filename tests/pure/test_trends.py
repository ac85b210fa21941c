"""What is called a step along a series, and what is not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from bench.model.environment import Fact
from bench.model.history import ChangeKind, RunEntry, SeriesTrend, Target
from bench.model.run import Source
from bench.pure.trends import Value, is_short, is_worse, since, trend_of
from tests.builders import START

TARGETS = {name: Target(digest=name, facts={"docker_version": Fact(value=name)}) for name in ("one", "two")}


def values(levels: Sequence[float], machines: str | Sequence[str] = "one") -> list[Value]:
    """A run an hour; each scatters by a percent around its level."""
    scatter = random.Random(len(levels))  # noqa: S311 - values for a test
    names = [machines] * len(levels) if isinstance(machines, str) else machines
    return [
        Value(_entry(number, name), level * (1 + scatter.gauss(0, 0.01)))
        for number, (level, name) in enumerate(zip(levels, names, strict=True))
    ]


def _entry(number: int, target: str) -> RunEntry:
    return RunEntry(
        name=f"run-{number:02}",
        scenario="quick",
        title="",
        created_at=START + timedelta(hours=number),
        source=Source(commit=f"{number:040}", branch="main", dirty=False),
        target=target,
        n_planned=6,
        n_recorded=6,
        n_valid=6,
        is_complete=True,
    )


def trend(found: list[Value], metric: str = "wall_s") -> SeriesTrend:
    return trend_of("quick/a/cold", metric, found, TARGETS)


def test_a_step_is_told_with_its_size_its_levels_and_the_runs_around_it() -> None:
    (change,) = trend(values([1.0] * 10 + [1.2] * 10)).changes
    assert change.kind is ChangeKind.STEP_UP
    assert (change.after.run, change.at.run) == ("run-09", "run-10")
    assert (change.after.commit, change.at.commit) == (f"{9:040}", f"{10:040}")
    assert change.low is not None
    assert change.high is not None
    assert change.low < 1.2 < change.high
    assert change.before_median == pytest.approx(1.0, rel=0.02)
    assert change.after_median == pytest.approx(1.2, rel=0.02)


def test_what_else_changed_where_a_step_is_is_said() -> None:
    found = [
        Value(
            msgspec.structs.replace(value.entry, bases={"a": digest, "b": digest}, buildmark_version=version),
            value.median,
        )
        for number, value in enumerate(values([1.0] * 10 + [1.5] * 10))
        for digest, version in [("old", "1") if number < 10 else ("new", "2")]
    ]
    (change,) = trend(found).changes
    assert change.detail == "the base a is another image; Buildmark was 1, is 2"  # the series is of the variant a


def test_levels_lie_between_neighbouring_steps() -> None:
    up, down = trend(values([1.0] * 10 + [1.5] * 10 + [1.0] * 10)).changes
    assert (up.kind, down.kind) == (ChangeKind.STEP_UP, ChangeKind.STEP_DOWN)
    assert up.after_median == down.before_median == pytest.approx(1.5, rel=0.02)


def test_a_change_of_machine_is_never_a_step() -> None:
    found = trend(values([1.0] * 10 + [3.0] * 10, ["one"] * 10 + ["two"] * 10))
    assert [change.kind for change in found.changes] == [ChangeKind.MACHINE]
    assert (found.changes[0].after.run, found.changes[0].at.run) == ("run-09", "run-10")
    assert found.changes[0].detail == "Docker was one, is two"
    assert found.n_targets == 2


def test_machines_that_take_turns_are_told_once_and_each_has_its_steps() -> None:
    """The second machine is three times as slow; both slow down by a half at the tenth of their runs."""
    levels = [factor * level for level in [1.0] * 10 + [1.5] * 10 for factor in (1.0, 3.0)]
    changes = trend(values(levels, ["one", "two"] * 20)).changes
    assert [change.kind for change in changes].count(ChangeKind.MACHINE) == 1
    steps = [change for change in changes if change.kind is ChangeKind.STEP_UP]
    assert {(step.after.run, step.at.run) for step in steps} == {("run-18", "run-20"), ("run-19", "run-21")}


def test_a_series_that_holds_zero_has_no_step_and_does_not_fail() -> None:
    assert trend([*values([1.0] * 8), *values([0.0] * 8)]).changes == ()


def test_sizes_that_never_scatter_have_their_steps_too() -> None:
    exact = [Value(_entry(number, "one"), 100.0 if number < 8 else 101.0) for number in range(16)]
    (change,) = trend(exact, "image_size_bytes").changes
    assert change.at.run == "run-08"
    assert change.ratio == pytest.approx(1.01)


def test_only_changes_are_left_out_by_their_time_and_not_runs() -> None:
    found = trend(values([1.0] * 10 + [1.5] * 10))
    assert since(found, START + timedelta(hours=10)) == found
    assert since(found, START + timedelta(hours=11)) == msgspec.structs.replace(found, changes=())


def test_what_is_worse_depends_on_the_metric_and_is_never_the_canary() -> None:
    found = trend(values([0.5] * 10 + [0.9] * 10))
    (up,) = found.changes
    assert is_worse(up, found)
    assert not is_worse(up, msgspec.structs.replace(found, metric="hit_ratio"))
    assert not is_worse(up, msgspec.structs.replace(found, series="quick/@canary/cold"))


def test_a_series_is_short_until_one_machine_has_six_runs() -> None:
    assert is_short(values([1.0] * 5))
    assert is_short(values([1.0] * 10, ["one", "two"] * 5))
    assert not is_short(values([1.0] * 6))
