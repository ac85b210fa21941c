"""What /proc says of stalls, networks, one process's disk traffic, and where the machine's CPU time went.

Parsers only, as in `bench.pure.proc_files`, which reads mounts, disks and memory. A stall file has one form in
/proc/pressure and in the control groups of version 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from bench.pure.cgroup_files import US_PER_S, Absent, DiskBytes

_STALL = re.compile(r"^(some|full) .*\btotal=(\d+)", re.MULTILINE)
_NET_FIELDS = 16
_NET_SENT = 8
_CPU_FIELDS = 8
_LOOPBACK = "lo"


class Stall(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds in which some, and in which all, tasks that were not idle waited (Documentation/accounting/psi.rst)."""

    some_s: float
    full_s: float


class NetBytes(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that network interfaces received and sent."""

    received: int = 0
    sent: int = 0

    def __add__(self, other: NetBytes) -> NetBytes:
        return NetBytes(received=self.received + other.received, sent=self.sent + other.sent)


class HostCpu(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds of the whole machine since boot: at work, stolen by the hypervisor for others, all together."""

    busy_s: float
    steal_s: float
    total_s: float


def parse_pressure(text: str) -> Stall | Absent:
    """Read a pressure file, whose totals are microseconds. Older kernels have no `full` line for the CPU: that is 0."""
    totals = {word: int(total) / US_PER_S for word, total in _STALL.findall(text)}
    if "some" not in totals:
        return Absent("the pressure file has no total")
    return Stall(some_s=totals["some"], full_s=totals.get("full", 0.0))


def stall_between(before: Stall, after: Stall) -> Stall | Absent:
    """The stalls between two readings."""
    stall = Stall(some_s=after.some_s - before.some_s, full_s=after.full_s - before.full_s)
    if min(stall.some_s, stall.full_s) < 0:
        return Absent("the stall counters went back: the group was replaced while the build ran")
    return stall


def parse_net_dev(text: str) -> Mapping[str, NetBytes]:
    """Read /proc/net/dev: bytes since boot by interface (proc_pid_net(5))."""
    interfaces: dict[str, NetBytes] = {}
    for line in text.splitlines():
        name, separator, rest = line.partition(":")
        fields = rest.split()
        if separator and len(fields) >= _NET_FIELDS and fields[0].isdecimal() and fields[_NET_SENT].isdecimal():
            interfaces[name.strip()] = NetBytes(received=int(fields[0]), sent=int(fields[_NET_SENT]))
    return interfaces


def outward(names: Iterable[str], devices: Iterable[str]) -> tuple[str, ...]:
    """The interfaces at which a byte is counted once on its way in or out of the machine.

    Those with a device behind them, where there is one: what a container sends passes a veth, a bridge and a card, and
    would count three times. A machine without any (it is itself a container) counts all but the loopback.
    """
    candidates = tuple(name for name in names if name != _LOOPBACK)
    real = set(devices)
    return tuple(name for name in candidates if name in real) or candidates


def sum_net(interfaces: Mapping[str, NetBytes], names: Iterable[str]) -> NetBytes:
    """Bytes of these interfaces together; one that is gone counts nothing."""
    return sum((interfaces.get(name, NetBytes()) for name in names), NetBytes())


def parse_task_io(text: str) -> DiskBytes | Absent:
    """Read /proc/PID/io: what a process, and every child that it has waited for, fetched from storage and dirtied.

    Bytes count when a page is made dirty, by whoever did it, and not again when it is written; what is cut off before
    that is taken back by whoever cuts it off (`cancelled_write_bytes`), which may be another process: only the sum over
    a tree of processes means something, and one process may stand below zero (proc_pid_io(5)).
    """
    values = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    try:
        read, dirtied, cancelled = (int(values[key]) for key in ("read_bytes", "write_bytes", "cancelled_write_bytes"))
    except (KeyError, ValueError):
        return Absent("the io file of the process does not say what it read and wrote")
    return DiskBytes(read=read, written=dirtied - cancelled)


def parse_host_cpu(text: str, *, ticks_per_s: int) -> HostCpu | Absent:
    """Read the first line of /proc/stat. Guests are in user and nice already; waiting for disks is idle time."""
    words = text.partition("\n")[0].split()
    if len(words) <= _CPU_FIELDS or words[0] != "cpu":
        return Absent("/proc/stat has no cpu line")
    user, nice, system, idle, iowait, irq, softirq, steal = (int(word) / ticks_per_s for word in words[1:9])
    busy = user + nice + system + irq + softirq
    return HostCpu(busy_s=busy, steal_s=steal, total_s=busy + steal + idle + iowait)


def parse_memory_available(text: str) -> int | None:
    """Bytes that programs could still take, from /proc/meminfo; None where it does not say."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def is_first_of_namespace(status: str) -> bool:
    """Whether /proc/PID/status is that of the first process of a process namespace that is not the reader's own."""
    found = re.search(r"^NSpid:\s+\d+\s.*?(\d+)$", status, re.MULTILINE)
    return found is not None and found[1] == "1"
