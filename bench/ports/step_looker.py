"""What is read of a RUN step's control group (version 1), and when. `bench.ports.step_follower` has the thread.

The end of the step's first process comes before runc removes the group: the moment to read the memory mark, the stalls
and the disk traffic. CPU time needs no such luck, see `bench.pure.step_groups.CpuLedger`. Only the start of a container
is watched closely, for the milliseconds until runc has become the step's own program, to tell the two apart.

Where there is more to read: the command from the engine's runtime bundle, the stalls from the version 2 hierarchy that
is mounted beside version 1 (it has them without any controller), the disk traffic from /proc/PID/io of the step's first
process: to that the kernel adds what its children did when it waits for them, and as the first one of its process
namespace it waits for all that outlive their parents. When runc was quicker and has waited for it already, runc's own
file holds the same.
"""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from bench.ports.inotify import FolderWatch
from bench.ports.protocols import Clock
from bench.pure.cgroup_files import Absent, DiskBytes, strip_group
from bench.pure.proc_counters import is_first_of_namespace, parse_pressure, parse_task_io
from bench.pure.proc_files import Mount, find_hierarchy, find_unified
from bench.pure.step_groups import NS_PER_S, CpuLedger, StepGroup, read_command

START_POLL_MS = 2
FIRST_LOOK_MS = 12
"""No container has been seen to become its own program sooner after its group had appeared."""
LIVE_POLL_MS = 100
START_PATIENCE_S = 5.0
LONGEST_FILE = 1 << 20
STALLS = ("cpu", "memory", "io")
_RUNTIME = b"runc"


class GroupTree(msgspec.Struct, frozen=True, kw_only=True):
    """Where the groups of the steps lie (`cpu`, `memory`, `unified` are the parents), and what else tells of them.

    `bundles` is the folder in which the engine keeps the runtime bundle of each running step.
    """

    cpu: Path
    memory: Path | Absent
    unified: Path | Absent
    bundles: Path
    proc: Path


def find_tree(mounts: Sequence[Mount], steps: str, *, data_root: Path, proc_root: Path) -> GroupTree | Absent:
    """The tree of the groups below the group `steps` of an engine whose data lie in `data_root`."""
    below = Path(strip_group(steps))
    below = below if below.name == "buildkit" else below / "buildkit"
    cpu, memory, unified = find_hierarchy(mounts, "cpuacct"), find_hierarchy(mounts, "memory"), find_unified(mounts)
    if isinstance(cpu, Absent):
        return cpu
    return GroupTree(
        cpu=Path(cpu) / below,
        memory=memory if isinstance(memory, Absent) else Path(memory) / below,
        unified=unified if isinstance(unified, Absent) else Path(unified) / below,
        bundles=data_root / "buildkit" / "executor",
        proc=proc_root,
    )


class _Watched:
    """One group that is there."""

    def __init__(self, name: str, begun_at_s: float) -> None:
        self.name = name
        self.begun_at_s = begun_at_s
        self.bundle = b""
        self.runtime = 0
        self.init = 0
        self.first = 0
        self.notice = -1
        self.start_ns = (0, 0)
        self.polls = 0
        self.starting = True
        self.peak: int | None = None
        self.moved: DiskBytes | None = None
        self.stalls: dict[str, bytes] = {}


class Looker:
    """What the thread does with what it is woken for. Everything here runs in the thread, but for `groups`."""

    def __init__(self, tree: GroupTree, clock: Clock, watch: FolderWatch) -> None:
        self._cpu, self._bundles, self._proc = str(tree.cpu), str(tree.bundles), str(tree.proc)
        self._memory = None if isinstance(tree.memory, Absent) else str(tree.memory)
        self._unified = None if isinstance(tree.unified, Absent) else str(tree.unified)
        self._clock = clock
        self._watch = watch
        self._living: dict[str, _Watched] = {}
        self._ended: list[tuple[_Watched, int]] = []
        for folder in tree.cpu.iterdir():
            if folder.is_dir():
                self._appear(folder.name)
        self._ledger = CpuLedger(self._parent_used(), self._read_living().values())

    def wait_ms(self) -> int | None:
        """How long the thread may sleep when nothing happens; None for as long as it likes."""
        starting = [group for group in self._living.values() if group.starting]
        if starting:
            return START_POLL_MS if any(group.polls for group in starting) else FIRST_LOOK_MS
        return LIVE_POLL_MS if self._living else None

    def look(self, poll: select.epoll, ready: set[int]) -> None:
        """Do what there is to be done after a wait."""
        for group in list(self._living.values()):
            ended = group.notice in ready
            if ended or not (ready or group.starting):
                self._read(group)
            if ended:
                group.moved = self._moved(group.first) or self._moved(group.runtime)
                self._move_on(group, poll)
            elif group.starting:
                self._look_at_start(group, poll)
        if self._watch.descriptor in ready or not ready:
            self._take_events(poll)

    def close(self, poll: select.epoll) -> None:
        """Take leave of the groups that are still there."""
        self._take_events(poll)
        self._end(list(self._living), poll)

    def groups(self) -> tuple[StepGroup, ...]:
        """Everything that was seen; call it when the thread has ended."""
        return tuple(sorted((_result(group, cpu_ns) for group, cpu_ns in self._ended), key=lambda one: one.begun_at_s))

    def _take_events(self, poll: select.epoll) -> None:
        gone = []
        for name, appeared in self._watch.events():
            if appeared:
                self._appear(name)
            elif name in self._living:
                gone.append(name)
        self._end(gone, poll)

    def _appear(self, name: str) -> None:
        group = self._living.setdefault(name, _Watched(name, self._clock.now().timestamp()))
        group.bundle = _slurp(f"{self._bundles}/{name}/config.json")

    def _look_at_start(self, group: _Watched, poll: select.epoll) -> None:
        """See whether runc has become the step's own program; until then, all CPU time is the container's start.

        This is done every few milliseconds, beside a build that is timed: what need not be read each time is not.
        """
        used = self._used(group.name)
        if used is not None:
            self._ledger.see(group.name, used)
            group.start_ns = (group.start_ns[1], used)
        own, pid = self._program(group)
        group.starting = not own and group.polls * START_POLL_MS < START_PATIENCE_S * 1000
        if not (group.polls and group.starting):
            self._read_peak(group)
        group.polls += 1
        self._notice_end(group, pid, poll)

    def _program(self, group: _Watched) -> tuple[bool, int]:
        """Whether the step's own program runs, and the process whose end would be the step's: 0 where there is none.

        The program is the first process of its namespace, and not called as runc calls itself. Once that process is
        known, its name is all that can change, and the cheapest to read.
        """
        name = _slurp(f"{self._proc}/{group.init}/comm") if group.init else b""
        if name:
            return not name.startswith(_RUNTIME), group.init
        pids = self._pids(group)
        if pids and not group.runtime:
            group.runtime = self._parent(pids[0])
        for pid in pids:
            status = _slurp(f"{self._proc}/{pid}/status")
            if is_first_of_namespace(status.decode(errors="replace")):
                group.init = pid
                return not status.startswith(b"Name:\t" + _RUNTIME), pid
        return False, max(pids, default=0)

    def _move_on(self, group: _Watched, poll: select.epoll) -> None:
        """The process that was waited for has ended; where another is left in the group, wait for that."""
        self._notice_end(group, min(self._pids(group), default=0), poll)

    def _notice_end(self, group: _Watched, pid: int, poll: select.epoll) -> None:
        """Be woken by the end of this process, the step's first: it takes all others of its namespace with it."""
        if pid == group.first:
            return
        self._forget_notice(group, poll)
        group.first = pid
        if pid and hasattr(os, "pidfd_open"):
            with suppress(OSError):
                group.notice = os.pidfd_open(pid)
                poll.register(group.notice, select.EPOLLIN)

    def _forget_notice(self, group: _Watched, poll: select.epoll) -> None:
        if group.notice >= 0:
            with suppress(OSError):
                poll.unregister(group.notice)
            os.close(group.notice)
            group.notice = -1

    def _read(self, group: _Watched) -> None:
        """Read what can be read of a group now; what is gone already stays as it was read last."""
        self._read_peak(group)
        used = self._used(group.name)
        if used is not None:
            self._ledger.see(group.name, used)
        if self._unified:
            for kind in STALLS:
                if text := _slurp(f"{self._unified}/{group.name}/{kind}.pressure"):
                    group.stalls[kind] = text

    def _read_peak(self, group: _Watched) -> None:
        if self._memory and (peak := _slurp(f"{self._memory}/{group.name}/memory.max_usage_in_bytes")):
            group.peak = int(peak)

    def _moved(self, pid: int) -> DiskBytes | None:
        """What a process, and all that it has waited for, moved; None when it is gone."""
        text = _slurp(f"{self._proc}/{pid}/io") if pid else b""
        moved = parse_task_io(text.decode())
        return None if isinstance(moved, Absent) else moved

    def _end(self, names: list[str], poll: select.epoll) -> None:
        if not names:
            return
        gone = [self._living.pop(name) for name in names]
        used = self._ledger.close(names, self._parent_used(), self._read_living())
        for group in gone:
            self._forget_notice(group, poll)
            self._ended.append((group, used[group.name]))

    def _parent_used(self) -> int:
        return int(_slurp(f"{self._cpu}/cpuacct.usage") or 0)

    def _used(self, name: str) -> int | None:
        text = _slurp(f"{self._cpu}/{name}/cpuacct.usage")
        return int(text) if text else None

    def _read_living(self) -> dict[str, int]:
        readings = {name: self._used(name) for name in self._living}
        return {name: used for name, used in readings.items() if used is not None}

    def _pids(self, group: _Watched) -> list[int]:
        return [int(word) for word in _slurp(f"{self._cpu}/{group.name}/cgroup.procs").split()]

    def _parent(self, pid: int) -> int:
        fields = _slurp(f"{self._proc}/{pid}/stat").rpartition(b")")[2].split()
        return int(fields[1]) if fields else 0


def _slurp(path: str) -> bytes:
    """The content of a small file of the kernel's, empty where it is gone: in a fifth of the time of Path.read_text."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, LONGEST_FILE)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _result(group: _Watched, cpu_ns: int) -> StepGroup:
    stalls = {kind: parse_pressure(text.decode()) for kind, text in group.stalls.items()}
    stalled = {kind: stall.some_s for kind, stall in stalls.items() if not isinstance(stall, Absent)}
    return StepGroup(
        id=group.name,
        begun_at_s=group.begun_at_s,
        command=read_command(group.bundle),
        cpu_s=cpu_ns / NS_PER_S,
        # The start ended somewhere between the last two looks at it.
        container_start_cpu_s=min(sum(group.start_ns) / 2, cpu_ns) / NS_PER_S if group.polls else None,
        memory_peak_bytes=group.peak,
        disk_read_bytes=group.moved.read if group.moved else None,
        disk_written_bytes=group.moved.written if group.moved else None,
        stall_cpu_s=stalled.get("cpu"),
        stall_memory_s=stalled.get("memory"),
        stall_io_s=stalled.get("io"),
    )
