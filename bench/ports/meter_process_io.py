"""The disk meter of a private engine without version 2's groups: what its daemons, and all that they started, moved.

Version 1's blkio sees no buffered write. The kernel's account of each process does, and adds a process's to its
parent's when that waits for it (wait_task_zombie in kernel/exit.c): every step is a child of a runc that is a child of
dockerd, so two readings of the daemons' /proc/PID/io, with nothing running at either, hold the whole build and
nothing else. Bytes count when a page is made dirty, so nothing has to reach the disk first; the journal of the
filesystem, which the kernel writes by itself, is not in it. What a disk's own counters (`bench.ports.meter_host`) say
holds every other program's writes too.

The classic builder's containers are started by a shim that leaves the tree, so this meter is not for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.ports.meter_parts import PROCESS_IO, Values, disk_values, read_text
from bench.pure.cgroup_files import NOTHING_MOVED, Absent, DiskBytes, strip_group
from bench.pure.proc_counters import parse_task_io
from bench.pure.proc_files import Mount, find_hierarchy


class DaemonIo:
    """Bytes of the processes in the daemons' group `daemon`, and of their children."""

    meter = PROCESS_IO

    def __init__(self, mounts: Sequence[Mount], *, daemon: str, proc_root: Path) -> None:
        hierarchy = find_hierarchy(mounts, "cpuacct")
        self._procs = (
            hierarchy if isinstance(hierarchy, Absent) else Path(hierarchy) / strip_group(daemon) / "cgroup.procs"
        )
        self._proc = proc_root

    def start(self) -> DaemonIoSession:
        """Read the counters of the processes that are there now: the daemons."""
        return DaemonIoSession(self)

    def pids(self) -> tuple[str, ...] | Absent:
        """The processes in the daemons' group."""
        text = self._procs if isinstance(self._procs, Absent) else read_text(self._procs)
        return text if isinstance(text, Absent) else tuple(text.split())

    def read(self, pids: Sequence[str]) -> Mapping[str, DiskBytes | Absent]:
        """What each of these processes, and the children that it has waited for, moved so far."""
        texts = {pid: read_text(self._proc / pid / "io") for pid in pids}
        return {pid: text if isinstance(text, Absent) else parse_task_io(text) for pid, text in texts.items()}


class DaemonIoSession:
    """One measurement under way."""

    def __init__(self, tree: DaemonIo) -> None:
        self._tree = tree
        self._pids = tree.pids()
        self._before = {} if isinstance(self._pids, Absent) else tree.read(self._pids)

    def stop(self) -> Values:
        """Bytes that the whole tree moved in between."""
        if isinstance(self._pids, Absent):
            return disk_values(self._pids, None)
        after = self._tree.read(self._pids)
        moved = NOTHING_MOVED
        for pid, begun in self._before.items():
            ended = after[pid]
            if isinstance(begun, Absent) or isinstance(ended, Absent):
                return disk_values(begun if isinstance(begun, Absent) else ended, None)
            moved += DiskBytes(read=ended.read - begun.read, written=ended.written - begun.written)
        if not self._pids or moved.written < 0:
            return disk_values(Absent("the daemons are not in their control group, or cut files of others"), None)
        return disk_values(moved, None)
