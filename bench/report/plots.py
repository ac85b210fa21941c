"""Which picture a kind is, and what it is made of. `bench.report.charts` makes them, `bench.cli.plot` asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import msgspec

from bench.errors import UsageError
from bench.model.history import SeriesHistory, Trends
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.explanation import chosen_variants, nearest_to_median
from bench.pure.summary import only_states
from bench.report.charts.effects import effects
from bench.report.charts.frame import WIDTH
from bench.report.charts.phases import phases
from bench.report.charts.rows import only_variants, timed, usual_state
from bench.report.charts.themes import Spec
from bench.report.charts.tradeoff import tradeoff
from bench.report.charts.trend import trend
from bench.report.charts.trials import trials
from bench.report.charts.waterfall import waterfall
from bench.report.choices import PlotKind
from bench.report.export_records import RunRecords

_ONE_STATE = (PlotKind.TRADEOFF, PlotKind.WATERFALL)
_MOST_NAMED = 8


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What picture is asked for: of all variants and states where none is named. `width` is in pixels."""

    kind: PlotKind
    variants: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    width: int = WIDTH


def plot_run(records: RunRecords, wanted: Wanted) -> Spec:
    """The picture of a run. Raises UsageError for a variant or state that it does not have, or cannot show."""
    _check(records, wanted)
    summary = only_variants(only_states(records.summary, wanted.states), wanted.variants)
    recorded = [
        trial
        for trial in records.trials
        if (not wanted.states or trial.state in wanted.states)
        and (not wanted.variants or trial.variant in wanted.variants)
    ]
    state = wanted.states[0] if wanted.states else None
    match wanted.kind:
        case PlotKind.TRADEOFF:
            return tradeoff(summary, state=state, width=wanted.width)
        case PlotKind.EFFECTS:
            return effects(summary, width=wanted.width)
        case PlotKind.PHASES:
            return phases(summary, width=wanted.width)
        case PlotKind.TRIALS:
            return trials(records.run, recorded, width=wanted.width)
        case PlotKind.WATERFALL:
            return waterfall(records.run, _one_trial(records, wanted), width=wanted.width)
        case PlotKind.TREND:
            raise UsageError("a trend is of a series, not of a run", remedy="buildmark plot SERIES --kind trend")
        case _:
            assert_never(wanted.kind)


def plot_series(found: Sequence[SeriesHistory], trends: Trends, *, pattern: str, width: int = WIDTH) -> Spec:
    """The picture of the one series that a pattern names. Raises UsageError where it names more, or none with a run."""
    if len(found) != 1:
        names = [one.series for one in found[:_MOST_NAMED]]
        more = f" and {len(found) - len(names):,} more" if len(found) > len(names) else ""
        what = f"names {len(found):,} series" if found else "names no series with a trial that counts"
        raise UsageError(f"'{pattern}' {what}", remedy=f"one of: {', '.join(names)}{more}" if names else None)
    (history,) = found
    changes = [change for one in trends.series if one.series == history.series for change in one.changes]
    return trend(history, changes, width=width)


def _check(records: RunRecords, wanted: Wanted) -> None:
    for variant in wanted.variants:
        chosen_variants(records.run, variant)
    planned = records.run.plan.states
    for state in wanted.states:
        if state not in planned:
            raise UsageError(f"the run {records.run.id} has no state '{state}'", remedy=f"one of: {', '.join(planned)}")
    if wanted.kind is PlotKind.EFFECTS and wanted.variants:
        raise UsageError(
            "effects are averages over all variants: --kind effects takes no --variant", remedy="leave out --variant"
        )
    if wanted.kind in _ONE_STATE and len(wanted.states) > 1:
        raise UsageError(f"--kind {wanted.kind} shows one state", remedy=f"--state {wanted.states[0]}")
    if wanted.kind is PlotKind.WATERFALL and len(wanted.variants) > 1:
        raise UsageError("--kind waterfall shows one variant", remedy=f"--variant {wanted.variants[0]}")


def _one_trial(records: RunRecords, wanted: Wanted) -> Trial:
    """The median trial of the variant and state that are named; else of the fastest variant and the usual state."""
    state = wanted.states[0] if wanted.states else usual_state(records.summary)
    fastest = [row.variant for row in timed(records.summary.rows, state)]
    planned = [variant.id for variant in records.run.plan.variants]
    for variant in wanted.variants or (*fastest[:1], *planned):
        found = [trial for trial in records.trials if trial.variant == variant and trial.state is state]
        if found:
            return nearest_to_median(found)
    raise UsageError(f"the run {records.run.id} has no such trial", remedy="buildmark show tells what is recorded")
