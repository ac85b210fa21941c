"""The meter of a build: per metric the first source that can give it, and the reasons of those that could not.

A control group's own count comes before the whole machine's. Every metric of `METRICS` ends in the answer, read or
absent with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.model.build import BuilderKind
from bench.model.run import EngineInfo, EngineKind
from bench.model.trial import Reading
from bench.ports.meter_cgroup1 import Cgroup1Meter
from bench.ports.meter_cgroup2 import Cgroup2Meter
from bench.ports.meter_engine import EngineCache
from bench.ports.meter_host import HostCpu, HostDisk, find_device, read_mounts, whole_disk
from bench.ports.meter_parts import (
    CACHE_GROWTH,
    CGROUP_V1,
    CGROUP_V2,
    CPU_SYSTEM,
    CPU_USER,
    DISK_READ,
    DISK_WRITTEN,
    ENGINE,
    HOST_WIDE,
    MEMORY_PEAK,
    METRICS,
    AbsentPart,
    Part,
    PartSession,
    Settle,
    Values,
    read_text,
    settle_filesystem,
)
from bench.ports.protocols import Engine, Metered
from bench.pure.cgroup_files import Absent
from bench.pure.proc_files import parse_memory_total

GROUP_METRICS = (CPU_USER, CPU_SYSTEM, MEMORY_PEAK, DISK_READ, DISK_WRITTEN)
NO_HOST_PEAK = "the whole machine has no counter of its highest memory"
NO_CLASSIC_CACHE = "the classic builder has no build cache: its intermediate images are the cache"
NO_GROUP = "the engine's settings do not tell which control group its steps run in"
CLASSIC_SHARES = "the classic builder runs its steps beside the engine's other containers"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def make_meter(
    engine: Engine,
    *,
    builder: BuilderKind,
    proc_root: Path = Path("/proc"),
    sys_root: Path = Path("/sys"),
    settle: Settle = settle_filesystem,
) -> CompositeMeter:
    """Choose the sources that fit this engine and builder.

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
        return CompositeMeter((cache, AbsentPart(HOST_WIDE, GROUP_METRICS, elsewhere)))
    data_root = Path(engine.info.data_root)
    device = find_device(data_root, proc_root=proc_root, sys_root=sys_root)
    return CompositeMeter(
        (
            cache,
            AbsentPart(HOST_WIDE, (MEMORY_PEAK,), NO_HOST_PEAK),
            HostDisk(device, data_root=data_root, proc_root=proc_root, settle=settle),
            group_meter(engine, builder, whole_disk(device, sys_root=sys_root), proc_root=proc_root, settle=settle),
            HostCpu(proc_root),
        )
    )


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
    """Parts that are started in order and stopped in reverse, so that the last one lies closest around the build."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)

    def start(self) -> CompositeSession:
        """Start every part."""
        return CompositeSession([(part.meter, part.start()) for part in self._parts])


class CompositeSession:
    """One measurement under way."""

    def __init__(self, sessions: Sequence[tuple[str, PartSession]]) -> None:
        self._sessions = sessions

    def stop(self) -> Metered:
        """Stop every part and pick, per metric, the best value: a group's before the whole machine's."""
        answers = [(meter, session.stop()) for meter, session in reversed(self._sessions)]
        answers.sort(key=lambda answer: answer[0] == HOST_WIDE)
        return merge(answers)


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
