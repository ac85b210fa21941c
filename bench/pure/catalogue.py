"""The base-image catalogue: text of a `bases.toml` → bases. Every mistake names its file, its line and the way out.

Neighbours: `bench.ports.base_catalogue` reads the files, `bench.pure.toml_lines` tells the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from bench.errors import InputError, did_you_mean
from bench.model.scenario import Base, BaseSource, Family, SourceKind
from bench.pure.toml_lines import KeyPath, line_of, load_toml, locate

# A name becomes a part of an image reference, so it keeps to that grammar (github.com/distribution/reference).
NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
SHA256 = re.compile(r"[0-9a-f]{64}")
PACKAGE = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+")
URL = re.compile(r"https?://", re.IGNORECASE)

NEEDED: Mapping[SourceKind, frozenset[str]] = {
    SourceKind.ENGINE: frozenset({"ref"}),
    SourceKind.REGISTRY: frozenset({"ref"}),
    SourceKind.ARCHIVE: frozenset({"location", "sha256"}),
    SourceKind.BOOTSTRAP: frozenset({"suite"}),
    SourceKind.ALPINE_WHEEL: frozenset({"package", "sha256", "release"}),
}
OPTIONAL: Mapping[SourceKind, frozenset[str]] = {
    SourceKind.ENGINE: frozenset(),
    SourceKind.REGISTRY: frozenset(),
    SourceKind.ARCHIVE: frozenset({"architecture"}),
    SourceKind.BOOTSTRAP: frozenset({"variant", "exclude"}),
    SourceKind.ALPINE_WHEEL: frozenset({"architecture"}),
}
BASE_KEYS = ("title", "family", "sources")
SOURCE_KEYS = tuple(BaseSource.__struct_fields__)


class _WireBase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as the file says it; the name is its table's."""

    title: str
    family: Family
    sources: tuple[BaseSource, ...]


def parse_catalogue(text: str, *, file: str) -> Mapping[str, Base]:
    """Read a catalogue; the bases come in the order of the file.

    A relative `location` is taken from the folder of `file`. Raises InputError (`FILE:LINE: …`) for malformed TOML, an
    unknown or missing key, a wrong type or value.
    """
    table = load_toml(text, file=file)
    reader = _Reader(file, locate(text))
    return {name: reader.base(name, entry) for name, entry in table.items()}


class _Reader:
    """Turns entries of one file into bases, and knows where each key stands."""

    def __init__(self, file: str, lines: Mapping[KeyPath, int]) -> None:
        self._file = file
        self._lines = lines

    def base(self, name: str, entry: object) -> Base:
        """One entry, checked."""
        if not NAME.fullmatch(name):
            raise self._error(
                (name,), f"'{name}' cannot name a base: use lower-case letters, digits and . _ - between them"
            )
        if not isinstance(entry, dict):
            raise self._error((name,), f"'{name}' must be a table, [{name}]")
        self._check_keys((name,), entry, BASE_KEYS, "a base")
        wire = self._convert(name, entry)
        if not wire.sources:
            raise self._error((name, "sources"), f"base '{name}' has no source")
        sources = tuple(self._source((name, "sources", at), source) for at, source in enumerate(wire.sources))
        return Base(name=name, title=wire.title, family=wire.family, sources=sources)

    def _convert(self, name: str, entry: dict[str, Any]) -> _WireBase:
        sources = entry.get("sources", ())
        for at, source in enumerate(sources if isinstance(sources, list) else ()):
            if isinstance(source, dict):
                self._check_keys((name, "sources", at), source, SOURCE_KEYS, "a source")
        try:
            return msgspec.convert(entry, _WireBase)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$")
            path = (name, *_key_path(where.rstrip("`")))
            raise self._error(path, f"{_dotted(path)}: {_in_words(what)}") from error

    def _source(self, path: KeyPath, source: BaseSource) -> BaseSource:
        given = {key for key in SOURCE_KEYS if key != "kind" and getattr(source, key)}
        needed, allowed = NEEDED[source.kind], NEEDED[source.kind] | OPTIONAL[source.kind]
        for key in sorted(given - allowed):
            words = ", ".join(sorted(allowed))
            raise self._error(
                (*path, key), f"{_dotted(path)}: a source of kind '{source.kind}' has no '{key}' (it has {words})"
            )
        for key in sorted(needed - given):
            raise self._error(path, f"{_dotted(path)}: a source of kind '{source.kind}' needs '{key}'")
        if source.sha256 is not None and not SHA256.fullmatch(source.sha256):
            raise self._error((*path, "sha256"), f"{_dotted(path)}: sha256 must be 64 lower-case hexadecimal digits")
        if source.package is not None and not PACKAGE.fullmatch(source.package):
            raise self._error((*path, "package"), f"{_dotted(path)}: package must be pinned, as in 'name==1.2.3'")
        if source.location is None or URL.match(source.location):
            return source
        return msgspec.structs.replace(source, location=str(PurePath(self._file).parent / source.location))

    def _check_keys(self, path: KeyPath, table: Mapping[str, object], known: Iterable[str], what: str) -> None:
        for key in table:
            if key not in known:
                near = did_you_mean(key, known) or _quote_hint(path, key, table[key])
                raise self._error((*path, key), f"{_dotted(path)}: {what} has no key '{key}'{near}")

    def _error(self, path: KeyPath, message: str) -> InputError:
        return InputError(f"{self._file}:{line_of(self._lines, path)}: {message}")


def _key_path(where: str) -> KeyPath:
    """`.sources[0].ref` → ('sources', 0, 'ref'), the way msgspec writes the place of a mistake."""
    found = re.findall(r"\.([\w-]+)|\[(\d+)\]", where)
    return tuple(int(index) if index else key for key, index in found)


def _quote_hint(path: KeyPath, key: str, value: object) -> str:
    """What to say to `[alpine-3.23]`, which TOML reads as a table 23 within a table alpine-3."""
    return f'; a name with a dot is written in quotes: ["{path[-1]}.{key}"]' if isinstance(value, dict) else ""


def _dotted(path: KeyPath) -> str:
    """('debian-12', 'sources', 0) → `debian-12.sources[1]`, counted from 1 as people do."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _in_words(what: str) -> str:
    """What msgspec says, with the known values where a word of a closed set is wrong."""
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"'{missing[1]}' is missing"
    found = re.fullmatch(r"Invalid enum value '(.*)'", what)
    if found is None:
        return what
    families, kinds = [str(family) for family in Family], [str(kind) for kind in SourceKind]
    near = did_you_mean(found[1], [*families, *kinds])
    return f"'{found[1]}' is not known{near}; families are {', '.join(families)}, kinds of source {', '.join(kinds)}"
