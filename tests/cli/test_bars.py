"""Where tables get bars: on a terminal that can show them, where they are asked for, and nowhere else."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.cli.bars import Bars, bars_wanted, can_show
from bench.errors import UsageError
from bench.ports.run_store import RunStore
from bench.report.bars import BLOCKS
from tests.builders import make_plan, make_run, make_trials
from tests.cli.command import Buildmark
from tests.sides import make_side, slower_head

PLAN = make_plan()


class Terminal(io.TextIOWrapper):
    def __init__(self, encoding: str, *, is_terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with RunStore(tmp_path / "results").create(make_run(PLAN)) as writer:
        for trial in make_trials(PLAN):
            writer.append(trial)
    return tmp_path / "results"


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    monkeypatch.setenv("COLUMNS", "160")
    return Buildmark(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("out", "environment", "shown"),
    [
        (Terminal("utf-8"), {"TERM": "xterm-256color"}, True),
        (Terminal("utf-8"), {}, True),
        (Terminal("utf-8"), {"TERM": "xterm", "NO_COLOR": "1"}, True),  # bars have no colour
        (Terminal("utf-8"), {"TERM": "dumb"}, False),
        (Terminal("ascii"), {"TERM": "xterm"}, False),
        (Terminal("iso8859-1"), {"TERM": "xterm"}, False),
        (Terminal("utf-8", is_terminal=False), {"TERM": "xterm"}, False),
    ],
)
def test_a_terminal_shows_bars_when_it_can(out: Terminal, environment: Mapping[str, str], *, shown: bool) -> None:
    assert can_show(out, environment) is shown


def on_a_terminal(results: Path, *arguments: str, **environment: str) -> str:
    """What `buildmark show` writes to a real pseudo-terminal."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "COLUMNS": "160", "PYTHONIOENCODING": "utf-8", **environment}
    command = [sys.executable, "-c", "from bench.cli.main import main; main()", "show", "--results", str(results)]
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen([*command, *arguments], stdout=theirs, stdin=subprocess.DEVNULL, env=settings)
        os.close(theirs)
        said = bytearray()
        try:
            while part := terminal.read(65536):
                said += part
        except OSError:  # what a pseudo-terminal says at its end
            pass
        assert process.wait() == 0
    return said.decode("utf-8")


def test_show_draws_on_a_real_terminal_and_not_when_told_so(results: Path) -> None:
    assert BLOCKS[-1] in on_a_terminal(results)
    assert BLOCKS[-1] not in on_a_terminal(results, "--bars", "never")
    assert BLOCKS[-1] not in on_a_terminal(results, TERM="dumb")


def test_what_goes_to_a_file_or_a_pipe_has_no_bars_but_where_they_are_asked_for(
    buildmark: Buildmark, results: Path
) -> None:
    arguments = ("show", "--results", str(results))
    plain = buildmark(*arguments)
    assert BLOCKS[-1] not in plain.out
    assert plain == buildmark(*arguments, "--bars", "never")
    drawn = buildmark(*arguments, "--bars", "always")
    assert (drawn.code, BLOCKS[-1] in drawn.out) == (0, True)


def test_a_comparison_draws_its_intervals_when_asked(buildmark: Buildmark, tmp_path: Path) -> None:
    side = make_side(slower_head(0.1), axes={"base": ("debian-12",), "rev": ("main", "HEAD")})
    with RunStore(tmp_path / "results").create(side.run) as writer:
        for trial in side.trials:
            writer.append(trial)
    arguments = ("compare", "latest", "--axis", "rev", "--results", str(tmp_path / "results"))
    assert "●" in buildmark(*arguments, "--bars", "always").out
    assert "●" not in buildmark(*arguments).out


@pytest.mark.parametrize(
    ("options", "message", "remedy"),
    [
        (("--bars", "alway"), "bars are not drawn 'alway' (did you mean 'always'?)", "--bars auto|always|never"),
        (("--bars", "always", "--format", "csv"), "--bars always is for tables", "--format table"),
    ],
)
def test_what_cannot_have_bars_is_said(
    buildmark: Buildmark, results: Path, options: tuple[str, ...], message: str, remedy: str
) -> None:
    said = buildmark("show", "--results", str(results), *options)
    assert said.code == 2
    assert message in said.err
    assert remedy in said.err


def test_an_encoding_without_the_letters_is_said_before_anything_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal("ascii"))
    with pytest.raises(UsageError, match="ascii, has no letters for bars"):
        bars_wanted(Bars.ALWAYS, is_table=True)
