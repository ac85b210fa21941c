"""Values as TOML, for examples in documents: scalars, lists of them, tables, and lists of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def toml_document(path: str, table: Mapping[str, Any]) -> str:
    """The keys of `table`, which stands at `path` (`edits.source`; empty at the top), with its header. Ends a line."""
    return "\n".join(_lines(path, table)).strip("\n") + "\n"


def toml_value(value: object) -> str:
    """One value on one line. JSON's texts and numbers are TOML's."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} = {toml_value(inner)}" for key, inner in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _lines(path: str, table: Mapping[str, Any]) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if not _is_table(value)}
    if plain and path:
        yield f"[{path}]"
    yield from (f"{key} = {toml_value(value)}" for key, value in plain.items())
    for key, value in table.items():
        place = f"{path}.{key}".lstrip(".")
        if isinstance(value, Mapping):
            yield ""
            yield from _lines(place, value)
        elif _is_table(value):
            for entry in value:
                yield from ("", f"[[{place}]]", *(f"{name} = {toml_value(inner)}" for name, inner in entry.items()))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))
