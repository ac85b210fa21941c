"""When a gate raises an alarm: never on one campaign's word. Neighbour: `bench.app.gate` measures."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from bench.errors import ExitCode
from bench.model.comparison import ComparedRow, Comparison
from bench.model.gate import GatedRow, Passed, ScreenedRow
from bench.model.run import Run
from bench.model.scenario import State, Variant
from bench.model.trial import Trial
from bench.model.verdict import Verdict
from bench.pure.metrics import counts
from bench.pure.statistics.prediction import highest_ratio

RecentMedians = Mapping[tuple[str, State], Sequence[float]]
"""Median wall times in seconds of recent runs, by variant and state."""


def screened_rows(run: Run, trials: Iterable[Trial], recent: RecentMedians, margin: float) -> tuple[ScreenedRow, ...]:
    """Each row of a run of the head alone against what recent runs of the base branch took.

    A row is cleared when the most that it may be above them lies within the margin.
    """
    walls: defaultdict[tuple[str, State], list[float]] = defaultdict(list)
    for trial in trials:
        if counts(trial) and trial.wall_s:
            walls[trial.variant, trial.state].append(trial.wall_s)
    return tuple(
        _screened(plain_id(variant), state, walls[variant.id, state], recent, margin)
        for variant in run.plan.variants
        for state in run.plan.states
    )


def plain_id(variant: Variant) -> str:
    """A variant's id without its revision, as runs that compare none call it."""
    return variant.id.removesuffix(f"-{variant.revision}") if variant.revision else variant.id


def _screened(variant: str, state: State, walls: Sequence[float], recent: RecentMedians, margin: float) -> ScreenedRow:
    earlier = [math.log(median) for median in recent.get((variant, state), ())]
    high = highest_ratio(earlier, math.log(statistics.median(walls))) if walls else None
    ratio = math.exp(math.log(statistics.median(walls)) - statistics.fmean(earlier)) if walls and earlier else None
    return ScreenedRow(
        variant=variant,
        state=state,
        n_runs=len(earlier),
        ratio=ratio,
        high=high,
        cleared=high is not None and high <= 1 + margin,
    )


def screened_out(rows: Sequence[ScreenedRow]) -> tuple[GatedRow, ...]:
    """The gate's rows when recent runs clear all of them; none when they do not."""
    if not rows or not all(row.cleared for row in rows):
        return ()
    return tuple(GatedRow(name=row.variant, state=row.state, passed=Passed.RECENT) for row in rows)


def is_suspicious(comparison: Comparison) -> bool:
    """Whether anything is slower, so that it has to be measured again."""
    return any(row.verdict is Verdict.SLOWER for row in comparison.rows)


def gated_rows(first: Comparison, second: Comparison | None) -> tuple[GatedRow, ...]:
    """How each row came through: an alarm is what both campaigns found slower."""
    again = {} if second is None else {(row.name, row.state): row for row in second.rows}
    return tuple(
        GatedRow(name=row.name, state=row.state, passed=_passed(row, again.get((row.name, row.state))))
        for row in first.rows
    )


def _passed(row: ComparedRow, again: ComparedRow | None) -> Passed:
    match row.verdict:
        case Verdict.SAME | Verdict.FASTER:
            return Passed.MEASURED
        case Verdict.UNDECIDED | None:
            return Passed.UNDECIDED
        case Verdict.SLOWER:
            return _confirmed(again)
        case _:
            assert_never(row.verdict)


def _confirmed(again: ComparedRow | None) -> Passed:
    """What a second campaign makes of a row that the first one found slower."""
    verdict = None if again is None else again.verdict
    if verdict is Verdict.SLOWER:
        return Passed.REGRESSION
    return Passed.UNDECIDED if verdict in {None, Verdict.UNDECIDED} else Passed.NOT_CONFIRMED


def exit_code_of_gate(rows: Iterable[GatedRow]) -> ExitCode:
    """A confirmed regression, else undecided where any row is, else fine."""
    passed = {row.passed for row in rows}
    if Passed.REGRESSION in passed:
        return ExitCode.REGRESSION
    return ExitCode.UNDECIDED if Passed.UNDECIDED in passed else ExitCode.OK
