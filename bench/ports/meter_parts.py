"""What the single meters share: the metrics' names, the shape of a part, and small reads of files.

A part knows some of the metrics and gives each as a value or `Absent`; `bench.ports.meters` picks among the parts.
Parts are read outside the timed region.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bench.pure.cgroup_files import Absent, CpuTimes, DiskBytes, parse_counter

CPU_USER = "cpu_user_s"
CPU_SYSTEM = "cpu_system_s"
MEMORY_PEAK = "memory_peak_bytes"
DISK_READ = "disk_read_bytes"
DISK_WRITTEN = "disk_written_bytes"
CACHE_GROWTH = "cache_growth_bytes"
METRICS = (CPU_USER, CPU_SYSTEM, MEMORY_PEAK, DISK_READ, DISK_WRITTEN, CACHE_GROWTH)

CGROUP_V1 = "cgroup-v1"
CGROUP_V2 = "cgroup-v2"
HOST_WIDE = "host-wide"
ENGINE = "engine"

Values = Mapping[str, float | Absent]
Settle = Callable[[Path], Absent | None]


class PartSession(Protocol):
    """One measurement of one part under way."""

    def stop(self) -> Values:
        """Read again; every metric that the part knows is in the answer, as a value or as its absence."""
        ...


class Part(Protocol):
    """One source of some metrics. `meter` is the name that its readings carry."""

    @property
    def meter(self) -> str:
        """The name of the meter."""
        ...

    def start(self) -> PartSession:
        """Read the counters for the first time."""
        ...


class AbsentPart:
    """Stands where a meter cannot be had: gives the same reason for each of its metrics."""

    def __init__(self, meter: str, metrics: Sequence[str], reason: str) -> None:
        self.meter = meter
        self._values: Values = dict.fromkeys(metrics, Absent(reason))

    def start(self) -> PartSession:
        """Nothing to read."""
        return self

    def stop(self) -> Values:
        """Every metric absent, with the reason."""
        return self._values


def cpu_values(cpu: CpuTimes | Absent) -> Values:
    """CPU times under the names of the two metrics; both are absent where the times are."""
    if isinstance(cpu, Absent):
        return {CPU_USER: cpu, CPU_SYSTEM: cpu}
    return {CPU_USER: cpu.user_s, CPU_SYSTEM: cpu.system_s}


def disk_values(disk: DiskBytes | Absent, unsettled: Absent | None) -> Values:
    """Disk bytes under the names of the two metrics; written bytes are absent while some wait in memory."""
    if isinstance(disk, Absent):
        return {DISK_READ: disk, DISK_WRITTEN: disk}
    return {DISK_READ: disk.read, DISK_WRITTEN: unsettled or disk.written}


def read_text(path: Path) -> str | Absent:
    """Return a file's text, or why it cannot be read."""
    try:
        return path.read_text()
    except OSError as error:
        return Absent(f"{path}: {error.strerror}")


def read_counter(path: Path) -> int | Absent:
    """Return the one number that a file holds, or why there is none."""
    text = read_text(path)
    found = text if isinstance(text, Absent) else parse_counter(text)
    return Absent(f"{path}: {found.reason}") if isinstance(found, Absent) and not isinstance(text, Absent) else found


def remove_group(folder: Path) -> bool:
    """Remove a control group and the groups in it, so that it starts anew; False where something runs there still."""
    try:
        for child in folder.iterdir():
            if child.is_dir() and not remove_group(child):
                return False
        folder.rmdir()
    except OSError:
        return False
    return True


def settle_filesystem(folder: Path) -> Absent | None:
    """Write the dirty pages of the filesystem that holds `folder` to its disk (syncfs(2)), and wait for it.

    A build's writes mostly reach the disk after its end. Settling before and after it gives each build its own, and no
    other filesystem is made to wait. Returns why it could not be done, or None.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return Absent("this system has no syncfs, so what a build wrote cannot be told from what it left to be written")
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        return Absent(f"{folder}: {error.strerror}")
    try:
        failed = syncfs(descriptor) != 0
    finally:
        os.close(descriptor)
    return Absent(f"{folder}: syncfs: {os.strerror(ctypes.get_errno())}") if failed else None
