"""The commands that the README shows are there, with the options that it shows."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from bench.cli.main import app

ROOT = Path(__file__).parent.parent
COMMAND = re.compile(r"^\$ buildmark (?P<rest>[^#\n]+)", re.MULTILINE)
DOCUMENTS = ("README.md", "docs/SCENARIOS.md", "docs/EXPORTS.md", "docs/CI.md", "docs/PICTURES.md")
SHOWN = [found["rest"].strip() for name in DOCUMENTS for found in COMMAND.finditer((ROOT / name).read_text())]


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_that_a_document_shows_is_understood(line: str) -> None:
    words = shlex.split(line.split(" > ", maxsplit=1)[0])
    command = typer.main.get_command(app)
    context = command.make_context("buildmark", words)
    while hasattr(command, "resolve_command") and (rest := [*context._protected_args, *context.args]):
        _, command, words = command.resolve_command(context, rest)
        context = command.make_context(command.name, words, parent=context)
    assert command.callback is not None


@pytest.mark.parametrize("target", re.findall(r"^    (make [a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
def test_a_target_that_the_readme_shows_is_in_the_makefile(target: str) -> None:
    assert re.search(rf"^{target.removeprefix('make ')}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "document", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"], ids=lambda path: path.name
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target
