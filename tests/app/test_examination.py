"""Examinations against made-up machines; none of these tests starts a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.app.examination import Surroundings, examine, warnings_before_run
from bench.model.build import BuilderKind
from bench.model.environment import Severity
from bench.ports.engines import EngineChoice
from bench.ports.fake_instruments import FakeClock
from bench.ports.fingerprint import read_fingerprint
from bench.pure.builder_facts import BuilderFacts
from tests.ports.machines import MadeMachine

BUILDER = BuilderFacts(buildkit_version="0.26.2", platforms=("linux/amd64",), gc_rules=())


@pytest.fixture
def machine(tmp_path: Path) -> MadeMachine:
    return MadeMachine(tmp_path)


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
