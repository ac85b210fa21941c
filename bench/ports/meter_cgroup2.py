"""The meter of cgroup version 2: CPU, peak memory and disk bytes of the steps' group, and of the daemon's own group.

Parent groups count what their children used, also of children that are gone. Memory means what it means on version 1
(see `bench.ports.meter_cgroup1`): page cache of the steps' files counts, and what earlier builds left there does not.
For the latter the mark `memory.peak` has to start anew for each build, which the kernel allows in two ways: a group
made anew starts at zero (done on a private engine, whose groups are ours to remove while no step runs), and since
Linux 6.12 a write to an open `memory.peak` resets the mark for that descriptor alone (done elsewhere). Where neither
works the peak is absent.

Writing dirty pages back is charged to the group that made them, so `io.stat` is read after the filesystem has been
settled; journals of filesystems belong to no group and are not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path

import msgspec

from bench.ports.meter_parts import (
    CGROUP_V2,
    MEMORY_PEAK,
    Settle,
    Values,
    disk_values,
    read_counter,
    read_text,
    remove_group,
    use_values,
)
from bench.pure.cgroup_files import (
    NOTHING_MOVED,
    NOTHING_USED,
    Absent,
    BuildUse,
    CpuCounters,
    DiskBytes,
    GroupUse,
    cpu_between,
    disk_between,
    pair_readings,
    parse_counter,
    parse_cpu_stat,
    parse_io_stat,
    strip_group,
)
from bench.pure.proc_files import Mount, find_unified

PEAK = "memory.peak"


class _Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a group; None where the group is not there."""

    cpu: CpuCounters | Absent | None
    disk: DiskBytes | Absent | None


class _Group:
    """One group. `device` is the disk whose bytes count; `made_on_demand`: the engine makes it with the first step."""

    def __init__(self, root: Path | Absent, name: str, *, device: str | Absent, made_on_demand: bool) -> None:
        self.name = strip_group(name)
        self.made_on_demand = made_on_demand
        self.folder = root if isinstance(root, Absent) else root / self.name
        self._device = device

    @property
    def is_there(self) -> bool:
        """Whether the group exists now."""
        return isinstance(self.folder, Path) and self.folder.is_dir()

    def read(self) -> _Reading:
        if isinstance(self.folder, Absent):
            return _Reading(cpu=self.folder, disk=self.folder)
        if not self.folder.is_dir():
            return _Reading(cpu=None, disk=self._device if isinstance(self._device, Absent) else None)
        stat = read_text(self.folder / "cpu.stat")
        cpu = stat if isinstance(stat, Absent) else parse_cpu_stat(stat)
        return _Reading(cpu=cpu, disk=self._read_disk(self.folder))

    def _read_disk(self, folder: Path) -> DiskBytes | Absent:
        if isinstance(self._device, Absent):
            return self._device
        text = read_text(folder / "io.stat")
        return text if isinstance(text, Absent) else parse_io_stat(text).get(self._device, NOTHING_MOVED)

    def use(self, before: _Reading, after: _Reading, peak: int | Absent) -> GroupUse:
        cpu = pair_readings(
            before.cpu, after.cpu, zero=NOTHING_USED, made_on_demand=self.made_on_demand, group=self.name
        )
        disk = pair_readings(
            before.disk, after.disk, zero=NOTHING_MOVED, made_on_demand=self.made_on_demand, group=self.name
        )
        return GroupUse(
            cpu=cpu if isinstance(cpu, Absent) else cpu_between(*cpu),
            memory_peak_bytes=peak,
            disk=disk if isinstance(disk, Absent) else disk_between(*disk),
        )


class _Peak:
    """The highest memory of a group from now on."""

    def __init__(self, group: _Group) -> None:
        self._group = group
        self._file: FileIO | None = None
        self._start = 0
        self._failure: Absent | None = None
        if group.is_there and not (group.made_on_demand and remove_group(Path(str(group.folder)))):
            self._reset()

    def _reset(self) -> None:
        """Reset the mark for one descriptor (Linux 6.12, Documentation/admin-guide/cgroup-v2.rst)."""
        path = Path(str(self._group.folder)) / PEAK
        try:
            self._file = FileIO(path, "r+")
            self._file.write(b"reset")
        except OSError as error:
            self.close()
            self._failure = Absent(f"{path} cannot be reset by this kernel: {error.strerror}")
        else:
            start = self._read_file()
            self._start, self._failure = (0, start) if isinstance(start, Absent) else (start, None)

    def _read_file(self) -> int | Absent:
        if self._file is None:
            return read_counter(Path(str(self._group.folder)) / PEAK)
        try:
            self._file.seek(0)
            return parse_counter(self._file.read().decode())
        except OSError as error:  # the group that this descriptor belongs to has been made anew
            return Absent(f"{self._group.name}/{PEAK}: {error.strerror}")

    def read(self) -> int | Absent:
        if self._failure:
            return self._failure
        if isinstance(self._group.folder, Absent):
            return self._group.folder
        if not self._group.is_there:
            before = None if self._file is None else self._start
            pair = pair_readings(
                before, None, zero=0, made_on_demand=self._group.made_on_demand, group=self._group.name
            )
            return pair if isinstance(pair, Absent) else pair[0]
        now = self._read_file()
        return now if isinstance(now, Absent) else now - self._start

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._file is not None:
            self._file.close()


class Cgroup2Meter:
    """Reads the steps' group and, on a private engine, the daemon's (`daemon` is None elsewhere).

    `ours`: the engine makes the steps' group for our steps alone, so its absence means that no step ran. `device`
    (`MAJOR:MINOR`) is the whole disk under the engine's data, `data_root` the folder on it to settle.
    """

    meter = CGROUP_V2

    def __init__(
        self,
        mounts: Sequence[Mount],
        *,
        steps: str,
        daemon: str | None,
        ours: bool,
        device: str | Absent,
        data_root: Path,
        settle: Settle,
    ) -> None:
        unified = find_unified(mounts)
        root = unified if isinstance(unified, Absent) else Path(unified)
        self._steps = _Group(root, steps, device=device, made_on_demand=ours)
        self._daemon = _Group(root, daemon, device=device, made_on_demand=False) if daemon else None
        self._settle = settle
        self._data_root = data_root

    def start(self) -> Cgroup2Session:
        """Settle the disk, start the memory mark anew and read the counters."""
        self._settle(self._data_root)
        return Cgroup2Session(self._steps, self._daemon, lambda: self._settle(self._data_root))


class Cgroup2Session:
    """One measurement under way."""

    def __init__(self, steps: _Group, daemon: _Group | None, settle: Callable[[], Absent | None]) -> None:
        self._groups = (steps, daemon)
        self._settle = settle
        self._peak = _Peak(steps)
        self._steps_before, self._daemon_before = steps.read(), daemon.read() if daemon else None

    def use(self) -> BuildUse:
        """What steps and daemon used so far, apart."""
        steps, daemon = self._groups
        use = steps.use(self._steps_before, steps.read(), self._peak.read())
        if daemon is None or self._daemon_before is None:
            return BuildUse(steps=use, daemon=None)
        unread = Absent("the daemon's memory is not part of the build's")
        return BuildUse(steps=use, daemon=daemon.use(self._daemon_before, daemon.read(), unread))

    def stop(self) -> Values:
        """The build's totals: CPU and disk of steps and daemon together, memory of the steps."""
        unsettled = self._settle()
        use = self.use()
        self._peak.close()
        return {**use_values(use), MEMORY_PEAK: use.memory_peak_bytes, **disk_values(use.disk, unsettled)}
