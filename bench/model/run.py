"""What a run records of itself in `run.json`: plan, engine, bases, environment (docs/FORMAT.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from bench.model.build import BuilderKind
from bench.model.environment import Fact, Finding
from bench.model.plan import Adaptive, Plan
from bench.model.scenario import Edit, PreparedBase, SmokeTest, State

FORMAT_VERSION = 1


class EngineKind(StrEnum):
    """Whose daemon it is: the user's own, or one that Buildmark started and removes."""

    HOST = "host"
    PRIVATE = "private"


class EngineInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine says of itself. `cgroup_version` is 1 or 2; `name` is what messages and locks call it."""

    kind: EngineKind
    name: str
    endpoint: str
    server_version: str
    buildx_version: str | None
    storage_driver: str
    cgroup_driver: str
    cgroup_version: int
    operating_system: str
    architecture: str
    cpus: int
    memory_bytes: int
    data_root: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine that ran the campaign."""

    hostname: str
    kernel: str
    cpu_model: str
    cpus: int
    memory_bytes: int


class UnavailableBase(msgspec.Struct, frozen=True, kw_only=True):
    """A base that no source could give, and why."""

    name: str
    reason: str


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The git repository that holds the scenario's folder, as it was when the run began.

    `absent` says why there is no commit to tell, and is None where there is one. `branch` is None on a detached HEAD.
    `dirty`: tracked files differ from the commit, or the scenario's folder holds files that git does not know; None
    where that cannot be told. `subject` is the first line of the commit's message.
    """

    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    committed_at: datetime | None = None
    subject: str | None = None
    absent: str | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision that a run compares: its level of the axis `rev`; `commit` is None for the working tree."""

    name: str
    commit: str | None
    context_sha256: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign. `id` is the name of its folder; `axes` maps each axis to its levels, the reference first.

    `scenario_folder` is where the scenario was read from. `context_sha256` identifies the filtered build context, so
    that `resume` can tell whether it is still the same. `timeout_s` is per build. `edits` are those of the
    scenario, by the state that each is for. `drop_page_cache`: the machine's page cache was emptied before each
    build. `local_registry`: bases of the state pull came from a registry on the machine itself. `fingerprint` holds the
    fields of `bench.pure.fingerprint_fields`, `findings` what the checks at the start warned of. `disturbed_above` is
    the share of the machine's CPU from which other work makes a trial disturbed; None for no such limit. `revisions`
    are those that it compares, in the order of the axis `rev`, and `context_sha256` is then the last one's. `adaptive`
    is when it stops before its plan's last round; None for never. `git` is None in records that are older than it.
    """

    format_version: int = FORMAT_VERSION
    id: str
    title: str
    buildmark_version: str
    created_at: datetime
    command: tuple[str, ...]
    scenario_folder: str
    context_sha256: str
    plan: Plan
    axes: Mapping[str, tuple[str, ...]]
    args: Mapping[str, str]
    platform: str | None
    smoke: SmokeTest | None
    timeout_s: float
    edits: Mapping[State, Edit] = {}
    drop_page_cache: bool = False
    local_registry: bool = False
    builder: BuilderKind
    engine_requested: str
    engine: EngineInfo
    machine: Machine
    bases: tuple[PreparedBase, ...]
    unavailable: tuple[UnavailableBase, ...]
    fingerprint: Mapping[str, Fact] = {}
    findings: tuple[Finding, ...] = ()
    disturbed_above: float | None = None
    revisions: tuple[Revision, ...] = ()
    adaptive: Adaptive | None = None
    git: Source | None = None
