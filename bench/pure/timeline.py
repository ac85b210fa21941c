"""Steps as a timeline, for builders that tell no more than their steps; and what each kind of step spends time on."""

from __future__ import annotations

from collections.abc import Sequence

from bench.model.build import Step, StepKind, StepStatus
from bench.model.timeline import Activity, ActivityKind, Timeline

_SECOND = 1_000_000


def step_activity(kind: StepKind, status: StepStatus) -> ActivityKind:
    """What the time of a step is spent on.

    Of a step that the cache had, on looking it up; of one like LABEL, which the classic builder lists, on noting it.
    """
    if kind is StepKind.FROM:
        return ActivityKind.PULL
    if status is StepStatus.CACHED or kind is StepKind.OTHER:
        return ActivityKind.ENGINE
    return ActivityKind.RUN if kind is StepKind.RUN else ActivityKind.COPY


def timeline_of_steps(steps: Sequence[Step]) -> Timeline:
    """One activity per step, in the order of the steps, each going on from its start for as long as it worked."""
    activities = tuple(
        Activity(
            digest=step.digest,
            name=step.name,
            kind=step_activity(step.kind, step.status),
            intervals=_interval(step),
        )
        for step in steps
    )
    ends = [end for activity in activities for _, end in activity.intervals]
    return Timeline(span_us=max(ends, default=0), activities=activities)


def _interval(step: Step) -> tuple[tuple[int, int], ...]:
    if step.start_s is None or not step.duration_s:
        return ()
    start = round(step.start_s * _SECOND)
    return ((start, round((step.start_s + step.duration_s) * _SECOND)),)
