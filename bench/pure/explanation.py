"""Trials → what explains them: steps with why each missed, the proof, where the time went, the critical path."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from bench.errors import UsageError, did_you_mean
from bench.model.build import Step
from bench.model.cache import CacheVerdict
from bench.model.explanation import ExplainedStep, ExplainedTrial, Explanation
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.pure.cache_reasons import cache_verdict
from bench.pure.cache_savings import StepSeconds, cold_seconds, saved_seconds
from bench.pure.cache_use import step_key
from bench.pure.time_use import typical_time


def explain(
    run: Run,
    trials: Sequence[Trial],
    *,
    variant: str | None = None,
    states: Sequence[State] = (),
    round_: int | None = None,
) -> Explanation:
    """Explain a trial of each variant and state, or of those that are named.

    Of several rounds it is the valid trial whose wall time is nearest to the median; without a valid one the latest.
    Raises UsageError where the run has no such variant or round, and where nothing of it is recorded yet.
    """
    variants = chosen_variants(run, variant)
    if round_ is not None and not 1 <= round_ <= run.plan.rounds:
        raise UsageError(f"the run {run.id} has no round {round_}", remedy=f"--round 1 to {run.plan.rounds}")
    cold = cold_seconds(trials)
    found: list[ExplainedTrial] = []
    for name in variants:
        for state in states or run.plan.states:
            recorded = [trial for trial in trials if trial.variant == name and trial.state is state]
            chosen = [trial for trial in recorded if round_ in {None, trial.round}]
            if chosen:
                found.append(_explained(chosen, recorded, cold.get(name, {}), is_typical=round_ is None))
    if not found:
        raise UsageError(f"the run {run.id} has no such trial", remedy="buildmark show tells what is recorded")
    return Explanation(run=run.id, trials=tuple(found))


def chosen_variants(run: Run, variant: str | None) -> list[str]:
    """The ids of all variants of a run, or of the one that is named. Raises UsageError where there is none such."""
    names = [known.id for known in run.plan.variants]
    if variant is None:
        return names
    if variant not in names:
        raise UsageError(
            f"the run {run.id} has no variant '{variant}'{did_you_mean(variant, names)}",
            remedy=f"one of: {', '.join(names[:20])}",
        )
    return [variant]


def _explained(
    chosen: Sequence[Trial], recorded: Sequence[Trial], cold: StepSeconds, *, is_typical: bool
) -> ExplainedTrial:
    valid = [trial for trial in recorded if trial.status is TrialStatus.VALID]
    trial = nearest_to_median(chosen)
    on_path = {step.digest for step in trial.critical_path}
    return ExplainedTrial(
        variant=trial.variant,
        state=trial.state,
        number=trial.number,
        round=trial.round,
        is_typical=is_typical and trial.status is TrialStatus.VALID,
        status=trial.status,
        reason=trial.reason,
        disturbed=trial.disturbed,
        wall_s=trial.wall_s,
        proof=trial.proof,
        never_started=trial.cache.never_started if trial.cache else 0,
        steps=tuple(_step(step, cold, on_path=step.digest in on_path) for step in trial.steps),
        cache_saved_s=saved_seconds(trial, cold),
        time=trial.time,
        n_valid=len(valid),
        n_disturbed=sum(one.disturbed is not None for one in valid),
        typical_time=typical_time(valid),
        critical_path=trial.critical_path,
    )


def nearest_to_median(trials: Sequence[Trial]) -> Trial:
    """The valid trial whose wall time is nearest to the median of the valid ones; without one, the last of all."""
    walls = {
        trial.number: trial.wall_s for trial in trials if trial.status is TrialStatus.VALID and trial.wall_s is not None
    }
    if not walls:
        return trials[-1]
    median_s = statistics.median(walls.values())
    return min((trial for trial in trials if trial.number in walls), key=lambda trial: _distance(trial, median_s))


def _distance(trial: Trial, median_s: float) -> tuple[float, int]:
    return abs((trial.wall_s or 0.0) - median_s), trial.number


def _step(step: Step, cold: Mapping[str, float], *, on_path: bool) -> ExplainedStep:
    verdict = cache_verdict(step)
    return ExplainedStep(
        name=step.name,
        kind=step.kind,
        stage=step.stage,
        position=step.position,
        verdict=verdict,
        why=step.why,
        duration_s=step.duration_s,
        share_s=step.share_s,
        saved_s=cold.get(step_key(step)) if verdict is CacheVerdict.HIT else None,
        on_critical_path=on_path,
    )
