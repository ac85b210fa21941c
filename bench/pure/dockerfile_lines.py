"""A Dockerfile as its instructions, each on one line: what every reader of Dockerfiles here begins with.

Follows the reference of the Dockerfile format: escape directive, line continuations (comment and empty lines inside
them are dropped), here-documents. Neighbours: `bench.pure.cache_mounts`, `bench.pure.dockerfile_steps`,
`bench.pure.from_lines`, `bench.pure.dockerfile_stages`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

ESCAPE_DIRECTIVE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*$", re.IGNORECASE)
DIRECTIVE = re.compile(r"#\s*\w+\s*=")
HEREDOC = re.compile(r"(?<!<)<<(-?)(['\"]?)([A-Za-z_][A-Za-z0-9_.]*)\2")
TAKES_HEREDOCS = re.compile(r"\s*(?:ONBUILD\s+)?(RUN|COPY|ADD)\s", re.IGNORECASE)


class LogicalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction: the lines that it continues over, without their escapes, and the lines of its here-documents.

    `bodies` holds the closing word of each here-document too. `numbers` are the numbers of the lines in `parts`,
    counted from 1.
    """

    parts: tuple[str, ...]
    bodies: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The instruction as the builder joins it, without its here-documents."""
        return "".join(self.parts)


def logical_lines(dockerfile: str) -> Iterator[LogicalLine]:
    """Yield each instruction, without comments and empty lines. Any text is accepted."""
    lines = iter(enumerate(physical_lines(dockerfile), start=1))
    continued = re.compile(rf"{re.escape(_escape(dockerfile))}[ \t]*$")
    parts: list[str] = []
    numbers: list[int] = []
    for number, line in lines:
        if line.lstrip().startswith("#") or not line.strip():
            continue
        parts.append(continued.sub("", line))
        numbers.append(number)
        if not continued.search(line):
            bodies = tuple(_heredocs("".join(parts), lines))
            yield LogicalLine(parts=tuple(parts), bodies=bodies, numbers=tuple(numbers))
            parts, numbers = [], []
    if parts:
        yield LogicalLine(parts=tuple(parts), numbers=tuple(numbers))


def physical_lines(dockerfile: str) -> list[str]:
    """The lines as builders tell them apart: a form feed or a Unicode separator within one ends none."""
    lines = dockerfile.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _escape(dockerfile: str) -> str:
    """Return the escape character: a backslash unless a parser directive at the very top says otherwise."""
    for line in physical_lines(dockerfile):
        if match := ESCAPE_DIRECTIVE.match(line.strip()):
            return match[1]
        if not DIRECTIVE.match(line.strip()):
            break
    return "\\"


def _heredocs(text: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Take the bodies of an instruction's here-documents from the lines that follow it."""
    if not TAKES_HEREDOCS.match(text):
        return
    for dash, _, word in HEREDOC.findall(text):
        for _, line in lines:
            yield line
            if (line.lstrip("\t") if dash else line) == word:
                break
