"""Where each key of a TOML text stands, which `tomllib` does not tell, so that an error can name its line.

`locate` walks a text that `tomllib` has already accepted and notes the line of every key and list element.
Neighbours: `bench.pure.scenario_file`, and whoever else reads TOML that users write.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from bench.errors import InputError

KeyPath = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r]+|\#[^\n]*)
    | (?P<newline>\n)
    | (?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}(?!\") | '{3}.*?'{3,5}(?!') | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
    | (?P<mark>[\[\]{},=.])
    | (?P<word>[^\s\#\[\]{},=."']+)
    """,
    re.VERBOSE | re.DOTALL,
)


def load_toml(text: str, *, file: str) -> dict[str, Any]:
    """Parse TOML; a malformed text raises InputError `FILE:LINE: …`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error).split("\n", 1)[0]
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", what)
        line = found[1] if found and found[1] else str(len(text.splitlines()) or 1)
        what = what[: found.start()] if found else what
        raise InputError(
            f"{file}:{line}: not valid TOML: {what}", remedy="see https://toml.io for the syntax"
        ) from error
    except RecursionError as error:
        raise InputError(f"{file}:1: not valid TOML: nested too deeply") from error


def locate(text: str) -> Mapping[KeyPath, int]:
    """Map the path of every key and list element of a valid TOML text to its line, counted from 1.

    Empty for a text that nests more deeply than Python's stack; `line_of` then answers 1.
    """
    try:
        return _Walk(text).lines
    except RecursionError:
        return {}


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of the nearest thing around it that has one; 1 for the document itself."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Walk:
    """One pass over the tokens of a valid document. Values are skipped; only their inner keys and elements count."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # how many `[[path]]` there were so far
        self._tokens = _tokens(text)
        self._at = 0
        table: KeyPath = ()
        while (token := self._peek()) is not None:
            if token[1] == "\n":
                self._at += 1
            elif token[1] == "[":
                table = self._header()
            else:
                self._assignment(table)

    def _peek(self) -> tuple[str, str, int] | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _skip_newlines(self) -> None:
        while self._symbol() == "\n":
            self._at += 1

    def _symbol(self) -> str:
        token = self._peek()
        return token[1] if token is not None and token[0] in {"mark", "newline"} else ""

    def _key(self) -> tuple[list[str], int]:
        """Read a dotted key; returns its parts and the line that it stands on."""
        parts: list[str] = []
        line = self._tokens[self._at][2]
        while (token := self._peek()) is not None and token[1] not in {"=", "]"}:
            if token[0] == "string":
                parts.append(next(iter(tomllib.loads(f"{token[1]} = 0"))))
            elif token[0] == "word":
                parts.append(token[1])
            self._at += 1
        return parts, line

    def _extend(self, path: KeyPath, parts: list[str], line: int) -> KeyPath:
        """Follow `parts` from `path`, through the last element of each array of tables on the way."""
        for part in parts:
            path = (*path, part)
            self.lines.setdefault(path, line)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _header(self) -> KeyPath:
        self._at += 1
        many = self._symbol() == "["
        self._at += many
        parts, line = self._key()
        self._at += 1 + many
        if not many:
            return self._extend((), parts, line)
        path = (*self._extend((), parts[:-1], line), parts[-1])
        self.lines.setdefault(path, line)
        self._tables[path] = self._tables.get(path, 0) + 1
        element = (*path, self._tables[path] - 1)
        self.lines[element] = line
        return element

    def _assignment(self, table: KeyPath) -> None:
        parts, line = self._key()
        self._at += 1
        self._value(self._extend(table, parts, line))

    def _value(self, path: KeyPath) -> None:
        opening = self._symbol()
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            while self._peek() is not None and self._symbol() not in {",", "]", "}", "\n"}:
                self._at += 1

    def _list(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        self._skip_newlines()
        while self._symbol() != "]":
            element = (*path, index)
            self.lines[element] = self._tokens[self._at][2]
            self._value(element)
            index += 1
            self._next_item()
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        self._skip_newlines()
        while self._symbol() != "}":
            self._assignment(path)
            self._next_item()
        self._at += 1

    def _next_item(self) -> None:
        self._skip_newlines()
        if self._symbol() == ",":
            self._at += 1
        self._skip_newlines()


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Split into (kind, text, line), without blanks and comments."""
    tokens: list[tuple[str, str, int]] = []
    line = 1
    for match in _TOKEN.finditer(text):
        kind, word = match.lastgroup or "", match[0]
        if kind != "blank":
            tokens.append((kind, word, line))
        line += word.count("\n")
    return tokens
