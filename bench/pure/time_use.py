"""Where the time of builds went: what one trial records of it, and what several trials say together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import msgspec

from bench.model.build import Step, Transcript
from bench.model.timeline import PathStep, TimeShares
from bench.model.trial import Trial
from bench.pure.attribution import StepLoad, attribute
from bench.pure.critical_path import critical_path
from bench.pure.timeline import timeline_of_steps


class TimeUse(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time went, which chain took longest, and the steps with the share that each has of the wall time."""

    time: TimeShares
    critical_path: tuple[PathStep, ...]
    steps: tuple[Step, ...]


def time_use(transcript: Transcript, wall_s: float, loads: Mapping[str, StepLoad] | None = None) -> TimeUse:
    """Say where the `wall_s` seconds of a build went. `loads` maps a RUN step's digest to what meters told of it."""
    told = transcript.timeline
    timeline = timeline_of_steps(transcript.steps) if told is None else told
    found = attribute(timeline, wall_s, loads)
    if told is None:
        shares = found.seconds
    else:
        by_digest = dict(zip((each.digest for each in told.activities), found.seconds, strict=True))
        shares = tuple(by_digest.get(step.digest, 0.0) for step in transcript.steps)
    return TimeUse(
        time=found.shares,
        critical_path=critical_path(timeline),
        steps=tuple(
            msgspec.structs.replace(step, share_s=None if step.start_s is None else share)
            for step, share in zip(transcript.steps, shares, strict=True)
        ),
    )


def typical_time(trials: Sequence[Trial]) -> TimeShares | None:
    """Where the median wall time of several trials went: its parts add up to it.

    Each part is the median wall time times the mean of the part's share of each trial. Medians of the parts would add
    up to something else. A part that no trial tells is None.
    """
    told = [(trial.time, trial.wall_s) for trial in trials if trial.time is not None and trial.wall_s]
    if not told:
        return None
    wall_s = statistics.median(wall_s for _, wall_s in told)
    parts: dict[str, float | None] = {}
    for name in TimeShares.__struct_fields__:
        values = [(getattr(time, name), wall_s) for time, wall_s in told]
        shares = [part / whole_s for part, whole_s in values if part is not None]
        parts[name] = math.fsum(shares) / len(told) * wall_s if shares else None
    return msgspec.convert(parts, TimeShares)
