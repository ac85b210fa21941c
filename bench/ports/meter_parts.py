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

from bench.pure.cgroup_files import Absent, BuildUse, CpuTimes, DiskBytes, parse_counter
from bench.pure.proc_counters import Stall

CPU_USER = "cpu_user_s"
CPU_SYSTEM = "cpu_system_s"
MEMORY_PEAK = "memory_peak_bytes"
DISK_READ = "disk_read_bytes"
DISK_WRITTEN = "disk_written_bytes"
CACHE_GROWTH = "cache_growth_bytes"
STEPS_CPU = "steps_cpu_s"
ENGINE_CPU = "engine_cpu_s"
NETWORK_RECEIVED = "network_received_bytes"
NETWORK_SENT = "network_sent_bytes"
NETWORK_LOOPBACK = "network_loopback_bytes"
STALLS = {kind: (f"stall_{kind}_some_s", f"stall_{kind}_full_s") for kind in ("cpu", "memory", "io")}
"""By the kind that names a pressure file: seconds in which some, and in which all, of the tasks waited for it."""
STALL_METRICS = tuple(metric for pair in STALLS.values() for metric in pair)
METRICS = (
    CPU_USER,
    CPU_SYSTEM,
    STEPS_CPU,
    ENGINE_CPU,
    MEMORY_PEAK,
    DISK_READ,
    DISK_WRITTEN,
    NETWORK_RECEIVED,
    NETWORK_SENT,
    NETWORK_LOOPBACK,
    *STALL_METRICS,
    CACHE_GROWTH,
)

CGROUP_V1 = "cgroup-v1"
CGROUP_V2 = "cgroup-v2"
PROCESS_IO = "process-io"
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


NO_DAEMON_GROUP = Absent("the engine's daemon shares its control group with other work")


def use_values(use: BuildUse) -> Values:
    """CPU of a build under the names of its metrics: all of it, and steps and daemon apart."""
    daemon = use.daemon.cpu if use.daemon else NO_DAEMON_GROUP
    return {**cpu_values(use.cpu), STEPS_CPU: _total(use.steps.cpu), ENGINE_CPU: _total(daemon)}


def _total(cpu: CpuTimes | Absent) -> float | Absent:
    return cpu if isinstance(cpu, Absent) else cpu.user_s + cpu.system_s


def stall_values(stalls: Mapping[str, Stall | Absent]) -> Values:
    """Stalls by kind under the names of the metrics."""
    values: dict[str, float | Absent] = {}
    for kind, stall in stalls.items():
        some, full = STALLS[kind]
        values |= {
            some: stall if isinstance(stall, Absent) else stall.some_s,
            full: stall if isinstance(stall, Absent) else stall.full_s,
        }
    return values


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
