"""What the trials of a run say together: computed when read, never stored as truth. The JSON shape is docs/FORMAT.md's.

`bench.pure.summary` computes it, `bench.report` renders it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from bench.model.build import BuilderKind
from bench.model.environment import Fact, Finding
from bench.model.run import EngineKind
from bench.model.scenario import State
from bench.model.timeline import TimeShares


class MetricSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One metric over the `n` valid trials that have it.

    `low` and `high` bound the true median with probability `coverage` (see `bench.pure.statistics.median_estimate`);
    `mad` is the median absolute deviation. All but `coverage` and `n` are in `unit`. `meter` names what metered it, and
    is None for what the build's own stream and the engine's inspection tell.
    """

    median: float
    low: float
    high: float
    unit: str
    n: int
    coverage: float
    mad: float
    meter: str | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One variant in one state. `n_failed` counts every trial that measured nothing that counts.

    It includes `n_timeout` and `n_unavailable`; `n_planned` is what the plan holds, so that what is missing shows.
    `n_disturbed` counts valid trials that are left out because other work kept the machine busy; `n_valid` does not.
    `metrics` and `absent` never share a key: a metric is either summarised, or absent with its reason.
    `relative_to_best` is the median wall time over the smallest median of the same state, None without a valid trial.
    `time` says where the median wall time went: its parts add up to it (see `bench.pure.time_use.typical_time`).
    """

    variant: str
    levels: Mapping[str, str]
    state: State
    n_planned: int
    n_valid: int
    n_invalid: int
    n_failed: int
    n_timeout: int
    n_unavailable: int
    relative_to_best: float | None
    metrics: Mapping[str, MetricSummary]
    absent: Mapping[str, str]
    time: TimeShares | None = None
    n_disturbed: int = 0


class AxisEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What one level of an axis does to one metric, compared with the axis's first level, `reference`.

    `ratio` is the geometric mean of level over reference, over pairs of trials of the same round and state that agree
    in every other axis. `low` and `high` bound it with 95 % (None with one round only). `n_rounds` and `n_pairs` are
    what it rests on; `n_left_out` counts the pairs of which a side is missing, invalid, failed or without the metric.
    """

    axis: str
    level: str
    reference: str
    state: State
    metric: str
    ratio: float
    low: float | None
    high: float | None
    n_rounds: int
    n_pairs: int
    n_left_out: int


class NoteKind(StrEnum):
    """What a note under the tables is about."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    DECIDED = "decided"
    PLAIN_EFFECTS = "plain-effects"
    CUT_OFF = "cut-off"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"
    TIMEOUT = "timeout"
    INVALID = "invalid"
    DISTURBED = "disturbed"
    CANARY = "canary"
    SMOKE = "smoke"
    NO_REFERENCE = "no-reference"
    FEW_ROUNDS = "few-rounds"
    METERS = "meters"
    HOST_WIDE = "host-wide"
    ABSENT = "absent"
    OVERHEAD = "overhead"
    ENVIRONMENT = "environment"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a reader of the tables must know. `subjects` is what it is about, `detail` why or how much.

    `count` is how many trials it concerns, and `log` the log of the first of them, where there is one; `output` is what
    the step that failed printed last in it.
    """

    kind: NoteKind
    subjects: tuple[str, ...]
    detail: str
    count: int = 0
    log: str | None = None
    output: tuple[str, ...] = ()


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The run that a summary is of. `n_planned` and `n_recorded` differ while it runs, and when it was interrupted.

    Where it `may_end_early`, what is planned (`rounds`, `n_planned`, and that of each row) is the most that it takes.
    """

    id: str
    title: str
    scenario: str
    created_at: datetime
    buildmark_version: str
    seed: int
    rounds: int
    builder: BuilderKind
    engine: EngineKind
    engine_version: str
    storage_driver: str
    machine: str
    cpus: int
    axes: Mapping[str, tuple[str, ...]]
    drop_page_cache: bool
    n_planned: int
    n_recorded: int
    fingerprint: Mapping[str, Fact] = {}
    findings: tuple[Finding, ...] = ()
    may_end_early: bool = False


class Overhead(msgspec.Struct, frozen=True, kw_only=True):
    """Where a campaign's time went, in seconds: inside the timed regions, and outside by what it was spent on."""

    timed_s: float
    outside_s: Mapping[str, float]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the tables of a run show."""

    run: RunSummary
    rows: tuple[Row, ...]
    axes: tuple[AxisEffect, ...]
    notes: tuple[Note, ...]
    overhead: Overhead
