from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.ports.clock import SystemClock
from bench.ports.fake_instruments import FakeClock
from bench.ports.observations import (
    clock_facts,
    find_emulators,
    find_fanotify,
    find_watchers,
    goes_back,
    sample_cpu,
)
from bench.pure.cgroup_files import Absent
from bench.pure.diagnosis import CpuUse
from tests.ports.machines import MadeMachine


@pytest.fixture
def machine(tmp_path: Path) -> MadeMachine:
    return MadeMachine(tmp_path)


def cpu(machine: MadeMachine, *, user: int, idle: int, steal: int = 0) -> None:
    machine.proc("stat", f"cpu {user} 0 0 {idle} 0 0 0 {steal} 0 0\n")


def test_a_sample_tells_who_used_the_cpus_between_two_readings(machine: MadeMachine) -> None:
    cpu(machine, user=1000, idle=5000)
    for pid, name in ((11, "make"), (12, "cc1"), (13, "sleep"), (os.getpid(), "buildmark")):
        machine.program(pid, name, ticks=500)
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        cpu(machine, user=1060, idle=5130, steal=10)
        machine.program(11, "make", ticks=540)
        machine.program(12, "cc1 -O2", ticks=515)
        machine.program(14, "new", ticks=5)
        machine.program(os.getpid(), "buildmark", ticks=560)

    assert sample_cpu(machine.roots, pause) == CpuUse(
        busy=0.3, steal=0.05, busiest=("make 20%", "cc1 -O2 8%", "new 2%")
    )
    assert paused == [1.0]


def test_a_clock_of_ticks_that_stands_still_gives_no_share(machine: MadeMachine) -> None:
    cpu(machine, user=1, idle=1)
    assert isinstance(sample_cpu(machine.roots, lambda _: None), Absent)


def test_without_the_kernels_counters_there_is_no_sample(machine: MadeMachine) -> None:
    assert isinstance(sample_cpu(machine.roots, lambda _: None), Absent)


def test_watchers_are_known_by_name_and_told_once(machine: MadeMachine) -> None:
    for pid, name in ((1, "systemd"), (7, "clamd"), (8, "clamd"), (9, "falcon-sensor")):
        machine.program(pid, name)
    assert find_watchers(machine.roots.proc) == ("ClamAV (clamd)", "CrowdStrike Falcon (falcon-sensor)")


def test_no_programs_at_all_means_that_they_cannot_be_seen(tmp_path: Path) -> None:
    assert isinstance(find_watchers(tmp_path), Absent)
    assert isinstance(find_watchers(tmp_path / "nowhere"), Absent)


def test_programs_with_a_fanotify_descriptor_are_found_by_root_only(machine: MadeMachine) -> None:
    machine.program(1, "systemd")
    machine.program(7, "scanner")
    (machine.roots.proc / "1/fd/3").symlink_to("anon_inode:inotify")
    (machine.roots.proc / "7/fd/3").symlink_to("anon_inode:[fanotify]")
    assert find_fanotify(machine.roots.proc, is_root=True) == ("scanner",)
    assert isinstance(find_fanotify(machine.roots.proc, is_root=False), Absent)


def test_emulators_that_are_turned_on_count(machine: MadeMachine) -> None:
    assert isinstance(find_emulators(machine.roots.proc), Absent)
    folder = "sys/fs/binfmt_misc"
    machine.proc(f"{folder}/status", "enabled\n")
    assert find_emulators(machine.roots.proc) == ()
    machine.proc(f"{folder}/qemu-aarch64", "enabled\ninterpreter /usr/bin/qemu-aarch64-static\n")
    machine.proc(f"{folder}/qemu-s390x", "disabled\n")
    assert find_emulators(machine.roots.proc) == ("qemu-aarch64",)


def test_a_clock_that_goes_back_is_noticed() -> None:
    assert goes_back([1.0, 2.0, 1.5])
    assert not goes_back([1.0, 1.0, 2.0])


def test_this_machines_clock_times_builds() -> None:
    facts = clock_facts(SystemClock())
    assert facts.is_monotonic
    assert not facts.went_back
    assert not clock_facts(FakeClock()).went_back
