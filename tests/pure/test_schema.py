from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.pure.scenario_wire import WireScenario
from bench.pure.schema import scenario_schema


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


def test_the_schema_knows_every_key_of_a_scenario_and_no_other() -> None:
    schema = scenario_schema()
    assert set(schema["properties"]) == set(WireScenario.__struct_fields__)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["title"]
    for table in ("WireSmoke", "WireLimits"):
        assert schema["$defs"][table]["additionalProperties"] is False


def test_editors_can_describe_every_key_and_offer_the_states() -> None:
    schema = scenario_schema()
    for name, node in schema["properties"].items():
        target = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        assert target["description"], name
    states = schema["$defs"]["State"]
    assert set(states["enum"]) == {"cold", "warm", "edit-source", "edit-deps", "pull"}
    meanings = dict(zip(states["enum"], states["enumDescriptions"], strict=True))
    assert meanings["warm"].startswith("everything is in the cache")


def test_every_reference_leads_somewhere_and_nothing_is_null() -> None:
    schema = scenario_schema()
    for node in nodes(schema):
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        assert node.get("type") != "null"
