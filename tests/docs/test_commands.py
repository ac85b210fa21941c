"""Every command that README.md and docs/*.md show is run as it is shown, in a folder like the reader's.

Builds are those of the fake builder; tests/docs/test_tutorial.py does the core of the tutorial on a real engine.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from bench.cli.main import app
from tests.docs import plain
from tests.docs.blocks import DOCUMENTS, ROOT, Command, blocks_of, commands_in_script, commands_of
from tests.docs.plain import entry_of
from tests.docs.stage import Stage, simple_words

COMMANDS = [command for document in DOCUMENTS for block in blocks_of(document) for command in commands_of(block)]
SHOWING = [document for document in DOCUMENTS if any(one.block.document == document for one in COMMANDS)]
TABLES = {name: getattr(plain, name) for name in ("NOT_RUN", "DRY", "ON_ENGINE", "ENDLESS", "CODES")}
_RESULTS = re.compile(r"--results (\w[\w-]*)")
_OURS = re.compile(r"buildmark (?:[^'\"|;&<>)#]|\"[^\"]*\")+")


@pytest.mark.parametrize("document", SHOWING)
def test_every_command_of_a_document_does_what_it_is_shown_for(document: str, stage: Callable[[str], Stage]) -> None:
    opened = stage(document)
    for block in blocks_of(document):
        _lay_out(block.language, block.text, opened)
        for command in commands_of(block):
            _try(command, stage(document) if document in plain.MENUS else opened)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.block.document}:{one.text[:50]}")
def test_what_a_command_says_to_buildmark_is_understood(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for found in _OURS.findall(command.text):
        for results in _RESULTS.findall(found):  # a command that reads runs wants them there
            Path(results).mkdir(exist_ok=True)
        understood(found)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_ci_file_says_to_buildmark_is_understood(document: str) -> None:
    for block in blocks_of(document):
        if block.language in {"yaml", "groovy"}:
            for found in commands_in_script(block):
                understood(found)


@pytest.mark.parametrize("name", TABLES)
def test_no_table_holds_more_than_the_documents_need(name: str) -> None:
    used = {entry_of(TABLES[name], command.text) for command in COMMANDS}
    assert set(TABLES[name]) - used == set()


def understood(text: str) -> None:
    """Fails unless the command line has such a command with such options."""
    words = [word for word in shlex.split(text)[1:] if word != "--version"]
    command = typer.main.get_command(app)
    if not words:
        return
    context = command.make_context("buildmark", words)
    while hasattr(command, "resolve_command") and (rest := [*context._protected_args, *context.args]):
        _, command, words = command.resolve_command(context, rest)
        context = command.make_context(command.name, words, parent=context)
    assert command.callback is not None


def _try(command: Command, opened: Stage) -> None:
    if entry_of(plain.NOT_RUN, command.text) or entry_of(plain.ON_ENGINE, command.text):
        return
    if entry_of(plain.DRY, command.text):
        words = shlex.split(command.text, comments=True)
        subprocess.run([words[0], "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)
        return
    endless = entry_of(plain.ENDLESS, command.text)
    done = opened.run_until(command, plain.ENDLESS[endless]) if endless else opened.run(command)
    entry = entry_of(plain.CODES, command.text)
    codes = plain.CODES[entry] if entry else (0,)
    where = f"{command.block}: {command.text}"
    assert done.code in codes, f"{where}\nexited with {done.code}\n{done.out}{done.err}"
    if command.shown and command.text.startswith(plain.EXACT) and simple_words(command.text):
        assert done.out.strip() == command.shown.strip(), where


def _lay_out(language: str, text: str, opened: Stage) -> None:
    """A test that a document shows is there for the pytest that it shows next."""
    if language == "python":
        (opened.here / "test_images.py").write_text(text)
