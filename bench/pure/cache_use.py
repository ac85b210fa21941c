"""Cache accounting over a build's steps: hits and misses, by count and by the time that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.model.build import Step, StepStatus
from bench.model.trial import CacheUse


def step_key(step: Step) -> str:
    """What names a step across the builds of one variant, cold and warm alike.

    The digest does not: BuildKit gives the build context a new one each time, and with it every step that follows a
    COPY (seen in the fixtures). Stage, position and text stay.
    """
    return f"{step.stage or ''}\0{step.position or 0}\0{step.name}"


def step_durations(steps: Iterable[Step]) -> dict[str, float]:
    """How long each executed step took, by its key: the reference for later builds of the same variant."""
    seconds: dict[str, float] = {}
    for step in steps:
        if step.status == StepStatus.EXECUTED and step.duration_s is not None:
            key = step_key(step)
            seconds[key] = max(step.duration_s, seconds.get(key, 0.0))
    return seconds


def cache_use(steps: Iterable[Step], reference_s: Mapping[str, float]) -> CacheUse:
    """Count the eligible steps of one build.

    `reference_s` maps `step_key` to the seconds that the step took when it was last executed. A step that failed counts
    as a miss: the cache did not have it. The time-weighted ratio needs the seconds of every step that started, unless
    all were hits (1) or all were misses (0).
    """
    eligible = [step for step in steps if step.kind.is_eligible]
    hits = [step for step in eligible if step.status == StepStatus.CACHED]
    misses = [step for step in eligible if step.status in {StepStatus.EXECUTED, StepStatus.FAILED}]
    started = len(hits) + len(misses)
    return CacheUse(
        eligible=len(eligible),
        hits=len(hits),
        misses=len(misses),
        never_started=len(eligible) - started,
        hit_ratio=len(hits) / started if started else None,
        hit_ratio_by_time=_by_time(hits, misses, reference_s),
    )


def _by_time(hits: Sequence[Step], misses: Sequence[Step], reference_s: Mapping[str, float]) -> float | None:
    if not hits or not misses:
        return None if not hits and not misses else float(bool(hits))
    saved = [reference_s.get(step_key(step)) for step in hits]
    spent = [step.duration_s for step in misses]
    known = [seconds for seconds in (*saved, *spent) if seconds is not None]
    if len(known) < len(saved) + len(spent) or sum(known) <= 0:
        return None
    return sum(known[: len(saved)]) / sum(known)
