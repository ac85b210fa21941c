"""What the files of a control group say: CPU time, memory and disk counters, of version 1 and version 2.

Every parser takes a file's text and returns a value, or `Absent` with the reason: files of one name differ between
kernels, and a counter that is missing is no zero. Neighbours: `bench.pure.proc_files` parses /proc,
`bench.ports.meter_cgroup1` and `bench.ports.meter_cgroup2` read the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

NS_PER_S = 1_000_000_000
US_PER_S = 1_000_000

Value = TypeVar("Value")


class Absent(msgspec.Struct, frozen=True):
    """A value that cannot be had, and why, in words that a user can read."""

    reason: str


class CpuTimes(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds spent in user code and in the kernel."""

    user_s: float
    system_s: float

    def __add__(self, other: CpuTimes) -> CpuTimes:
        return CpuTimes(user_s=self.user_s + other.user_s, system_s=self.system_s + other.system_s)


class DiskBytes(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes read from and written to a block device."""

    read: int
    written: int

    def __add__(self, other: DiskBytes) -> DiskBytes:
        return DiskBytes(read=self.read + other.read, written=self.written + other.written)


class CpuCounters(msgspec.Struct, frozen=True, kw_only=True):
    """CPU counters of a group in nanoseconds, all counting up since the group was made.

    `total_ns` is what the scheduler counted, exactly. `user_ns` and `system_ns` are added up at timer ticks on
    cgroup v1 (a few milliseconds coarse), so there they tell the proportion only.
    """

    total_ns: int
    user_ns: int
    system_ns: int


NOTHING_USED = CpuCounters(total_ns=0, user_ns=0, system_ns=0)
NOTHING_MOVED = DiskBytes(read=0, written=0)


def parse_counter(text: str) -> int | Absent:
    """Read a file that holds one number (`cpuacct.usage`, `memory.peak`); `max` is no number."""
    word = text.strip()
    return int(word) if word.isdecimal() else Absent(f"expected one number, found {word[:40]!r}")


def parse_flat(text: str) -> Mapping[str, int]:
    """Read a flat keyed file (`cpu.stat`, `memory.stat`): a key and a number a line; other lines are passed over."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}  # noqa: PLR2004 a pair


def parse_cpu_stat(text: str) -> CpuCounters | Absent:
    """Read version 2's `cpu.stat`, whose times are microseconds. The kernel has made its parts add up already."""
    values = parse_flat(text)
    try:
        user, system = values["user_usec"], values["system_usec"]
        total = values.get("usage_usec", user + system)
    except KeyError as missing:
        return Absent(f"cpu.stat has no {missing.args[0]}")
    ns_per_us = NS_PER_S // US_PER_S
    return CpuCounters(total_ns=total * ns_per_us, user_ns=user * ns_per_us, system_ns=system * ns_per_us)


def parse_io_stat(text: str) -> Mapping[str, DiskBytes]:
    """Read version 2's `io.stat`: bytes by device (`MAJOR:MINOR`). A device that moved nothing may be missing."""
    devices: dict[str, DiskBytes] = {}
    for line in text.splitlines():
        device, *words = line.split() or [""]
        fields = dict(word.split("=", 1) for word in words if "=" in word)
        read, written = fields.get("rbytes", ""), fields.get("wbytes", "")
        if read.isdecimal() and written.isdecimal():
            devices[device] = DiskBytes(read=int(read), written=int(written))
    return devices


def cpu_between(before: CpuCounters, after: CpuCounters) -> CpuTimes | Absent:
    """CPU seconds between two readings: the exact total, divided in the proportion of the sampled parts.

    That is how the kernel answers getrusage(2) too (cputime_adjust in kernel/sched/cputime.c): without it, steps
    shorter than a timer tick would count as nothing. With no tick seen all of it is user time, as there.
    """
    total = after.total_ns - before.total_ns
    user, system = after.user_ns - before.user_ns, after.system_ns - before.system_ns
    if min(total, user, system) < 0:
        return Absent("the group's CPU counter went back: the group was replaced while the build ran")
    ticks = user + system
    system_ns = total * system / ticks if ticks else 0.0
    return CpuTimes(user_s=(total - system_ns) / NS_PER_S, system_s=system_ns / NS_PER_S)


def disk_between(before: DiskBytes, after: DiskBytes) -> DiskBytes | Absent:
    """Bytes moved between two readings of one device."""
    moved = DiskBytes(read=after.read - before.read, written=after.written - before.written)
    if min(moved.read, moved.written) < 0:
        return Absent("the disk counters went back: the group or the device was replaced while the build ran")
    return moved


class GroupUse(msgspec.Struct, frozen=True, kw_only=True):
    """What one group used between two readings; each part is a value or `Absent` with its reason."""

    cpu: CpuTimes | Absent
    memory_peak_bytes: int | Absent
    disk: DiskBytes | Absent


class BuildUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a build used, by who used it: the RUN steps' group, and the daemon's where that is a group of its own.

    The daemon pulls, copies, unpacks, compresses and exports. Where `daemon` is None (somebody else's engine, whose
    daemon shares its group with other work) `cpu` and `disk` hold the steps alone.
    """

    steps: GroupUse
    daemon: GroupUse | None

    @property
    def cpu(self) -> CpuTimes | Absent:
        """Steps and daemon together; absent when either part is."""
        steps, daemon = self.steps.cpu, self.daemon.cpu if self.daemon else CpuTimes(user_s=0, system_s=0)
        if isinstance(steps, Absent):
            return steps
        return daemon if isinstance(daemon, Absent) else steps + daemon

    @property
    def disk(self) -> DiskBytes | Absent:
        """Steps and daemon together; absent when either part is."""
        steps, daemon = self.steps.disk, self.daemon.disk if self.daemon else NOTHING_MOVED
        if isinstance(steps, Absent):
            return steps
        return daemon if isinstance(daemon, Absent) else steps + daemon

    @property
    def memory_peak_bytes(self) -> int | Absent:
        """The peak of the steps' group. Peaks of two groups lie at different moments, so they are never added."""
        return self.steps.memory_peak_bytes


def strip_group(path: str) -> str:
    """Return a group's path relative to its hierarchy: `/a/b/` → `a/b`."""
    return "/".join(part for part in path.split("/") if part)


def pair_readings(
    before: Value | Absent | None, after: Value | Absent | None, *, zero: Value, made_on_demand: bool, group: str
) -> tuple[Value, Value] | Absent:
    """Return the two readings to subtract, where None says that the group did not exist at that moment.

    A group that appears while the build runs started at `zero`, so all of its total is the build's. A group that is
    there at neither end used nothing, but only where it is known to be `made_on_demand` by the first step that runs;
    elsewhere its name may be wrong, and zero would be a lie.
    """
    if isinstance(before, Absent):
        return before
    if isinstance(after, Absent):
        return after
    if after is not None:
        return (zero if before is None else before, after)
    if before is not None:
        return Absent(f"the group {group} went away while the build ran")
    return (zero, zero) if made_on_demand else Absent(f"there is no group {group}: no step has run in it so far")
