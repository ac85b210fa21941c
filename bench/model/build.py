"""What one build was asked to do, and what it said: the request, the transcript, the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from bench.model.cache import MissReason
from bench.model.timeline import Timeline


class BuilderKind(StrEnum):
    """What executes a Dockerfile."""

    BUILDKIT = "buildkit"
    CLASSIC = "classic"


class StepKind(StrEnum):
    """The instruction behind a step. Only RUN, COPY, ADD and WORKDIR count towards the cache (see `is_eligible`)."""

    FROM = "FROM"
    RUN = "RUN"
    COPY = "COPY"
    ADD = "ADD"
    WORKDIR = "WORKDIR"
    OTHER = "OTHER"

    @property
    def is_eligible(self) -> bool:
        """Whether the cache accounting counts steps of this kind."""
        return self in {StepKind.RUN, StepKind.COPY, StepKind.ADD, StepKind.WORKDIR}


class StepStatus(StrEnum):
    """What became of a step. `never_started`: the builder listed it and never came to it (neither hit nor miss)."""

    EXECUTED = "executed"
    CACHED = "cached"
    NEVER_STARTED = "never_started"
    FAILED = "failed"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a Dockerfile as the builder ran it.

    `name` is the builder's own, without its `[stage n/m]` prefix; `stage` and `position` (n) come from that prefix.
    `start_s` counts from the build's first event; `duration_s` is the union of the step's intervals. Both are None
    for a step that never started. `inputs` are the digests of what it needs the results of, where the builder tells
    them. `share_s` is its part of the build's wall time: steps that ran at the same time share it. `why` says why the
    cache did not have it; None for a step that the cache had, or that does not count.
    """

    digest: str
    name: str
    kind: StepKind
    stage: str | None
    position: int | None
    status: StepStatus
    start_s: float | None
    duration_s: float | None
    inputs: tuple[str, ...] = ()
    share_s: float | None = None
    why: MissReason | None = None


class Phases(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds in each phase, each the union of the intervals of what belongs to it; phases may overlap.

    A phase that the builder cannot tell (the classic builder has no context or export events) is None, never 0.
    """

    context_s: float | None
    pull_s: float | None
    steps_s: float | None
    export_s: float | None


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What a builder's stream says, parsed. Bytes are None where the builder does not tell them.

    `log` is the readable log: one line per event and per line of output. `error` is the builder's last word on a
    failure. `unreadable_lines` counts lines that were not what the protocol promises (a failed build ends with some).
    `timeline` is None where the builder tells no more than its steps do.
    `begun_at_s` is the first event's moment, in seconds since 1970 by the builder's clock; None where it tells none.
    """

    steps: tuple[Step, ...]
    phases: Phases
    context_bytes: int | None
    pulled_bytes: int | None
    log: str
    error: str | None
    unreadable_lines: int
    timeline: Timeline | None = None
    begun_at_s: float | None = None


class BuildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One build. `context` is a folder of our own whose basename is the context's name; `dockerfile` lies outside it.

    `base_images` maps what FROM names to the reference in a registry that stands in for it, for builds that pull.
    `secrets` maps an id to the file that a `RUN --mount=type=secret,id=…` sees. `network` is the build's network mode,
    None for the engine's default.
    """

    dockerfile: Path
    context: Path
    no_cache: bool
    args: Mapping[str, str]
    secrets: Mapping[str, Path]
    labels: Mapping[str, str]
    platform: str | None
    network: str | None
    timeout_s: float
    base_images: Mapping[str, str] = {}


class BuildStatus(StrEnum):
    """How a build ended."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"


class BuildOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a build ended. `wall_s` is the timed region: from the request's start to the builder's end, monotonic.

    `raw` is the builder's stream as it came, for the trial's log file; `metadata` is what it told beside the stream
    (BuildKit's metadata file). `error` is None exactly when `status` is OK.
    """

    status: BuildStatus
    wall_s: float
    transcript: Transcript
    image_id: str | None
    raw: bytes
    error: str | None
    metadata: bytes = b""
