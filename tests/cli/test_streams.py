"""Standard streams that are full, closed or read by nobody, as a shell gives them to the program."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BufferedWriter, TextIOWrapper
from pathlib import Path

import pytest
import typer

from bench.cli.progress import LineWatcher
from bench.cli.streams import ForgivingFile
from bench.ports.fakes import FakeClock
from tests.builders import make_plan, make_run, make_trial

ROOT = Path(__file__).parents[2]
CALL = f"{sys.executable} -c 'from bench.cli.main import main; main()'"


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", line], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["schema", "show --list", "render quick", "--help"])
def test_a_full_disk_behind_standard_output_is_one_line_and_exit_5(command: str, tmp_path: Path) -> None:
    done = shell(f"{CALL} {command} > /dev/full", tmp_path)
    assert (done.returncode, done.stderr) == (5, "error: cannot write to standard output: no space left on device\n")


def test_a_closed_standard_output_is_said_too(tmp_path: Path) -> None:
    done = shell(f"{CALL} schema >&-", tmp_path)
    assert (done.returncode, done.stderr) == (5, "error: cannot write to standard output: bad file descriptor\n")


@pytest.mark.parametrize("command", ["schema", "plan quick --rounds 2000"])
def test_a_reader_that_goes_away_is_no_error(command: str, tmp_path: Path) -> None:
    done = shell(f"{CALL} {command} | head -n 1 > /dev/null; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-", "2>&1 | true"])
def test_an_error_that_nobody_can_read_keeps_its_exit_code(stderr: str, tmp_path: Path) -> None:
    assert shell(f"{CALL} plan no-such-scenario {stderr}; exit ${{PIPESTATUS[0]}}", tmp_path).returncode == 2


@pytest.fixture
def pipe_to_nobody() -> Iterator[ForgivingFile]:
    reading, writing = os.pipe()
    os.close(reading)
    file = ForgivingFile(writing, "w")
    yield file
    file.close()


def test_a_campaign_goes_on_when_nobody_reads_its_progress(
    pipe_to_nobody: ForgivingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", TextIOWrapper(BufferedWriter(pipe_to_nobody), line_buffering=True))
    plan, watcher = make_plan(rounds=1), LineWatcher(FakeClock())
    watcher.started(make_run(plan), plan.trials)
    typer.echo("a line of the session", err=True)
    for planned in plan.trials:
        watcher.trial_started(planned)
        watcher.trial_ended(make_trial(planned))
    watcher.ended()
    assert isinstance(pipe_to_nobody.failure, BrokenPipeError)
