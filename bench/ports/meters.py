"""The meter of a build: per metric the first source that can give it, and the reasons of those that could not.

A control group's own count comes before the whole machine's. Every metric of `METRICS` ends in the answer, read or
absent with its reason. Two watchers belong to the meter where it is given a clock: one follows the steps' own groups
on version 1 (on version 2 BuildKit tells, see `bench.pure.provenance`), one looks at the whole machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from bench.model.build import BuilderKind
from bench.model.run import EngineInfo, EngineKind
from bench.model.trial import Reading
from bench.ports.host_sampler import HostSampler, SamplerSession
from bench.ports.meter_cgroup1 import Cgroup1Meter
from bench.ports.meter_cgroup2 import Cgroup2Meter
from bench.ports.meter_engine import EngineCache
from bench.ports.meter_host import HostCpu, HostDisk, find_device, read_mounts, whole_disk
from bench.ports.meter_network import HostNetwork
from bench.ports.meter_parts import (
    CACHE_GROWTH,
    CGROUP_V1,
    CGROUP_V2,
    CPU_SYSTEM,
    CPU_USER,
    DISK_READ,
    DISK_WRITTEN,
    ENGINE,
    ENGINE_CPU,
    HOST_WIDE,
    MEMORY_PEAK,
    METRICS,
    NETWORK_LOOPBACK,
    NETWORK_RECEIVED,
    NETWORK_SENT,
    PROCESS_IO,
    STALL_METRICS,
    STEPS_CPU,
    AbsentPart,
    Part,
    PartSession,
    Settle,
    Values,
    read_text,
    settle_filesystem,
)
from bench.ports.meter_pressure import group_pressure, host_pressure
from bench.ports.meter_process_io import DaemonIo
from bench.ports.protocols import Clock, Engine, Metered
from bench.ports.step_follower import FollowerSession, StepFollower
from bench.ports.step_looker import find_tree
from bench.pure.buildx import build_cgroup
from bench.pure.cgroup_files import Absent
from bench.pure.proc_files import parse_memory_total

GROUP_METRICS = (CPU_USER, CPU_SYSTEM, STEPS_CPU, ENGINE_CPU, MEMORY_PEAK, DISK_READ, DISK_WRITTEN)
HOST_METRICS = (*GROUP_METRICS, NETWORK_RECEIVED, NETWORK_SENT, NETWORK_LOOPBACK, *STALL_METRICS)
METERS = (CGROUP_V1, CGROUP_V2, PROCESS_IO, ENGINE, HOST_WIDE)
NO_HOST_COUNTER = "the whole machine has no counter of it"
NO_CLASSIC_CACHE = "the classic builder has no build cache: its intermediate images are the cache"
NO_GROUP = "the engine's settings do not tell which control group its steps run in"
CLASSIC_SHARES = "the classic builder runs its steps beside the engine's other containers"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def make_meter(
    engine: Engine,
    *,
    builder: BuilderKind,
    clock: Clock | None = None,
    proc_root: Path = Path("/proc"),
    sys_root: Path = Path("/sys"),
    settle: Settle = settle_filesystem,
) -> CompositeMeter:
    """Choose the sources that fit this engine and builder; without a clock, the totals only.

    An engine on another machine (or in a virtual one) leaves only what the engine itself tells: reading this machine's
    counters for it would be wrong.
    """
    cache: Part = (
        EngineCache(engine)
        if builder is BuilderKind.BUILDKIT
        else AbsentPart(ENGINE, (CACHE_GROWTH,), NO_CLASSIC_CACHE)
    )
    elsewhere = runs_elsewhere(engine.info, proc_root=proc_root)
    if elsewhere:
        return CompositeMeter((cache, AbsentPart(HOST_WIDE, HOST_METRICS, elsewhere)))
    data_root = Path(engine.info.data_root)
    device = find_device(data_root, proc_root=proc_root, sys_root=sys_root)
    parts = (
        cache,
        AbsentPart(HOST_WIDE, (MEMORY_PEAK, STEPS_CPU, ENGINE_CPU), NO_HOST_COUNTER),
        HostDisk(device, data_root=data_root, proc_root=proc_root, settle=settle),
        HostNetwork(proc_root=proc_root, sys_root=sys_root),
        host_pressure(proc_root),
        group_meter(engine, builder, whole_disk(device, sys_root=sys_root), proc_root=proc_root, settle=settle),
        *_group_parts(engine, builder, proc_root=proc_root),
        HostCpu(proc_root),
    )
    if clock is None:
        return CompositeMeter(parts)
    sampler = HostSampler(clock, device=device, proc_root=proc_root, sys_root=sys_root)
    return CompositeMeter(parts, sampler=sampler, follower=_follower(engine, builder, clock, proc_root=proc_root))


def _group_parts(engine: Engine, builder: BuilderKind, *, proc_root: Path) -> list[Part]:
    """What the steps' and the daemon's groups tell besides the meter of their cgroup version."""
    if engine.cgroup_parent is None or (builder is BuilderKind.CLASSIC and engine.daemon_cgroup is None):
        return []
    mounts = read_mounts(proc_root)
    parts: list[Part] = [group_pressure(mounts, engine.cgroup_parent, made_on_demand=_is_ours(engine))]
    if engine.daemon_cgroup and builder is BuilderKind.BUILDKIT and engine.info.cgroup_version == 1:
        parts.append(DaemonIo(mounts, daemon=engine.daemon_cgroup, proc_root=proc_root))
    return parts


def _is_ours(engine: Engine) -> bool:
    """Whether nobody else's steps run in the steps' group: its absence then means that no step ran."""
    return engine.daemon_cgroup is not None or build_cgroup(engine.info) is not None


def _follower(engine: Engine, builder: BuilderKind, clock: Clock, *, proc_root: Path) -> StepFollower | None:
    """What follows the groups of BuildKit's steps on version 1; None where that does not apply."""
    if engine.cgroup_parent is None or builder is not BuilderKind.BUILDKIT or engine.info.cgroup_version != 1:
        return None
    tree = find_tree(
        read_mounts(proc_root), engine.cgroup_parent, data_root=Path(engine.info.data_root), proc_root=proc_root
    )
    return None if isinstance(tree, Absent) else StepFollower(tree, clock, make=engine.daemon_cgroup is not None)


def group_meter(engine: Engine, builder: BuilderKind, device: str | Absent, *, proc_root: Path, settle: Settle) -> Part:
    """Return the meter of the engine's control groups, or its absence with the reason."""
    name = CGROUP_V1 if engine.info.cgroup_version == 1 else CGROUP_V2
    steps = engine.cgroup_parent
    if steps is None:
        return AbsentPart(name, GROUP_METRICS, NO_GROUP)
    if builder is BuilderKind.CLASSIC and engine.info.kind is not EngineKind.PRIVATE:
        return AbsentPart(name, GROUP_METRICS, CLASSIC_SHARES)
    mounts = read_mounts(proc_root)
    if name == CGROUP_V1:
        return Cgroup1Meter(mounts, steps=steps, daemon=engine.daemon_cgroup)
    return Cgroup2Meter(
        mounts,
        steps=steps,
        daemon=engine.daemon_cgroup,
        ours=_is_ours(engine),
        device=device,
        data_root=Path(engine.info.data_root),
        settle=settle,
    )


def runs_elsewhere(info: EngineInfo, *, proc_root: Path) -> str | None:
    """Return why this machine's counters are not the engine's, or None where they are.

    A socket's path proves nothing (it may be forwarded, or lead into a virtual machine), so the memory that the engine
    reports is compared with this machine's: both read MemTotal of their own kernel.
    """
    if info.kind is EngineKind.PRIVATE:
        return None
    endpoint = urlsplit(info.endpoint)
    if endpoint.scheme not in {"unix", "tcp", "http", "https"}:
        return f"the engine at {info.endpoint} is not on this machine, whose counters would be the wrong ones"
    if endpoint.scheme != "unix" and endpoint.hostname not in LOOPBACK:
        return f"the engine at {info.endpoint} is not on this machine, whose counters would be the wrong ones"
    text = read_text(proc_root / "meminfo")
    here = text if isinstance(text, Absent) else parse_memory_total(text)
    if isinstance(here, Absent):
        return f"it is not known whether the engine runs on this machine: {here.reason}"
    if here != info.memory_bytes:
        return f"the engine has {info.memory_bytes} bytes of memory and this machine {here}: it runs elsewhere"
    return None


class CompositeMeter:
    """Parts that are started in order and stopped in reverse, so that the last one lies closest around the build.

    The watchers are started after all parts and stopped before them: they see the build and not the reading of meters.
    """

    def __init__(
        self, parts: Sequence[Part], *, sampler: HostSampler | None = None, follower: StepFollower | None = None
    ) -> None:
        self._parts = tuple(parts)
        self._sampler = sampler
        self._follower = follower

    def start(self) -> CompositeSession:
        """Start every part, then the watchers."""
        sessions = [(part.meter, part.start()) for part in self._parts]
        follower = self._follower.start() if self._follower else None
        return CompositeSession(sessions, follower, self._sampler.start() if self._sampler else None)


class CompositeSession:
    """One measurement under way."""

    def __init__(
        self,
        sessions: Sequence[tuple[str, PartSession]],
        follower: FollowerSession | None = None,
        sampler: SamplerSession | None = None,
    ) -> None:
        self._sessions = sessions
        self._follower = follower
        self._sampler = sampler

    def stop(self) -> Metered:
        """Stop every part and pick, per metric, the best value: a group's before the whole machine's."""
        sampled = self._sampler.stop() if self._sampler else None
        followed = self._follower.stop() if self._follower else None
        answers = [(meter, session.stop()) for meter, session in reversed(self._sessions)]
        answers.sort(key=lambda answer: METERS.index(answer[0]))
        return msgspec.structs.replace(
            merge(answers),
            groups=followed.groups if followed else (),
            host=sampled.watch if sampled else None,
            meters_cpu_s={
                **({"host sampler": sampled.cpu_s} if sampled else {}),
                **({"step follower": followed.cpu_s} if followed else {}),
            },
        )


def merge(answers: Iterable[tuple[str, Values]]) -> Metered:
    """Take each metric from the first answer that has a value for it; where none has, join their reasons."""
    readings: dict[str, Reading] = {}
    reasons: dict[str, list[str]] = {metric: [] for metric in METRICS}
    for meter, values in answers:
        for metric, value in values.items():
            if isinstance(value, Absent):
                reasons[metric].append(f"{meter}: {value.reason}")
            elif metric not in readings:
                readings[metric] = Reading(value=float(value), meter=meter)
    absent = {metric: "; ".join(why) for metric, why in reasons.items() if metric not in readings}
    return Metered(readings=readings, absent=absent)
