"""What a trial yields: the record that is appended to `trials.jsonl` and kept for ever (docs/FORMAT.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from bench.model.build import Phases, Step
from bench.model.image_layers import ImageLayers
from bench.model.scenario import State
from bench.model.timeline import PathStep, TimeShares


class TrialStatus(StrEnum):
    """How a trial ended. Only VALID trials are ever summarised; all are kept and shown."""

    VALID = "valid"
    INVALID = "invalid"
    FAILED = "failed"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"


class CacheUse(msgspec.Struct, frozen=True, kw_only=True):
    """Cache accounting over the eligible steps (RUN, COPY, ADD, WORKDIR).

    `hit_ratio` = hits / (hits + misses), None when no eligible step started. `hit_ratio_by_time` weighs each started
    step with the seconds that it takes when executed (from the variant's latest execution of it in this run), None
    while that is not known.
    """

    eligible: int
    hits: int
    misses: int
    never_started: int
    hit_ratio: float | None
    hit_ratio_by_time: float | None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence for a trial's state, read from the build's own stream. `reasons` is empty exactly when it holds.

    In a state with an edit, `edited` are the files of the context that the edit changed, and `had_to_miss` the steps
    (`[stage position] name`) that could not come from the cache because of it.
    """

    holds: bool
    executed: int
    cached: int
    context_bytes: int | None
    pulled_bytes: int | None
    reasons: tuple[str, ...]
    edited: tuple[str, ...] = ()
    had_to_miss: tuple[str, ...] = ()


class ImageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The image that a build made, as the engine tells it: the sum of its uncompressed layers, and how many."""

    id: str
    size_bytes: int
    layers: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One metered value and the meter that gave it (`cgroup-v1`, `cgroup-v2`, `process-io`, `host-wide`, `engine`)."""

    value: float
    meter: str


class StepUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one executed RUN step used. `digest` is its step's; None is what the meter could not tell.

    `joined_by` says how the reading found its step: `digest` (the builder names it), `command` (only this step ran that
    command at that moment) or `time` (only its interval fits). `container_start_cpu_s` is the part of `cpu_s` that was
    spent before the step's own program began. The stalls are the seconds in which some task of the step waited for
    CPU, memory or disk (PSI).
    """

    digest: str
    meter: str
    joined_by: str
    cpu_s: float | None = None
    container_start_cpu_s: float | None = None
    memory_peak_bytes: int | None = None
    disk_read_bytes: int | None = None
    disk_written_bytes: int | None = None
    stall_cpu_s: float | None = None
    stall_memory_s: float | None = None
    stall_io_s: float | None = None


class HostUse(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole machine did meanwhile. `samples` is the file of the samples, relative to the run's folder.

    `other_cpu_s` is CPU time that neither the build, nor its client, nor Buildmark used: busy and stolen time less
    theirs. `other_cpu_share` is that over the machine's whole CPU time of `window_s`. Both are None where the build's
    own part is not known, and `absent` says why. `cpu_frequency_hz` is the mean of the first processor's, None where
    the kernel does not set it.
    """

    samples: str | None
    n_samples: int
    window_s: float
    cpu_busy_s: float
    cpu_steal_s: float
    own_cpu_s: float | None
    other_cpu_s: float | None
    other_cpu_share: float | None
    absent: str | None
    cpu_frequency_hz: float | None = None


class SmokeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the smoke test of a variant's image gave. `output` is its last 4 KiB."""

    passed: bool
    exit_code: int | None
    output: str
    reason: str | None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One build of one variant in one state: what was measured, and whether it may be believed.

    `reason` is None exactly when `status` is VALID. `resources` and `absent` share their keys' names and never a key:
    a metric is either read or absent with its reason. `dockerfile` and `log` are paths relative to the run's folder.
    `smoke` is present on the one trial per variant that ran the smoke test, `layers` on the one whose image was
    weighed. `overhead_s` is the time spent on this trial outside its timed region, by what it was spent on. `time` says
    where `wall_s` went, `critical_path` which chain of activities took longest, in the order in which they ran.

    `disturbed` says what else kept the machine busy, None when nothing much did: such a trial stays valid, and is
    summarised only when asked. `remainder` is what the steps' total holds beyond `step_use`, by metric. `meters_cpu_s`
    is the CPU time that the meters took inside the timed region.
    """

    number: int
    round: int
    variant: str
    state: State
    status: TrialStatus
    reason: str | None
    started_at: datetime
    wall_s: float | None
    phases: Phases | None
    steps: tuple[Step, ...]
    cache: CacheUse | None
    image: ImageFacts | None
    resources: Mapping[str, Reading]
    absent: Mapping[str, str]
    proof: Proof | None
    smoke: SmokeResult | None
    dockerfile: str
    log: str | None
    log_tail: tuple[str, ...]
    overhead_s: Mapping[str, float]
    time: TimeShares | None = None
    critical_path: tuple[PathStep, ...] = ()
    layers: ImageLayers | None = None
    disturbed: str | None = None
    step_use: tuple[StepUse, ...] = ()
    remainder: Mapping[str, float] = {}
    host: HostUse | None = None
    meters_cpu_s: Mapping[str, float] = {}
