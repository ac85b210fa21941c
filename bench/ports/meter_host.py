"""The host-wide meters: CPU time of the whole machine, and bytes moved by the disk under the engine's data.

They see everything that runs meanwhile, so they stand in only where no control group can tell the build's own share.
Neighbour: `bench.pure.proc_files` parses what is read here.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from bench.ports.meter_parts import HOST_WIDE, Settle, Values, cpu_values, disk_values, read_text
from bench.pure.cgroup_files import Absent, CpuTimes, DiskBytes, disk_between
from bench.pure.proc_files import Mount, find_mount, parse_diskstats, parse_mountinfo, parse_proc_stat


def read_mounts(proc_root: Path) -> tuple[Mount, ...]:
    """Return the mounts that this process sees; none where the system has no such file."""
    text = read_text(proc_root / "self" / "mountinfo")
    return () if isinstance(text, Absent) else parse_mountinfo(text)


def find_device(data_root: Path, *, proc_root: Path, sys_root: Path) -> str | Absent:
    """Return the block device (`MAJOR:MINOR`) that holds `data_root`, or why there is none."""
    if not data_root.is_dir():
        return Absent(f"the engine's data folder {data_root} is not to be seen from here")
    mount = find_mount(read_mounts(proc_root), PurePosixPath(data_root.resolve()))
    if mount is None:
        return Absent(f"the mount that holds {data_root} is not known")
    if not mount.device.startswith("0:"):
        return mount.device
    if not mount.source.startswith("/dev/"):
        return Absent(f"{data_root} lies on {mount.filesystem}, which has no disk of its own")
    # btrfs and its like carry an anonymous number; the device's real one is found by its name.
    number = read_text(sys_root / "class" / "block" / Path(mount.source).resolve().name / "dev")
    return number if isinstance(number, Absent) else number.strip()


def whole_disk(device: str | Absent, *, sys_root: Path) -> str | Absent:
    """Return the disk that a partition is part of; a whole disk is its own. Control groups count whole disks only."""
    if isinstance(device, Absent):
        return device
    folder = sys_root / "dev" / "block" / device
    if not (folder / "partition").exists():
        return device
    number = read_text(folder.resolve().parent / "dev")
    return number if isinstance(number, Absent) else number.strip()


class HostCpu:
    """CPU seconds of all processes of the machine; the kernel counts them in ticks of 1/100 s."""

    meter = HOST_WIDE

    def __init__(self, proc_root: Path) -> None:
        self._stat = proc_root / "stat"

    def start(self) -> HostCpuSession:
        """Read the counters."""
        return HostCpuSession(self)

    def read(self) -> CpuTimes | Absent:
        """CPU seconds since boot."""
        text = read_text(self._stat)
        return text if isinstance(text, Absent) else parse_proc_stat(text, ticks_per_s=os.sysconf("SC_CLK_TCK"))


class HostCpuSession:
    """One measurement under way."""

    def __init__(self, host: HostCpu) -> None:
        self._host = host
        self._before = host.read()

    def stop(self) -> Values:
        """CPU seconds of the whole machine in between."""
        before, after = self._before, self._host.read()
        if isinstance(before, Absent):
            return cpu_values(before)
        if isinstance(after, Absent):
            return cpu_values(after)
        # The kernel rounds each sum by itself, so a difference may come out a tick below nothing.
        user, system = after.user_s - before.user_s, after.system_s - before.system_s
        return cpu_values(CpuTimes(user_s=max(0.0, user), system_s=max(0.0, system)))


class HostDisk:
    """Bytes that the device under `data_root` moved, all of the machine's together.

    The filesystem is settled before both readings: what the last trial left to be written is not counted, and what
    this one left is.
    """

    meter = HOST_WIDE

    def __init__(self, device: str | Absent, *, data_root: Path, proc_root: Path, settle: Settle) -> None:
        self._device = device
        self._data_root = data_root
        self._diskstats = proc_root / "diskstats"
        self._settle = settle

    def start(self) -> HostDiskSession:
        """Settle the disk and read the counters."""
        return HostDiskSession(self)

    def read(self) -> tuple[DiskBytes | Absent, Absent | None]:
        """Bytes since boot, and why they may lack what waits in memory, if they do."""
        if isinstance(self._device, Absent):
            return self._device, None
        unsettled = self._settle(self._data_root)
        text = read_text(self._diskstats)
        if isinstance(text, Absent):
            return text, unsettled
        gone = Absent(f"{self._diskstats} has no device {self._device}")
        return parse_diskstats(text).get(self._device, gone), unsettled


class HostDiskSession:
    """One measurement under way."""

    def __init__(self, host: HostDisk) -> None:
        self._host = host
        self._before, self._unsettled = host.read()

    def stop(self) -> Values:
        """Bytes that the device moved in between."""
        after, unsettled = self._host.read()
        before = self._before
        if isinstance(before, Absent):
            return disk_values(before, None)
        moved = after if isinstance(after, Absent) else disk_between(before, after)
        return disk_values(moved, self._unsettled or unsettled)
