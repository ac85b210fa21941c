"""The blocks of code in README.md and docs/*.md, and the commands that they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
INDENTED = "indented"
_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`]*)$")
_TITLE = re.compile(r'(?P<language>[\w+-]+)(?: title="(?P<title>[^"]+)")?')
# In the files of CI services a command is a line of a script, or the text of a step.
_IN_SCRIPT = re.compile(r"""(?:^|[\s'"/])(buildmark (?:"[^"\n]*"|[^'"\n#;&|)])+)""", re.MULTILINE)


class Block(NamedTuple):
    """A block: where its first line stands, and what its fence says of it."""

    document: str
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line} ({self.language})"


class Command(NamedTuple):
    """A command as it is shown, with what the document says that it prints."""

    block: Block
    text: str
    shown: str


def blocks_of(document: str) -> list[Block]:
    """Every block of a document, in its order."""
    return list(_blocks(document, (ROOT / document).read_text().splitlines()))


def commands_of(block: Block) -> list[Command]:
    """The commands of a block that people type: each line behind a `$` of a console, a whole script, indented lines."""
    match block.language:
        case "console":
            return list(_typed(block))
        case "sh":
            return [Command(block, block.text, "")]
        case "indented":
            return [Command(block, line, "") for line in block.text.splitlines() if line]
    return []


def commands_in_script(block: Block) -> list[str]:
    """The `buildmark …` lines in a file of a CI service."""
    return [found.strip() for found in _IN_SCRIPT.findall(block.text)]


def _blocks(document: str, lines: list[str]) -> Iterator[Block]:
    number, in_list = 0, False
    while number < len(lines):
        line = lines[number]
        if fence := _FENCE.match(line):
            last = next(at for at in range(number + 1, len(lines)) if lines[at].strip() == fence["fence"])
            text = "".join(f"{inner.removeprefix(fence['indent'])}\n" for inner in lines[number + 1 : last])
            info = _TITLE.fullmatch(fence["info"].strip())
            language = info["language"] if info else fence["info"].strip()
            yield Block(document, number + 2, language, (info and info["title"]) or "", text)
            number = last
        elif line.startswith("    ") and not in_list and not lines[number - 1].strip():
            last = next((at for at in range(number, len(lines)) if not lines[at].startswith("    ")), len(lines))
            text = "".join(f"{inner[4:]}\n" for inner in lines[number:last])
            yield Block(document, number + 1, INDENTED, "", text)
            number = last - 1
        elif line.strip():
            in_list = bool(re.match(r" *([-*]|\d+\.) ", line)) or (in_list and line.startswith(" "))
        number += 1


def _typed(block: Block) -> Iterator[Command]:
    """`$ COMMAND`, which goes on behind a backslash; what follows until the next one is what it prints."""
    command, shown, open_ = "", "", False
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield Command(block, command, shown)
            command, shown = line[2:], ""
        elif open_:
            command += f"\n{line}"
        else:
            shown += f"{line}\n"
        open_ = (line.startswith("$ ") or open_) and line.endswith("\\")
    if command:
        yield Command(block, command, shown)
