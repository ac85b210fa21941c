"""Following groups that come and go, in a folder that stands for the cgroup tree, with processes of the test's own."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ports.fakes import FakeClock
from bench.ports.inotify import FolderWatch
from bench.ports.step_follower import StepFollower
from bench.ports.step_looker import FIRST_LOOK_MS, LIVE_POLL_MS, START_POLL_MS, GroupTree, Looker
from bench.pure.cgroup_files import Absent
from bench.pure.step_groups import StepGroup

IO = "read_bytes: 8\nwrite_bytes: {written}\ncancelled_write_bytes: 0\n"


class Kernel:
    """A made-up cgroup tree and /proc, and a looker that is woken by hand."""

    def __init__(self, folder: Path) -> None:
        self.tree = GroupTree(
            cpu=folder / "cpu",
            memory=folder / "memory",
            unified=folder / "unified",
            bundles=folder / "bundles",
            proc=folder / "proc",
        )
        self.clock = FakeClock()
        self.spent = 0
        for path in (self.tree.cpu, self.tree.memory, folder / "unified", folder / "bundles", self.tree.proc):
            Path(str(path)).mkdir()
        self.parent(0)
        self.watch = FolderWatch(self.tree.cpu)
        self.poll = select.epoll()
        self.looker = Looker(self.tree, self.clock, self.watch)

    def parent(self, used: int) -> None:
        self.write(self.tree.cpu / "cpuacct.usage", str(used))

    def group(self, name: str, *, used: int, pids: tuple[int, ...] = (), peak: int = 0) -> None:
        self.write(self.tree.cpu / name / "cpuacct.usage", str(used))
        self.write(self.tree.cpu / name / "cgroup.procs", "".join(f"{pid}\n" for pid in pids))
        self.write(Path(str(self.tree.memory)) / name / "memory.max_usage_in_bytes", str(peak))
        self.write(Path(str(self.tree.unified)) / name / "io.pressure", "some avg10=0 total=250000\n")

    def process(self, pid: int, name: str, *, inner: int, parent: int = 1, written: int = 0) -> None:
        self.write(self.tree.proc / str(pid) / "status", f"Name:\t{name}\nNSpid:\t{pid}\t{inner}\n")
        self.write(self.tree.proc / str(pid) / "comm", f"{name}\n")
        self.write(self.tree.proc / str(pid) / "stat", f"{pid} ({name}) S {parent} 0 0\n")
        self.write(self.tree.proc / str(pid) / "io", IO.format(written=written))

    def bundle(self, name: str, *args: str) -> None:
        self.write(self.tree.bundles / name / "config.json", json.dumps({"process": {"args": args}}))

    def end(self, name: str) -> None:
        shutil.rmtree(self.tree.cpu / name)

    def look(self, *ready: int) -> None:
        self.looker.look(self.poll, {*ready, self.watch.descriptor})

    def tick(self) -> None:
        """What a wait that ran into its timeout does."""
        self.looker.look(self.poll, set())

    def groups(self) -> dict[str, StepGroup]:
        self.looker.close(self.poll)
        return {group.id: group for group in self.looker.groups()}

    @staticmethod
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    made = Kernel(tmp_path)
    yield made
    made.watch.close()
    made.poll.close()


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends when its standard input does."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def finish(child: subprocess.Popen[bytes]) -> None:
    """End it without waiting for it, so that it is there to be looked at, as the kernel keeps it."""
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)


def test_a_step_is_followed_from_its_start_to_its_end(kernel: Kernel, child: subprocess.Popen[bytes]) -> None:
    kernel.bundle("one", "/bin/sh", "-c", "make")
    kernel.group("one", used=5, pids=(90,))
    kernel.process(90, "runc:[0:PARENT]", inner=90, parent=80)
    kernel.look()
    kernel.group("one", used=20, pids=(90, child.pid))
    kernel.process(child.pid, "runc:[2:INIT]", inner=1, parent=80)
    kernel.tick()
    kernel.group("one", used=30, pids=(child.pid,))
    kernel.process(child.pid, "sh", inner=1, parent=80, written=4096)
    kernel.tick()
    assert kernel.looker.wait_ms() == LIVE_POLL_MS
    kernel.group("one", used=900, pids=(), peak=77)
    finish(child)
    kernel.look(*(fd for fd, _ in kernel.poll.poll(0)))
    kernel.parent(1000)
    kernel.end("one")
    kernel.look()
    found = kernel.groups()["one"]
    assert found.command == ("/bin/sh", "-c", "make")
    assert found.cpu_s == 1000 / 10**9, "the parent knows what was used after the last reading"
    assert found.container_start_cpu_s == 25 / 10**9, "the program began between 20 and 30"
    assert (found.memory_peak_bytes, found.stall_io_s, found.stall_cpu_s) == (77, 0.25, None)
    assert (found.disk_read_bytes, found.disk_written_bytes) == (8, 4096)


def test_a_step_that_came_and_went_between_two_looks_is_not_lost(kernel: Kernel) -> None:
    kernel.group("short", used=1)
    kernel.end("short")
    kernel.parent(70)
    kernel.look()
    found = kernel.groups()["short"]
    assert found.cpu_s == 70 / 10**9
    assert (found.memory_peak_bytes, found.disk_written_bytes, found.command) == (None, None, None)


def test_disk_bytes_that_were_read_too_early_are_absent_rather_than_too_low(kernel: Kernel) -> None:
    """When runc was quicker, and is gone itself, nothing has the step's whole account."""
    kernel.group("one", used=5, pids=(90,))
    kernel.process(90, "sh", inner=1, parent=80, written=12)
    kernel.look()
    kernel.tick()
    kernel.end("one")
    kernel.look()
    assert kernel.groups()["one"].disk_written_bytes is None


def test_steps_side_by_side_share_the_parents_time_and_none_of_it_twice(kernel: Kernel) -> None:
    for name, used in (("a", 100), ("b", 300)):
        kernel.group(name, used=used)
    kernel.parent(400)
    kernel.look()
    kernel.group("b", used=500)
    kernel.parent(650)
    kernel.end("a")
    kernel.look()
    kernel.parent(800)
    kernel.end("b")
    kernel.look()
    assert {name: group.cpu_s for name, group in kernel.groups().items()} == {"a": 150 / 10**9, "b": 650 / 10**9}


def test_the_thread_sleeps_for_as_long_as_it_likes_while_no_step_runs(kernel: Kernel) -> None:
    assert kernel.looker.wait_ms() is None
    kernel.group("one", used=5, pids=())
    kernel.look()
    assert kernel.looker.wait_ms() in {FIRST_LOOK_MS, START_POLL_MS}


def test_the_thread_ends_when_told_and_says_what_it_cost(kernel: Kernel) -> None:
    session = StepFollower(kernel.tree, kernel.clock, make=True).start()
    (kernel.tree.cpu / "one").mkdir()
    kernel.parent(40)
    followed = session.stop()
    assert [group.id for group in followed.groups] == ["one"]
    assert followed.cpu_s > 0


def test_a_group_tree_that_is_not_there_is_told(tmp_path: Path) -> None:
    away = tmp_path / "away"
    tree = GroupTree(cpu=away, memory=Absent("no"), unified=Absent("no"), bundles=away, proc=away)
    followed = StepFollower(tree, FakeClock(), make=False).start().stop()
    assert followed.groups == ()
    assert str(away) in (followed.absent or "")
