"""Seconds that the cache saved: what the steps that it had take when executed, from the cold trials of the variant.

Counted are the shares that the steps had of the cold build's wall time, so steps that ran at the same time are not
counted twice, and a build cannot save more than it took. Neighbour: `bench.pure.summary`.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bench.model.build import StepStatus
from bench.model.cache import CacheVerdict
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.pure.cache_reasons import cache_verdict
from bench.pure.cache_use import step_key

StepSeconds = Mapping[str, float]
"""Seconds by `step_key`."""


def cold_seconds(trials: Iterable[Trial]) -> dict[str, StepSeconds]:
    """For each variant, the median seconds of each step over its valid cold trials that executed it.

    Records without shares give the steps' durations in their place.
    """
    found: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        if trial.status is not TrialStatus.VALID or trial.state is not State.COLD:
            continue
        for step in trial.steps:
            seconds = step.duration_s if step.share_s is None else step.share_s
            if step.status is StepStatus.EXECUTED and seconds is not None:
                found[trial.variant][step_key(step)].append(seconds)
    return {
        variant: {key: statistics.median(values) for key, values in steps.items()} for variant, steps in found.items()
    }


def saved_seconds(trial: Trial, cold: StepSeconds) -> float | None:
    """The seconds that the cache saved a trial. None for a cold one, and where a hit was never seen executed."""
    if trial.state is State.COLD or not trial.steps:
        return None
    hits = [step_key(step) for step in trial.steps if cache_verdict(step) is CacheVerdict.HIT]
    return sum(cold[key] for key in hits) if all(key in cold for key in hits) else None
