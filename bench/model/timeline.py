"""What was going on when during a build, and what is told from that: where its wall time went, its critical path.

`bench.pure.rawjson` and `bench.pure.timeline` make timelines, `bench.pure.attribution` and `bench.pure.critical_path`
read them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ActivityKind(StrEnum):
    """What an activity spends time on.

    `copy`: COPY, ADD and WORKDIR, which the engine itself executes. `engine`: making the image, looking steps up in the
    cache, and whatever else the builder does that is not named here.
    """

    CONTEXT = "context"
    PULL = "pull"
    RUN = "run"
    COPY = "copy"
    ENGINE = "engine"


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the builder did. `intervals` are disjoint, in order, in microseconds from the first event.

    `inputs` are the digests of the activities that it needs the results of. One that never started has no intervals.
    """

    digest: str
    name: str
    kind: ActivityKind
    intervals: tuple[tuple[int, int], ...]
    inputs: tuple[str, ...] = ()


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """All activities of a build. `span_us` reaches from the builder's first event to its last, in microseconds."""

    span_us: int
    activities: tuple[Activity, ...]


class TimeShares(msgspec.Struct, frozen=True, kw_only=True):
    """Where the wall time of a build went, in seconds. The parts add up to the whole.

    An instant in which several things went on is shared among them in equal parts (see `bench.pure.attribution`). The
    time of RUN steps is split by what meters told of each step: `run_cpu_s` computing or waiting for a processor,
    `run_disk_s` and `run_memory_s` waiting for these, `run_other_s` the rest (network, sleeping). Disk and memory are
    None where no meter tells them; what they took is then in `run_other_s`. `run_unmetered_s` is the time of RUN steps
    of which no meter told anything. `idle_gaps_s`: between the builder's first event and its last, with nothing going
    on; `idle_client_s`: before and after them.
    """

    context_s: float
    pull_s: float
    run_cpu_s: float
    run_disk_s: float | None
    run_memory_s: float | None
    run_other_s: float
    run_unmetered_s: float
    copy_s: float
    engine_s: float
    idle_gaps_s: float
    idle_client_s: float


class PathStep(msgspec.Struct, frozen=True, kw_only=True):
    """One activity on the critical path: the chain of activities, each needing the one before, that took longest."""

    digest: str
    name: str
    kind: ActivityKind
    duration_s: float
