"""Trials → Summary: a row per variant and state, an effect per axis level, and the notes that belong under them.

Only valid trials are summarised; the others are counted and told. Neighbours: `bench.pure.effects` and
`bench.pure.notes` do their parts, `bench.report` renders the whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec

from bench.model.run import Run
from bench.model.scenario import State, Variant
from bench.model.summary import MetricSummary, Overhead, Row, RunSummary, Summary
from bench.model.trial import Reading, Trial, TrialStatus
from bench.pure.cache_savings import StepSeconds, cold_seconds, saved_seconds
from bench.pure.effects import axis_effects, measure
from bench.pure.metrics import (
    CACHE_SAVED,
    CPU,
    CPU_PARTS,
    WALL,
    counts,
    in_order,
    metric_values,
    unit_of,
    weighed_values,
)
from bench.pure.notes import notes_of
from bench.pure.statistics import median_absolute_deviation, median_estimate
from bench.pure.time_use import typical_time

LOST = (TrialStatus.FAILED, TrialStatus.TIMEOUT, TrialStatus.UNAVAILABLE)


def summarise(
    run: Run,
    trials: tuple[Trial, ...],
    *,
    being_written: bool = False,
    warning: str | None = None,
    keep_disturbed: bool = False,
) -> Summary:
    """Summarise what a run has recorded so far.

    `being_written` says that the run is still under way, `warning` that a last record was cut off; both become notes.
    Trials that other work disturbed are counted and told, and summarised only with `keep_disturbed`.
    """
    recorded = trials
    if keep_disturbed:
        trials = tuple(msgspec.structs.replace(trial, disturbed=None) for trial in trials)
    by_place: defaultdict[tuple[str, State], list[Trial]] = defaultdict(list)
    weighed: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_place[trial.variant, trial.state].append(trial)
        if trial.layers is not None and trial.status is TrialStatus.VALID:
            weighed[trial.variant].append(trial)
    planned = Counter((trial.variant, trial.state) for trial in run.plan.trials)
    cold = cold_seconds(trials)
    rows = [
        _row(
            variant,
            state,
            by_place[variant.id, state],
            planned[variant.id, state],
            cold=cold.get(variant.id, {}),
            weighed=weighed[variant.id],
        )
        for variant in run.plan.variants
        for state in run.plan.states
    ]
    measured = measure(trials)
    overhead = _overhead(trials)
    return Summary(
        run=_run_summary(run, trials),
        rows=_with_relative(rows),
        axes=axis_effects(run, measured),
        notes=notes_of(run, trials, recorded, measured, overhead, being_written=being_written, warning=warning),
        overhead=overhead,
    )


def only_states(summary: Summary, states: Sequence[State]) -> Summary:
    """The part of a summary that is about these states; all of it when none is named."""
    if not states:
        return summary
    return msgspec.structs.replace(
        summary,
        rows=tuple(row for row in summary.rows if row.state in states),
        axes=tuple(effect for effect in summary.axes if effect.state in states),
    )


def _run_summary(run: Run, trials: tuple[Trial, ...]) -> RunSummary:
    return RunSummary(
        id=run.id,
        title=run.title,
        scenario=run.plan.scenario,
        created_at=run.created_at,
        buildmark_version=run.buildmark_version,
        seed=run.plan.seed,
        rounds=run.plan.rounds,
        builder=run.builder,
        engine=run.engine.kind,
        engine_version=run.engine.server_version,
        storage_driver=run.engine.storage_driver,
        machine=run.machine.hostname,
        cpus=run.machine.cpus,
        axes=run.axes,
        drop_page_cache=run.drop_page_cache,
        n_planned=len(run.plan.trials),
        n_recorded=len(trials),
        fingerprint=run.fingerprint,
        findings=run.findings,
        may_end_early=run.adaptive is not None,
    )


def _row(
    variant: Variant,
    state: State,
    trials: Sequence[Trial],
    planned: int,
    *,
    cold: StepSeconds,
    weighed: Sequence[Trial],
) -> Row:
    by_status = Counter(trial.status for trial in trials)
    valid = [trial for trial in trials if counts(trial)]
    metrics = _metrics(valid, cold, weighed)
    return Row(
        variant=variant.id,
        levels=variant.levels,
        state=state,
        n_planned=planned,
        n_valid=len(valid),
        n_invalid=by_status[TrialStatus.INVALID],
        n_failed=sum(by_status[status] for status in LOST),
        n_timeout=by_status[TrialStatus.TIMEOUT],
        n_unavailable=by_status[TrialStatus.UNAVAILABLE],
        relative_to_best=None,
        metrics=metrics,
        absent=_absent(valid, metrics),
        time=typical_time(valid),
        n_disturbed=by_status[TrialStatus.VALID] - len(valid),
    )


def _metrics(valid: Sequence[Trial], cold: StepSeconds, weighed: Sequence[Trial]) -> dict[str, MetricSummary]:
    """By name. A variant's image is weighed in one trial, and its state has no part in it: all its rows have that."""
    readings: defaultdict[str, list[Reading]] = defaultdict(list)
    for trial in valid:
        for name, reading in metric_values(trial).items():
            readings[name].append(reading)
        if (saved_s := saved_seconds(trial, cold)) is not None:
            readings[CACHE_SAVED].append(Reading(value=saved_s, meter=""))
    for trial in weighed if valid else ():
        for name, reading in weighed_values(trial).items():
            readings[name].append(reading)
    return {name: _metric(name, readings[name]) for name in in_order(readings)}


def _metric(name: str, readings: Sequence[Reading]) -> MetricSummary:
    values = [reading.value for reading in readings]
    estimate = median_estimate(values)
    meters = {meter for reading in readings for meter in reading.meter.split(", ") if meter}
    return MetricSummary(
        median=estimate.median,
        low=estimate.low,
        high=estimate.high,
        unit=unit_of(name),
        n=estimate.n,
        coverage=estimate.coverage,
        mad=median_absolute_deviation(values),
        meter=", ".join(sorted(meters)) or None,
    )


def _absent(valid: Sequence[Trial], metrics: dict[str, MetricSummary]) -> dict[str, str]:
    """Why a metric is missing from every valid trial: the reason that most of them give."""
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for trial in valid:
        for name, reason in trial.absent.items():
            reasons[name][reason] += 1
    absent = {name: reasons[name].most_common(1)[0][0] for name in in_order(reasons) if name not in metrics}
    parts = [absent[name] for name in CPU_PARTS if name in absent]
    return {CPU: parts[0], **absent} if parts else absent


def _with_relative(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Fill in each row's median time over the best of its state."""
    best: dict[State, float] = {}
    for row in rows:
        if metric := row.metrics.get(WALL):
            best[row.state] = min(metric.median, best.get(row.state, metric.median))
    return tuple(
        msgspec.structs.replace(row, relative_to_best=metric.median / best[row.state])
        if (metric := row.metrics.get(WALL)) and best[row.state] > 0
        else row
        for row in rows
    )


def _overhead(trials: Sequence[Trial]) -> Overhead:
    outside: defaultdict[str, float] = defaultdict(float)
    for trial in trials:
        for name, seconds in trial.overhead_s.items():
            outside[name] += seconds
    return Overhead(timed_s=sum(trial.wall_s or 0.0 for trial in trials), outside_s=dict(sorted(outside.items())))
