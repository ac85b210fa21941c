"""What the files of /proc say about mounts, disks, CPU time and memory.

Parsers only: text in, values out, `Absent` with its reason where a value is missing. Neighbours:
`bench.pure.cgroup_files` parses the control groups' own files, `bench.ports.meter_host` reads these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from bench.pure.cgroup_files import Absent, CpuTimes, DiskBytes

SECTOR_BYTES = 512
"""The unit of /proc/diskstats, whatever the device's own sectors are (Documentation/admin-guide/iostats.rst)."""

_ESCAPED = re.compile(r"\\([0-7]{3})")
_DISKSTATS_FIELDS = 10
_MOUNT_FIELDS = 6


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """One line of mountinfo. `device` is `MAJOR:MINOR`; `source` is a device's path for filesystems that lie on one.

    `options` are the filesystem's own, `mount_options` those of this mount of it (such as noatime).
    """

    device: str
    mount_point: PurePosixPath
    filesystem: str
    source: str
    options: tuple[str, ...]
    mount_options: tuple[str, ...] = ()


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Read /proc/self/mountinfo (proc_pid_mountinfo(5)); lines that are not of its form are passed over."""
    mounts = (_parse_mount(line) for line in text.splitlines())
    return tuple(mount for mount in mounts if mount is not None)


def _parse_mount(line: str) -> Mount | None:
    left, separator, right = line.partition(" - ")
    head, tail = left.split(), right.split()
    if not separator or len(head) < _MOUNT_FIELDS or not tail:
        return None
    filesystem, source, options = [*tail, "", ""][:3]
    return Mount(
        device=head[2],
        mount_point=PurePosixPath(_unescape(head[4])),
        filesystem=filesystem,
        source=_unescape(source),
        options=tuple(options.split(",")),
        mount_options=tuple(head[5].split(",")),
    )


def _unescape(word: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), word)


def find_mount(mounts: Sequence[Mount], path: PurePosixPath) -> Mount | None:
    """Return the mount that an absolute `path` lies on: the deepest, and of two on one place the later."""
    best: Mount | None = None
    for mount in mounts:
        deep_enough = best is None or len(mount.mount_point.parts) >= len(best.mount_point.parts)
        if deep_enough and path.is_relative_to(mount.mount_point):
            best = mount
    return best


def find_hierarchy(mounts: Sequence[Mount], controller: str) -> PurePosixPath | Absent:
    """Return where version 1's hierarchy of `controller` is mounted (`cpu,cpuacct` may share one)."""
    for mount in mounts:
        if mount.filesystem == "cgroup" and controller in mount.options:
            return mount.mount_point
    return Absent(f"no cgroup v1 hierarchy of {controller} is mounted here")


def find_unified(mounts: Sequence[Mount]) -> PurePosixPath | Absent:
    """Return where version 2's one hierarchy is mounted."""
    for mount in mounts:
        if mount.filesystem == "cgroup2":
            return mount.mount_point
    return Absent("no cgroup v2 hierarchy is mounted here")


def parse_diskstats(text: str) -> Mapping[str, DiskBytes]:
    """Read /proc/diskstats: bytes moved since boot, both by `MAJOR:MINOR` and by the device's name."""
    devices: dict[str, DiskBytes] = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= _DISKSTATS_FIELDS and fields[5].isdecimal() and fields[9].isdecimal():
            moved = DiskBytes(read=int(fields[5]) * SECTOR_BYTES, written=int(fields[9]) * SECTOR_BYTES)
            devices[f"{fields[0]}:{fields[1]}"] = devices[fields[2]] = moved
    return devices


def parse_proc_stat(text: str, *, ticks_per_s: int) -> CpuTimes | Absent:
    """Read the first line of /proc/stat: the CPU seconds of all CPUs since boot (proc_stat(5)).

    User is user and nice (guests are in them already); system is system, irq and softirq. Idle, iowait and steal are
    not CPU time that anything here used.
    """
    for line in text.splitlines():
        if line.startswith("cpu "):
            user, nice, system, _idle, _iowait, irq, softirq = (int(word) for word in line.split()[1:8])
            return CpuTimes(user_s=(user + nice) / ticks_per_s, system_s=(system + irq + softirq) / ticks_per_s)
    return Absent("/proc/stat has no cpu line")


def parse_memory_total(text: str) -> int | Absent:
    """Return the machine's memory in bytes from /proc/meminfo."""
    found = re.search(r"^MemTotal:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else Absent("/proc/meminfo has no MemTotal")
