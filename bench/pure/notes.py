"""The notes under the tables, as data: what a reader must know before believing a number.

Rendered late, in `bench.report.notes`; each has its subjects, its reason and how many trials it concerns.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from bench.model.plan import CANARY
from bench.model.rules import Decide
from bench.model.run import Run
from bench.model.scenario import REVISION_AXIS
from bench.model.summary import Note, NoteKind, Overhead
from bench.model.trial import Trial, TrialStatus
from bench.model.verdict import Verdict
from bench.pure.effects import Measured, references_missing
from bench.pure.last_words import cause_of, last_words
from bench.pure.metrics import counts, in_order, metric_values, weighed_values
from bench.pure.quantities import percent_text
from bench.pure.repeated_looks import comparisons
from bench.pure.schedule import Stop, rule_of, stopped_by
from bench.pure.statistics import NOMINAL_COVERAGE, Estimate, median_estimate

_NOTE_OF_STATUS = {
    TrialStatus.FAILED: NoteKind.FAILED,
    TrialStatus.TIMEOUT: NoteKind.TIMEOUT,
    TrialStatus.INVALID: NoteKind.INVALID,
}
_HOST_WIDE = "host-wide"
FEWEST_FOR_QUARTILES = 4


def notes_of(
    run: Run,
    trials: tuple[Trial, ...],
    recorded: tuple[Trial, ...],
    measured: Measured,
    overhead: Overhead,
    *,
    being_written: bool,
    warning: str | None,
) -> tuple[Note, ...]:
    """Everything worth saying about a run, the gravest first.

    `recorded` are the trials as the run itself saw them, though `trials` count those that were disturbed.
    """
    valid = [trial for trial in trials if counts(trial)]
    stop = stopped_by(run, recorded)
    return (
        *_progress(run, recorded, stop, being_written=being_written),
        *([] if warning is None or being_written else [Note(kind=NoteKind.CUT_OFF, subjects=(), detail=warning)]),
        *_unavailable(run, trials),
        *_lost(trials),
        *_disturbed(trials),
        *_decided(run, trials),
        *_plain_effects(run, stop),
        *_canary(trials),
        *_smoke(trials),
        *(Note(kind=NoteKind.NO_REFERENCE, subjects=pair, detail="") for pair in references_missing(run, measured)),
        *_few_rounds(valid),
        *_meters(valid),
        *_absent(valid),
        *(_overhead(overhead) if any(trial.status is TrialStatus.VALID for trial in trials) else ()),
        *_environment(run),
    )


def _progress(run: Run, trials: Sequence[Trial], stop: Stop | None, *, being_written: bool) -> Iterator[Note]:
    planned = len(run.plan.trials)
    missing = planned - len({trial.number for trial in trials})
    if stop is not None:
        rounds = max(trial.round for trial in trials)
        yield Note(kind=NoteKind.STOPPED, subjects=(stop,), detail=f"{rounds} of {run.plan.rounds}", count=missing)
    elif missing:
        kind = NoteKind.RUNNING if being_written else NoteKind.INTERRUPTED
        yield Note(kind=kind, subjects=(run.id,), detail=f"{missing} of {planned}", count=missing)


def _decided(run: Run, trials: Sequence[Trial]) -> Iterator[Note]:
    """What a run that went on until it was decided has decided: a note for each verdict, of variants against the first.

    Revisions are compared by the command that measured them.
    """
    rule = None if run.adaptive is None else rule_of(run.adaptive)
    if run.adaptive is None or not isinstance(rule, Decide) or run.revisions:
        return
    told = comparisons(run, trials, rule, min_rounds=run.adaptive.min_rounds, max_rounds=run.plan.rounds)
    for verdict in Verdict:
        if rows := [one for one in told if one.verdict is verdict]:
            words = tuple(f"{variant} {state}{_times(one.estimate)}" for one in rows for variant, state in [one.row])
            yield Note(
                kind=NoteKind.DECIDED, subjects=words, detail=f"{verdict} {rows[0].reference[0]}", count=len(rows)
            )


def _plain_effects(run: Run, stop: Stop | None) -> Iterator[Note]:
    """Where a lucky moment may have ended the rounds, the effects do not know it; `bench.pure.comparison` does."""
    axes = [axis for axis, levels in run.axes.items() if len(levels) > 1]
    axis = REVISION_AXIS if run.revisions else next(iter(axes), None)
    decides = run.adaptive is not None and run.adaptive.decide is not None
    if axis is not None and decides and stop not in {None, Stop.NOTHING}:
        yield Note(kind=NoteKind.PLAIN_EFFECTS, subjects=(run.id, axis), detail="")


def _times(estimate: Estimate | None) -> str:
    return "" if estimate is None else f" ({estimate.ratio:.2f} times)"


def _canary(trials: Sequence[Trial]) -> Iterator[Note]:
    """How much the reference build wandered while the run went on: its middle half over its median."""
    walls = [trial.wall_s for trial in trials if trial.variant == CANARY and counts(trial) and trial.wall_s]
    if len(walls) >= FEWEST_FOR_QUARTILES:
        first, middle, third = statistics.quantiles(walls, n=4)
        detail = f"{middle:.2f} s, {percent_text((third - first) / middle)}"
        yield Note(kind=NoteKind.CANARY, subjects=(), detail=detail, count=len(walls))


def _unavailable(run: Run, trials: Sequence[Trial]) -> Iterator[Note]:
    """A note per base that could not be had, with the trials that it cost; and per other reason of that kind."""
    lost: defaultdict[str, int] = defaultdict(int)
    base_of = {variant.id: variant.base for variant in run.plan.variants}
    told = {base.name: base.reason for base in run.unavailable}
    for trial in trials:
        if trial.status is TrialStatus.UNAVAILABLE:
            base = base_of.get(trial.variant) or trial.variant
            lost[base] += 1
            told.setdefault(base, trial.reason or "")
    for base, reason in told.items():
        yield Note(kind=NoteKind.UNAVAILABLE, subjects=(base,), detail=reason, count=lost[base])


def _lost(trials: Sequence[Trial]) -> Iterator[Note]:
    """Trials that failed, timed out or lack proof, grouped by cause: cold and warm ones often share it."""
    groups: defaultdict[tuple[NoteKind, str], list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.status in _NOTE_OF_STATUS:
            groups[_NOTE_OF_STATUS[trial.status], cause_of(trial.reason or "")].append(trial)
    for (kind, _), group in groups.items():
        yield Note(
            kind=kind,
            subjects=tuple(dict.fromkeys(f"{trial.variant} {trial.state}" for trial in group)),
            detail=min((trial.reason or "" for trial in group), key=len),
            count=len(group),
            log=next((trial.log for trial in group if trial.log), None),
            output=next((words for trial in group if (words := last_words(trial))), ()),
        )


def _disturbed(trials: Sequence[Trial]) -> Iterator[Note]:
    """Trials that are left out because other work kept the machine busy, with the worst share of it."""
    left_out = [trial for trial in trials if trial.status is TrialStatus.VALID and trial.disturbed]
    if left_out:
        variants = dict.fromkeys(f"{trial.variant} {trial.state}" for trial in left_out)
        shares = [trial.host.other_cpu_share or 0.0 for trial in left_out if trial.host]
        worst = percent_text(max(shares, default=0.0))
        yield Note(kind=NoteKind.DISTURBED, subjects=tuple(variants), detail=worst, count=len(left_out))


def _smoke(trials: Sequence[Trial]) -> Iterator[Note]:
    """Smoke tests that failed without making their own trial invalid are told too; none goes unsaid."""
    for trial in trials:
        if trial.smoke is not None and not trial.smoke.passed and trial.status is TrialStatus.VALID:
            yield Note(kind=NoteKind.SMOKE, subjects=(trial.variant,), detail=trial.smoke.reason or "", count=1)


def _few_rounds(valid: Sequence[Trial]) -> Iterator[Note]:
    """The numbers of samples for which no interval of 95 % can be had, and what their range covers instead."""
    counts = Counter((trial.variant, trial.state) for trial in valid)
    coverages = {n: median_estimate([0.0] * n).coverage for n in sorted(set(counts.values()))}
    few = {n: coverage for n, coverage in coverages.items() if coverage < NOMINAL_COVERAGE}
    if few:
        rows = sum(1 for n in counts.values() if n in few)
        detail = ", ".join(f"{coverage * 100:.4g} %" for coverage in few.values())
        yield Note(kind=NoteKind.FEW_ROUNDS, subjects=tuple(map(str, few)), detail=detail, count=rows)


def _meters(valid: Sequence[Trial]) -> Iterator[Note]:
    metrics: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for trial in valid:
        for name, reading in trial.resources.items():
            metrics[reading.meter][name] = None
    for meter in sorted(metrics):
        kind = NoteKind.HOST_WIDE if meter == _HOST_WIDE else NoteKind.METERS
        yield Note(kind=kind, subjects=tuple(in_order(metrics[meter])), detail=meter)


def _absent(valid: Sequence[Trial]) -> Iterator[Note]:
    """Metrics that no valid trial has, by the reason that they share."""
    had = {name for trial in valid for name in (*metric_values(trial), *weighed_values(trial))}
    reasons: dict[str, str] = {}
    for trial in valid:
        reasons |= {name: reason for name, reason in trial.absent.items() if name not in had}
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for name in in_order(reasons):
        by_reason[reasons[name]].append(name)
    for reason, names in by_reason.items():
        yield Note(kind=NoteKind.ABSENT, subjects=tuple(names), detail=reason)


def _overhead(overhead: Overhead) -> Iterator[Note]:
    """The share of the campaign outside the timed regions, and what it was spent on, the largest part first."""
    outside_s = sum(overhead.outside_s.values())
    whole_s = overhead.timed_s + outside_s
    if outside_s > 0 and overhead.timed_s > 0:
        parts = sorted(overhead.outside_s.items(), key=lambda part: -part[1])
        subjects = tuple(f"{name} {100 * seconds / whole_s:.1f} %" for name, seconds in parts)
        yield Note(kind=NoteKind.OVERHEAD, subjects=subjects, detail=f"{100 * outside_s / whole_s:.0f} %")


def _environment(run: Run) -> Iterator[Note]:
    """What the checks at the run's start warned of."""
    for finding in run.findings:
        yield Note(kind=NoteKind.ENVIRONMENT, subjects=(finding.check,), detail=f"{finding.seen}; {finding.why}")
