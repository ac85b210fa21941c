"""What every command says of itself, at one width, so that a change of a word is seen and meant."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bench.cli.main import app
from tests.cli.command import Buildmark

SNAPSHOT = Path(__file__).parent / "snapshots" / "help.txt"


def paths() -> Iterator[tuple[str, ...]]:
    """Every command and group of commands, as a user types it; the program itself first."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop(0)
        yield path
        waiting += [((*path, name), inner) for name, inner in sorted(getattr(command, "commands", {}).items())]


def test_the_help_of_every_command_reads_as_it_did(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`BUILDMARK_SNAPSHOTS=write pytest tests/cli/test_help.py` stores what is said now."""
    monkeypatch.setenv("COLUMNS", "100")
    buildmark = Buildmark(monkeypatch, capsys)
    pages = []
    for path in paths():
        said = buildmark(*path, "--help")
        assert (said.code, said.err) == (0, "")
        pages.append(f"$ {' '.join(('buildmark', *path, '--help'))}\n{said.out.strip()}\n")
    text = "\n".join(pages)
    if os.environ.get("BUILDMARK_SNAPSHOTS") == "write":
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text()
