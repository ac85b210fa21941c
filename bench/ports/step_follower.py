"""Follows each RUN step's own control group (version 1) from its appearance to its end, in a thread that mostly sleeps.

Nothing is polled while a step works: inotify tells that a group appeared or went, and a pidfd that the step's first
process has ended. Neighbours: `bench.ports.step_looker` does what the thread is woken for,
`bench.pure.step_groups` joins what it finds to the steps.
"""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import suppress

import msgspec

from bench.ports.inotify import FolderWatch
from bench.ports.protocols import Clock
from bench.ports.step_looker import GroupTree, Looker
from bench.pure.cgroup_files import Absent
from bench.pure.step_groups import StepGroup


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower saw: the groups in the order of their appearance, and the CPU time that looking cost."""

    groups: tuple[StepGroup, ...]
    cpu_s: float
    absent: str | None = None


class StepFollower:
    """Follows the steps of one build. `make`: the parent group is ours, and may be made before the first step."""

    def __init__(self, tree: GroupTree, clock: Clock, *, make: bool) -> None:
        self._tree = tree
        self._clock = clock
        self._make = make

    def start(self) -> FollowerSession:
        """Begin to follow. Where that cannot be done, the session says why at its end."""
        try:
            if self._make:
                self._tree.cpu.mkdir(parents=True, exist_ok=True)
            watch = FolderWatch(self._tree.cpu)
        except OSError as error:
            return FollowerSession(None, Absent(f"{self._tree.cpu}: {error.strerror}"))
        return FollowerSession(_Thread(self._tree, self._clock, watch), None)


class FollowerSession:
    """One build being followed."""

    def __init__(self, thread: _Thread | None, absent: Absent | None) -> None:
        self._thread = thread
        self._absent = absent

    def stop(self) -> Followed:
        """Stop following and return what was seen."""
        if self._thread is None:
            return Followed(groups=(), cpu_s=0.0, absent=self._absent.reason if self._absent else None)
        return self._thread.finish()


class _Thread:
    """The thread, and its end."""

    def __init__(self, tree: GroupTree, clock: Clock, watch: FolderWatch) -> None:
        self._watch = watch
        self._looker = Looker(tree, clock, watch)
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC)
        self._cpu_s = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True, name="step-follower")
        self._thread.start()

    def finish(self) -> Followed:
        os.close(self._wake_write)
        self._thread.join()
        os.close(self._wake_read)
        self._watch.close()
        return Followed(groups=self._looker.groups(), cpu_s=self._cpu_s)

    def _run(self) -> None:
        _go_first()
        poll = select.epoll()
        poll.register(self._wake_read, select.EPOLLHUP)
        poll.register(self._watch.descriptor, select.EPOLLIN)
        try:
            ended = False
            while not ended:
                wait_ms = self._looker.wait_ms()
                ready = {number for number, _ in poll.poll(None if wait_ms is None else wait_ms / 1000)}
                ended = self._wake_read in ready
                self._looker.look(poll, ready)
        finally:
            self._looker.close(poll)
            poll.close()
            self._cpu_s = time.thread_time()


def _go_first() -> None:
    """Let this thread, and no child of it, run as soon as it is woken: what it reads is gone a millisecond later.

    Where that is not allowed, a busy machine makes it miss the disk traffic of a step now and then.
    """
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
