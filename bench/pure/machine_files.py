"""What the kernel's files say of a machine: its processors, memory, swap, load, limits and disks' schedulers.

Parsers only, as in `bench.pure.proc_files`: text in, values out, `Absent` with its reason where a value is missing.
`bench.ports.fingerprint` and its neighbours read the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from bench.pure.cgroup_files import Absent

NO_LIMIT: Literal["none"] = "none"
"""What stands for a limit that is not set: a fact, other than a limit that is not known."""

# What compressors, checksums and TLS use: these decide how fast a step's own work is.
FLAGS_THAT_MATTER = (
    *("sse4_2", "avx", "avx2", "avx512f", "bmi2", "aes", "vaes", "pclmulqdq", "vpclmulqdq", "sha_ni"),  # x86
    *("asimd", "sve", "sve2", "crc32", "pmull", "sha1", "sha2", "sha3", "sha512"),  # ARM; its aes is above
)
# cgroup v1 writes "no limit" as the largest multiple of a page in 63 bits.
_V1_NO_MEMORY_LIMIT = 1 << 62
_LOADAVG_FIELDS = 3
_STAT_FIELDS = 9


class Processor(msgspec.Struct, frozen=True, kw_only=True):
    """What /proc/cpuinfo says of the first processor. `flags` are those that matter, `is_guest` a hypervisor's sign."""

    model: str | None
    flags: tuple[str, ...]
    is_guest: bool


def parse_cpuinfo(text: str) -> Processor:
    """Read /proc/cpuinfo; ARM calls its flags Features, and tells no name."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        values.setdefault(key.strip().lower(), value.strip())
    flags = set((values.get("flags") or values.get("features") or "").split())
    return Processor(
        model=values.get("model name") or None,
        flags=tuple(flag for flag in FLAGS_THAT_MATTER if flag in flags),
        is_guest="hypervisor" in flags,
    )


def count_cpus(text: str) -> int | Absent:
    """Count the CPUs of a list such as `0-3,8` (cpuset(7))."""
    found = re.findall(r"(\d+)(?:-(\d+))?", text)
    if not found or not re.fullmatch(r"[\d,-]+", text.strip()):
        return Absent(f"{text.strip()!r} is no list of CPUs")
    return sum(int(last or first) - int(first) + 1 for first, last in found)


def parse_allowed_cpus(status: str) -> int | Absent:
    """Count the CPUs that a process may run on, from its /proc/PID/status."""
    found = re.search(r"^Cpus_allowed_list:\s*(\S+)$", status, re.MULTILINE)
    return count_cpus(found[1]) if found else Absent("the kernel tells no Cpus_allowed_list")


def parse_meminfo(text: str) -> Mapping[str, int]:
    """Read /proc/meminfo, in bytes."""
    return {key: int(kib) * 1024 for key, kib in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def parse_loadavg(text: str) -> tuple[float, float, float] | Absent:
    """The load averages over 1, 5 and 15 minutes from /proc/loadavg."""
    words = text.split()[:_LOADAVG_FIELDS]
    try:
        one, five, fifteen = map(float, words)
    except ValueError:
        return Absent(f"{text.strip()!r} is no load average")
    return one, five, fifteen


def parse_scheduler(text: str) -> str | Absent:
    """The I/O scheduler in use, which the kernel writes in brackets among those that it has."""
    found = re.search(r"\[([\w-]+)\]", text)
    if found:
        return found[1]
    return text.strip() if re.fullmatch(r"[\w-]+\s*", text) else Absent("the kernel names no scheduler in use")


def parse_own_groups(text: str) -> Mapping[str, str]:
    """Where a process's control groups are, by controller, from /proc/PID/cgroup; version 2's has an empty name."""
    groups: dict[str, str] = {}
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        groups |= dict.fromkeys(controllers.split(","), path)
    return groups


def parse_quota_v1(quota_us: str, period_us: str) -> float | str | Absent:
    """CPUs that cpu.cfs_quota_us and cpu.cfs_period_us allow; -1 is no limit."""
    try:
        quota, period = int(quota_us), int(period_us)
    except ValueError:
        return Absent(f"{quota_us.strip()!r} in {period_us.strip()!r} us is no quota")
    return NO_LIMIT if quota < 0 or period <= 0 else quota / period


def parse_quota_v2(text: str) -> float | str | Absent:
    """CPUs that cpu.max allows (`max 100000` is no limit)."""
    quota, _, period = text.strip().partition(" ")
    return NO_LIMIT if quota == "max" else parse_quota_v1(quota, period)


def parse_memory_limit(text: str) -> int | str | Absent:
    """Bytes that memory.limit_in_bytes or memory.max allows."""
    word = text.strip()
    if word == "max":
        return NO_LIMIT
    if not word.isdecimal():
        return Absent(f"{word!r} is no limit of memory")
    return NO_LIMIT if int(word) >= _V1_NO_MEMORY_LIMIT else int(word)


class CpuTicks(msgspec.Struct, frozen=True, kw_only=True):
    """Ticks of all CPUs since boot: all of them, those at work, and those that the hypervisor gave to others."""

    total: int
    busy: int
    steal: int


def parse_cpu_ticks(text: str) -> CpuTicks | Absent:
    """Read the first line of /proc/stat (proc_stat(5)); a guest's ticks are in user already, waiting is not work."""
    words = text.partition("\n")[0].split()
    if len(words) < _STAT_FIELDS or words[0] != "cpu":
        return Absent("/proc/stat has no cpu line")
    user, nice, system, idle, iowait, irq, softirq, steal = map(int, words[1:_STAT_FIELDS])
    busy = user + nice + system + irq + softirq
    return CpuTicks(total=busy + idle + iowait + steal, busy=busy, steal=steal)


def parse_process_ticks(stat: str) -> tuple[str, int] | Absent:
    """A process's name and its CPU ticks, from /proc/PID/stat; its name may hold spaces and brackets."""
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    if len(fields) < 13 or not (fields[11] + fields[12]).isdecimal():  # noqa: PLR2004 - utime and stime
        return Absent("a process's stat is not of its form")
    return head.partition("(")[2], int(fields[11]) + int(fields[12])
