"""docs/SCENARIO-REFERENCE.md is what the schema gives, and its examples are what a scenario may hold."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench.ports.base_catalogue import load_catalogue
from bench.pure.scenario_file import parse_scenario
from bench.pure.schema import scenario_schema
from bench.report.scenario_reference import render_reference
from bench.report.toml_text import toml_document
from tests.docs.blocks import ROOT, blocks_of

DOCUMENT = "docs/SCENARIO-REFERENCE.md"
EXAMPLES = [block.text for block in blocks_of(DOCUMENT)]
AXES = {"base": ["debian-12", "alpine-3.23"], "server": ["gunicorn", "waitress"]}
EDIT = {
    "file": {"append": "x"},
    "shell": {},
    "with": {"file": "a", "replace": "b"},
    "replace": {"file": "a", "with": "b"},
}
"""What an edit needs beside one of its keys to be a whole one; all others need a file."""


def test_the_reference_is_up_to_date() -> None:
    assert (ROOT / DOCUMENT).read_text() == render_reference(scenario_schema()), "make reference"


def test_every_key_of_every_table_has_a_meaning_and_an_example() -> None:
    schema = scenario_schema()
    for name, table in {"": schema, **schema["$defs"]}.items():
        for key, node in table.get("properties", {}).items():
            assert node.get("description") or name, key
            assert node.get("examples") or "$ref" in node, f"{name}.{key}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_accepted_in_a_scenario(example: str) -> None:
    table = tomllib.loads(example)
    whole: dict[str, Any] = {"title": "x", "axes": AXES, **table}
    if any(str(state).startswith("edit-") for state in whole.get("states", ())):
        whole["edits"] = {"source": {"shell": "true"}}
    for edit in whole.get("edits", {}).values():
        (key,) = edit
        edit.update(EDIT.get(key, {"file": "a"}))
    if "smoke" in whole:
        whole["smoke"] = {"command": ["true"], **whole["smoke"]}
    text = toml_document("", whole)
    parse_scenario(text, name="x", folder=Path("/x"), file="scenario.toml", known_bases=load_catalogue())


@pytest.mark.parametrize(
    "table",
    [
        {"a": 1, "b": 'x "y"\n', "c": [True, 1.5], "d": {"e": {"f": "ü"}}, "g": [{"h": ["i"]}, {"h": "j"}]},
        {"a": {"b": {"c": 1}, "d": 2}},
        {},
    ],
)
def test_what_is_written_as_toml_reads_as_it_was(table: dict[str, Any]) -> None:
    assert tomllib.loads(toml_document("", table)) == table
