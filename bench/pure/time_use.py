"""What a trial records of where its time went, made of the build's transcript when it is over."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.build import Step, Transcript
from bench.model.timeline import PathStep, TimeShares
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
