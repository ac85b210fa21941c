"""The JSON Schema of `scenario.toml`, for editors, made from the types that the file is checked against."""

from __future__ import annotations

from typing import Any

import msgspec

from bench.model.scenario import State
from bench.pure.scenario_wire import WireScenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The schema, with the scenario's own keys at its top. TOML has no null, so neither has it.

    `enumDescriptions` is no keyword of the standard; editors show it beside the values that they offer.
    """
    (top,), definitions = msgspec.json.schema_components([WireScenario], ref_template="#/$defs/{name}")
    name = top["$ref"].rpartition("/")[2]
    scenario = definitions.pop(name)
    states = definitions[State.__name__]
    states["enumDescriptions"] = [State(value).meaning for value in states["enum"]]
    return {"$schema": DIALECT, **_tidy({**scenario, "title": "scenario.toml"}), "$defs": _tidy(definitions)}


def _tidy(node: Any) -> Any:
    """Drop the nulls of optional keys: `anyOf [X, null]` becomes X, and a default of null goes."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidied = {key: _tidy(value) for key, value in node.items() if not (key == "default" and value is None)}
    choices = [choice for choice in tidied.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del tidied["anyOf"]
        tidied |= choices[0]
    return tidied
