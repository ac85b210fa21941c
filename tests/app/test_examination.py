"""Examinations against made-up machines; none of these tests starts a program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.app.examination import Surroundings, examine, warnings_before_run
from bench.app.session import World, refuse_other_machine
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.environment import Fact, Severity
from bench.ports.engines import EngineChoice
from bench.ports.fake_instruments import FakeClock
from bench.ports.fingerprint import read_fingerprint
from bench.pure.builder_facts import BuilderFacts
from bench.pure.fingerprint import engine_facts
from tests.builders import make_engine, make_run
from tests.ports.machines import MadeMachine

BUILDER = BuilderFacts(buildkit_version="0.26.2", platforms=("linux/amd64",), gc_rules=())


class Quiet:
    """A watcher that nothing is told."""

    def started(self, run: object, missing: object) -> None:
        """See Watcher."""

    def trial_started(self, planned: object) -> None:
        """See Watcher."""

    def trial_ended(self, trial: object) -> None:
        """See Watcher."""

    def ended(self) -> None:
        """See Watcher."""


@pytest.fixture
def machine(tmp_path: Path) -> MadeMachine:
    return MadeMachine(tmp_path)


def world(say: Callable[[str], None]) -> World:
    return World(environment={}, clock=FakeClock(), cache=Path(), catalogue={}, watcher=Quiet(), say=say)


def test_without_an_engine_all_that_needs_none_is_checked(machine: MadeMachine, tmp_path: Path) -> None:
    machine.proc("stat", "cpu 100 0 0 900 0 0 0 0 0 0\n")
    machine.program(7, "clamd")

    def pause(seconds: float) -> None:
        assert seconds == 1.0
        machine.proc("stat", "cpu 190 0 0 910 0 0 0 0 0 0\n")

    around = Surroundings(
        environment={"DOCKER_HOST": f"unix://{tmp_path}/absent.sock"},
        clock=FakeClock(),
        cache=tmp_path / "cache",
        results=tmp_path / "results",
        pause=pause,
        roots=machine.roots,
    )
    found = examine(EngineChoice.HOST, around, builder=BuilderKind.BUILDKIT, platform=None)
    assert found.engine is None
    by_check = {finding.check: finding for finding in found.findings}
    assert by_check["engine"].severity is Severity.PROBLEM
    assert "does not answer" in by_check["engine"].seen
    assert by_check["busy"].severity is Severity.PROBLEM
    assert by_check["watchers"].seen.endswith("ClamAV (clamd)")
    assert by_check["turbo"].severity is Severity.NOTE
    blind = {finding.check for finding in found.findings if not finding.checked}
    assert {"docker", "buildx", "meters", "data-root", "storage-driver"} <= blind
    assert not blind & {"busy", "steal", "load", "swap", "governor", "clock", "results", "results-space", "root"}


def test_a_run_hears_of_warnings_and_problems_that_need_no_waiting(machine: MadeMachine, tmp_path: Path) -> None:
    machine.proc("loadavg", "9.00 8.00 7.00 1/96 1\n")
    machine.mounts(
        "27 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw", f"40 27 0:40 / {machine.data} rw - nfs4 server:/export rw"
    )
    engine = machine.engine()
    fingerprint = read_fingerprint(engine, roots=machine.roots, ask=lambda _: BUILDER)
    found = warnings_before_run(
        engine,
        fingerprint,
        results=tmp_path / "results",
        builder=BuilderKind.BUILDKIT,
        platform="linux/s390x",
        roots=machine.roots,
    )
    assert [(finding.check, finding.severity) for finding in found] == [
        ("emulation", Severity.PROBLEM),
        ("data-root", Severity.PROBLEM),
        ("load", Severity.WARNING),
        ("swap", Severity.WARNING),
    ]


def test_an_engine_elsewhere_is_a_warning_before_a_run(machine: MadeMachine, tmp_path: Path) -> None:
    engine = machine.engine(memory_bytes=1)
    fingerprint = read_fingerprint(engine, roots=machine.roots, ask=lambda _: BUILDER)
    (found,) = warnings_before_run(
        engine, fingerprint, results=tmp_path, builder=BuilderKind.BUILDKIT, platform=None, roots=machine.roots
    )
    assert found.check == "elsewhere"
    assert "it runs elsewhere" in found.seen


def test_a_run_is_not_resumed_on_other_hardware_or_another_engine() -> None:
    run = make_run(fingerprint={"cpu_model": Fact(value="A CPU"), "kernel": Fact(value="6.1.0")})
    found = {
        **engine_facts(make_engine(storage_driver="btrfs")),
        "cpu_model": Fact(value="Another"),
        "kernel": Fact(value="6.12.9"),
    }
    with pytest.raises(UsageError) as refused:
        refuse_other_machine(run, found, world(lambda _: None))
    assert refused.value.message == (
        "this is not what the run began with: processor was A CPU, is Another; storage driver was overlay2, is btrfs"
    )


def test_a_run_is_resumed_with_a_word_about_what_else_has_changed() -> None:
    run = make_run(fingerprint={"kernel": Fact(value="6.1.0"), "load_1m": Fact(value=0.1)})
    found = {
        **engine_facts(make_engine()),
        "cpu_model": Fact(value="A CPU that was not recorded"),
        "kernel": Fact(value="6.12.9"),
        "load_1m": Fact(value=5.0),
    }
    said: list[str] = []
    refuse_other_machine(run, found, world(said.append))
    assert said == ["warning: since the run began, this has changed: kernel was 6.1.0, is 6.12.9"]
