"""Checks a TOML file that a user wrote against msgspec types, with errors that name the file, the line and the key.

Every error is an InputError `FILE:LINE: …`. Neighbours: `bench.pure.toml_lines` finds the lines,
`bench.pure.scenario_file` checks scenarios with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from bench.errors import InputError, did_you_mean
from bench.pure.toml_lines import KeyPath, line_of, load_toml, locate

T = TypeVar("T")

WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
"""What a user of TOML calls the types that msgspec names in its messages; dates and times keep their names."""

_PROBLEM = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_BARE_KEY = re.compile(r"^[A-Za-z0-9_-]+$")


class TomlFile:
    """A parsed TOML text and what errors call its file. Raises InputError when the text is not TOML."""

    def __init__(self, text: str, *, file: str) -> None:
        self._text = text
        self._file = file
        self._data = load_toml(text, file=file)

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return locate(self._text)

    def convert(self, wire: type[T], kinds: Mapping[KeyPath, type] | None = None) -> T:
        """Check the whole file against the struct `wire`, which forbids unknown keys.

        `kinds` maps the path (without list positions) of each inner struct, and of each value that is an enum, to its
        type, so that a misspelt word there can be compared with the known ones. Raises InputError for the first
        problem.
        """
        try:
            return msgspec.convert(self._data, wire)
        except msgspec.ValidationError as error:
            raise self._explain(str(error), wire, {(): wire, **(kinds or {})}) from error

    def error(self, path: KeyPath, what: str, *, remedy: str | None = None) -> InputError:
        """The error `FILE:LINE: KEY: what` for the key at `path`."""
        key = f"{key_name(path)}: " if path else ""
        return InputError(f"{self._file}:{line_of(self._lines, path)}: {key}{what}", remedy=remedy)

    def require_known(self, word: str, known: Collection[str], path: KeyPath, *, what: str) -> None:
        """Raise InputError unless `word`, which stands at `path`, is one of `known`; `what` says what it should be."""
        if word not in known:
            raise self.error(path, f"unknown {what} '{word}'{did_you_mean(word, known)}", remedy=_known(known, what))

    def _explain(self, message: str, wire: type, kinds: Mapping[KeyPath, type]) -> InputError:
        problem = _PROBLEM.match(message)
        what, steps = (problem["what"], problem["path"] or "") if problem else (message, "")
        path = self._pinpoint(message, wire, [name or index for name, index in _STEP.findall(steps)])
        kind = kinds.get(tuple(part for part in path if isinstance(part, str)))
        if found := re.match(r"Object contains unknown field `(.*)`$", what, re.DOTALL):
            return self._unknown_key((*path, found[1]), _words_of(kind))
        if found := re.match(r"Object missing required field `(.*)`$", what):
            return self.error((*path, found[1]), "this key is missing", remedy=f"add {found[1]} = …")
        if found := re.match(r"Invalid enum value '(.*)'$", what, re.DOTALL):
            return self._unknown_word(path, found[1], kind)
        remedy = _as_list(path, _at(self._data, path)) if what == "Expected `array`, got `str`" else None
        what = re.sub(r"`(.*?)`", _in_words, what[0].lower() + what[1:])
        return self.error(path, what.replace(" of length >= 1", " that is not empty"), remedy=remedy)

    def _unknown_key(self, path: KeyPath, known: Collection[str]) -> InputError:
        where = f"{self._file}:{line_of(self._lines, path)}"
        hint = did_you_mean(str(path[-1]), known)
        return InputError(f"{where}: unknown key '{key_name(path)}'{hint}", remedy=_known(known, "key"))

    def _unknown_word(self, path: KeyPath, word: str, kind: type | None) -> InputError:
        known, what = _words_of(kind), kind.__name__.lower() if kind else "word"
        return self.error(path, f"unknown {what} '{word}'{did_you_mean(word, known)}", remedy=_known(known, what))

    def _pinpoint(self, message: str, wire: type, steps: Iterable[str]) -> KeyPath:
        """The path that msgspec names, with the key found wherever it says only `[...]` (any key of a table).

        The culprit is the key with which alone, the others being left out, the same error comes again.
        """
        path: KeyPath = ()
        data: Any = self._data
        for step in steps:
            key: str | int = int(step) if step.isdecimal() else step
            if key == "...":
                key, data = next(
                    (candidate, narrowed)
                    for candidate in _at(data, path)
                    if _message(narrowed := _only(data, path, candidate), wire) == message
                )
            path = (*path, key)
        return path


def key_name(path: KeyPath) -> str:
    """The path as TOML writes it: `levels.base."debian 12"`; a list element as `states[1]`, counted from 0."""
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            bare = part if _BARE_KEY.match(part) else f'"{part}"'
            name += f".{bare}" if name else bare
    return name


def _known(known: Iterable[str], what: str) -> str | None:
    """The remedy that lists what there is."""
    names = ", ".join(sorted(known) if isinstance(known, set | frozenset) else known)
    return f"one of: {names}" if names else f"there is no {what} to name here"


def _words_of(kind: type | None) -> tuple[str, ...]:
    """The keys of a struct, or the values of an enum."""
    if kind is not None and issubclass(kind, Enum):
        return tuple(str(member.value) for member in kind)
    if kind is not None and issubclass(kind, msgspec.Struct):
        return tuple(field.encode_name for field in msgspec.structs.fields(kind))
    return ()


def _as_list(path: KeyPath, text: str) -> str:
    """The remedy that writes a string as the list it should be; a command line is one for a shell."""
    words = ["sh", "-c", text] if path[-1] == "command" else [text]
    return f"write a list: {path[-1]} = {json.dumps(words, ensure_ascii=False)}"


def _in_words(quoted: re.Match[str]) -> str:
    return " or ".join(WORDS.get(word, f"a {word}") for word in quoted[1].split(" | "))


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


def _only(data: Any, path: KeyPath, key: str | int) -> Any:
    """A copy of `data` in which the table at `path` has no key but `key`."""
    if not path:
        return {key: data[key]}
    copy = data.copy()
    copy[path[0]] = _only(data[path[0]], path[1:], key)
    return copy


def _message(data: Any, wire: type) -> str:
    try:
        msgspec.convert(data, wire)
    except msgspec.ValidationError as error:
        return str(error)
    return ""
