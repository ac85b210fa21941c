"""The command line starts fast, and ends in a word while it starts: what is slow to import waits for its command."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bench.cli.start import INTERRUPTED
from bench.errors import ExitCode
from tests.cli.command import Buildmark

ROOT = Path(__file__).parents[2]


def test_the_command_line_starts_without_what_is_slow_to_import() -> None:
    rooms = "bench.cli.main, bench.pure.statistics, bench.pure.verdicts, bench.pure.summary, bench.pure.planning"
    slow = "{'numpy', 'scipy', 'altair', 'vl_convert', 'sqlalchemy', 'docker'}"
    code = f"import sys, {rooms}; print(sorted({slow} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


INTERRUPTED_IMPORT = """
import runpy, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "bench.cli.main":
            exec("raise KeyboardInterrupt")  # as within namedtuple(): CPython remembers that it was unhandled there
sys.meta_path.insert(0, Interrupt())
"""
MODULE, FUNCTION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["buildmark"].split(":")
BEGINNINGS = {
    "the console script": f"from {MODULE} import {FUNCTION}; {FUNCTION}()",
    "python -m bench": "runpy.run_module('bench', run_name='__main__')",
}


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_an_interrupt_while_the_command_line_is_imported_ends_it_in_a_word(beginning: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT + beginning], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (said.returncode, said.stdout, said.stderr) == (INTERRUPTED, "", "interrupted\n")
    assert INTERRUPTED == ExitCode.INTERRUPTED


def test_nothing_slow_is_imported_before_an_interrupt_is_answered() -> None:
    code = f"import sys, {MODULE}; print(sorted(name for name in sys.modules if name.startswith(('bench', 'typer'))))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert said.stdout.strip() == "['bench', 'bench.cli', 'bench.cli.start']"


def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.cli.show._list", interrupt)
    said = Buildmark(monkeypatch, capsys)("show", "--list")
    assert (said.code, said.out, said.err) == (ExitCode.INTERRUPTED, "", "interrupted\n")
