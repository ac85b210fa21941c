"""Runs the command line in this process, as `buildmark` would, errors and exit codes included."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from bench.cli.main import main


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Buildmark:
    """Call it with arguments; it gives the exit code and both streams."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        self._monkeypatch.setattr(sys, "argv", ["buildmark", *arguments])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self._capsys.readouterr()
        return Said(int(end.value.code or 0), out, err)
