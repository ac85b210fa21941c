"""Every key of `scenario.toml` as a Markdown document, made of the JSON Schema that editors read and of nothing else.

`bench.pure.scenario_wire` holds the words, `bench.pure.schema` makes the schema of them; docs/SCENARIO-REFERENCE.md is
what comes out here, and a test says when it is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bench.report.toml_text import toml_document, toml_value

Node = Mapping[str, Any]
HEAD = """\
# Every key of scenario.toml

Made by `make reference` from the schema that `buildmark schema` prints for editors; the words live in
`bench/pure/scenario_wire.py`. How the keys work together is told in [SCENARIOS](SCENARIOS.md).
"""


class Table(msgspec.Struct, kw_only=True):
    """A table of the file: where it may stand (`edits.source`, `edits.deps`), and the schema of its keys."""

    paths: list[str]
    node: Node
    about: list[str]


def render_reference(schema: Node) -> str:
    """The document. `schema` is what `scenario_schema` gives."""
    definitions: Node = schema["$defs"]
    top = Table(paths=[""], node=schema, about=[])
    parts = [HEAD, "## At the top of the file\n", *_keys(top, definitions)]
    for table in _tables(schema, definitions):
        parts += [_title(table), *_keys(table, definitions)]
    return "\n".join(parts)


def type_words(node: Node, definitions: Node) -> str:
    """What a value has to be, in words: `list of texts, at least one`. Choices of a closed set are named."""
    node = _resolved(node, definitions)
    if "enum" in node:
        return f"one of {', '.join(f'`{value}`' for value in node['enum'])}"
    if "anyOf" in node:
        return " or ".join(type_words(choice, definitions) for choice in node["anyOf"])
    match node.get("type"):
        case "integer" | "number":
            return _number_words(node)
        case "array":
            return _list_words(node, definitions)
        case "object":
            return f"table: {_entries(node, definitions)}"
        case kind:
            text = "text, not empty" if node.get("minLength") else "text"
            return {"string": text, "boolean": "`true` or `false`"}.get(str(kind), "any value")


def _tables(schema: Node, definitions: Node) -> list[Table]:
    """The tables below the top one, in the order of the file, each definition once with all of its places."""
    found: dict[str, Table] = {}
    waiting = [("", schema)]
    while waiting:
        path, node = waiting.pop(0)
        for key, value in node["properties"].items():
            if not _is_table(value, definitions):
                continue
            name, place = value["$ref"], f"{path}.{key}".lstrip(".")
            table = found.setdefault(name, Table(paths=[], node=_resolved(value, definitions), about=[]))
            table.paths.append(place)
            table.about.append(value.get("description", ""))
            waiting.append((place, table.node))
    return [table for table in found.values() if any(not _is_table(one, definitions) for one in _values(table.node))]


def _title(table: Table) -> str:
    places = " and ".join(f"[{path}]" for path in table.paths)
    several = len(table.paths) > 1
    told = zip(table.paths, table.about, strict=True)
    about = [f"`[{path}]`: {text}" if several else text for path, text in told if text]
    return "\n\n".join((f"## {places}", str(table.node["description"]), *about)) + "\n"


def _keys(table: Table, definitions: Node) -> Iterator[str]:
    required = table.node.get("required", ())
    path = table.paths[0]
    for key, node in table.node["properties"].items():
        if not _is_table(node, definitions):
            name = f"{path}.{key}" if path and len(table.paths) == 1 else key
            yield "\n".join(_key(name, path, key, node, definitions, is_required=key in required))


def _key(name: str, path: str, key: str, node: Node, definitions: Node, *, is_required: bool) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{_capital(type_words(node, definitions))} · {_default_words(node, is_required=is_required)}\n"
    yield f"{node['description']}\n"
    choices = _resolved(node.get("items", node), definitions)
    if "enumDescriptions" in choices:
        yield from (
            f"- `{value}`: {text}" for value, text in zip(choices["enum"], choices["enumDescriptions"], strict=True)
        )
        yield ""
    for example in node.get("examples", ())[:1]:
        yield f"```toml\n{toml_document(path, {key: example})}```\n"


def _default_words(node: Node, *, is_required: bool) -> str:
    if is_required:
        return "required"
    default = node.get("default")
    return f"`{toml_value(default)}` when left out" if default not in (None, "", {}, []) else "may be left out"


def _number_words(node: Node) -> str:
    kind = "whole number" if node["type"] == "integer" else "number"
    least, above, most = node.get("minimum"), node.get("exclusiveMinimum"), node.get("maximum")
    lower = f" from {least:g}" if least is not None else f" above {above:g}" if above is not None else ""
    upper = "" if most is None else f" {'to' if least is not None else 'up to'} {most:,.0f}"
    return f"{kind}{lower}{',' if above is not None and upper else ''}{upper}"


def _list_words(node: Node, definitions: Node) -> str:
    items = _resolved(node.get("items", {}), definitions)
    least = ", at least one" if node.get("minItems") else ""
    each = ", each once" if node.get("uniqueItems") else ""
    if "enum" in items:
        return f"list of {', '.join(f'`{value}`' for value in items['enum'])}{least}{each}"
    if items.get("type") == "object":
        return f"list of tables (`[[…]]`), each {_entries(items, definitions)}{least}"
    return f"list of {'texts' if items.get('type') == 'string' else 'values'}{least}{each}"


def _entries(node: Node, definitions: Node) -> str:
    """What stands under the names of a table whose names are free: `name = text`."""
    inner = node.get("additionalProperties")
    inner = inner if isinstance(inner, Mapping) else {}
    if inner.get("type") == "object":
        return f"of tables, each {_entries(inner, definitions)}"
    return f"`name = {_plain(type_words(inner, definitions))}`"


def _plain(words: str) -> str:
    return words.replace("`", "")


def _resolved(node: Node, definitions: Node) -> Node:
    reference = node.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference else node


def _is_table(node: Node, definitions: Node) -> bool:
    """Whether a key is a table with keys of its own that the schema names."""
    return "properties" in _resolved(node, definitions)


def _values(node: Node) -> Sequence[Node]:
    return tuple(node["properties"].values())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
