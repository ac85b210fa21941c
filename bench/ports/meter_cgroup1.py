"""The meter of cgroup version 1: the totals of the group that all RUN steps run under, and of the daemon's own group.

Parent groups count what their children used, also of children that are gone, so a step group's end loses nothing.

What the peak of memory means: `memory.max_usage_in_bytes` counts what the steps' processes hold **and** the page cache
of the files that they first read or wrote, so a step that writes 100 MB of packages shows 100 MB. The kernel gives
that cache back when memory gets tight, so the peak is what a build takes where memory is free, not the least that it
can live with. Pages that earlier builds left in the cache stay charged to the group, hundreds of megabytes after a few
trials, and are no part of this build. On a private engine the group is therefore removed before each build (the engine
makes it anew with the first step, and it starts at zero). On the user's own the mark is reset, and what it stands at
then is subtracted; memory of earlier steps that is let go meanwhile makes that a little too low (1 MB seen). The mark
is the group's only one: whoever else reads it there sees the reset. Nothing else of the group is touched.

Bytes on the disk are absent: blkio does not see buffered writes on version 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.ports.meter_parts import CGROUP_V1, MEMORY_PEAK, Values, disk_values, read_counter, remove_group, use_values
from bench.pure.cgroup_files import (
    NOTHING_USED,
    Absent,
    BuildUse,
    CpuCounters,
    GroupUse,
    cpu_between,
    pair_readings,
    strip_group,
)
from bench.pure.proc_files import Mount, find_hierarchy

PEAK = "memory.max_usage_in_bytes"
NO_DISK = Absent("cgroup v1 does not count buffered writes")


class _Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a group; None where the group is not there."""

    cpu: CpuCounters | Absent | None
    peak: int | Absent | None


class _Group:
    """One group in the two hierarchies that matter. `made_on_demand`: the engine makes it with the first step."""

    def __init__(self, mounts: Sequence[Mount], name: str, *, made_on_demand: bool) -> None:
        self.name = strip_group(name)
        self._made_on_demand = made_on_demand
        self._cpu = _folder(mounts, "cpuacct", self.name)
        self._memory = _folder(mounts, "memory", self.name)
        self._reset_failure: Absent | None = None

    def read(self) -> _Reading:
        return _Reading(cpu=self._read_cpu(), peak=self._read_peak())

    def reset(self) -> None:
        """Start the memory mark anew; where that is not allowed, `use` says so."""
        self._reset_failure = None
        if isinstance(self._memory, Path) and self._memory.is_dir():
            if self._made_on_demand and remove_group(self._memory):
                return
            try:
                (self._memory / PEAK).write_text("0")
            except OSError as error:
                self._reset_failure = Absent(f"{self._memory / PEAK} cannot be reset: {error.strerror}")

    def use(self, before: _Reading, after: _Reading) -> GroupUse:
        cpu = pair_readings(
            before.cpu, after.cpu, zero=NOTHING_USED, made_on_demand=self._made_on_demand, group=self.name
        )
        peak = pair_readings(before.peak, after.peak, zero=0, made_on_demand=self._made_on_demand, group=self.name)
        return GroupUse(
            cpu=cpu if isinstance(cpu, Absent) else cpu_between(*cpu),
            memory_peak_bytes=self._reset_failure or (peak if isinstance(peak, Absent) else peak[1] - peak[0]),
            disk=NO_DISK,
        )

    def _read_cpu(self) -> CpuCounters | Absent | None:
        if isinstance(self._cpu, Absent):
            return self._cpu
        if not self._cpu.is_dir():
            return None
        total, user, system = (read_counter(self._cpu / f"cpuacct.usage{part}") for part in ("", "_user", "_sys"))
        if isinstance(total, Absent):
            return total
        if isinstance(user, Absent):
            return user
        if isinstance(system, Absent):
            return system
        return CpuCounters(total_ns=total, user_ns=user, system_ns=system)

    def _read_peak(self) -> int | Absent | None:
        if isinstance(self._memory, Absent):
            return self._memory
        return read_counter(self._memory / PEAK) if self._memory.is_dir() else None


def _folder(mounts: Sequence[Mount], controller: str, name: str) -> Path | Absent:
    hierarchy = find_hierarchy(mounts, controller)
    return hierarchy if isinstance(hierarchy, Absent) else Path(hierarchy) / name


class Cgroup1Meter:
    """Reads the steps' group and, on a private engine, the daemon's (`daemon` is None elsewhere)."""

    meter = CGROUP_V1

    def __init__(self, mounts: Sequence[Mount], *, steps: str, daemon: str | None) -> None:
        # An engine that Buildmark started under these names makes the steps' group itself: its absence means no step.
        self._steps = _Group(mounts, steps, made_on_demand=daemon is not None)
        self._daemon = _Group(mounts, daemon, made_on_demand=False) if daemon else None

    def start(self) -> Cgroup1Session:
        """Reset the memory marks and read the counters."""
        return Cgroup1Session(self._steps, self._daemon)


class Cgroup1Session:
    """One measurement under way."""

    def __init__(self, steps: _Group, daemon: _Group | None) -> None:
        self._groups = (steps, daemon)
        steps.reset()
        if daemon:
            daemon.reset()
        self._steps_before, self._daemon_before = steps.read(), daemon.read() if daemon else None

    def use(self) -> BuildUse:
        """What steps and daemon used so far, apart."""
        steps, daemon = self._groups
        daemon_use = daemon.use(self._daemon_before, daemon.read()) if daemon and self._daemon_before else None
        return BuildUse(steps=steps.use(self._steps_before, steps.read()), daemon=daemon_use)

    def stop(self) -> Values:
        """The build's totals: CPU of steps and daemon together, memory of the steps."""
        use = self.use()
        return {**use_values(use), MEMORY_PEAK: use.memory_peak_bytes, **disk_values(use.disk, None)}
