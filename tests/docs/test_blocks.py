"""Every block of a document is what it says it is, and the file of Buildmark's that it stands for."""

from __future__ import annotations

import json
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from bench.ports.base_catalogue import load_catalogue
from bench.pure.catalogue import parse_catalogue
from bench.pure.dockerfile_steps import read_instructions
from bench.pure.scenario_file import parse_scenario
from tests.docs.blocks import DOCUMENTS, ROOT, Block, blocks_of, commands_in_script, commands_of

BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]
EXCERPT = "…"
"""Stands in a file that is shown in part."""
INPUTS = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]


def read_json(block: Block) -> None:
    if EXCERPT not in block.text:
        json.loads(block.text)


def read_toml(block: Block) -> None:
    table = tomllib.loads(block.text)
    if block.title.endswith("bases.toml"):
        parse_catalogue(block.text, file=block.title)
    elif "title" in table and block.document != "docs/SCENARIO-REFERENCE.md":
        parse_scenario(
            block.text, name="x", folder=Path("/x"), file=block.title or "scenario.toml", known_bases=load_catalogue()
        )


def read_yaml(block: Block) -> None:
    for step in steps_in(yaml.safe_load(block.text)):
        if str(step.get("uses", "")).startswith("OWNER/buildmark@"):
            assert set(step["with"]) <= set(INPUTS)
            assert "scenario" in step["with"]


def steps_in(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from steps_in(inner)


def read_xml(block: Block) -> None:
    if EXCERPT not in block.text:
        ET.fromstring(block.text)  # noqa: S314 - our own text


def read_text(block: Block) -> None:
    """A block of text shows output or files: a command in it would escape its test."""
    assert not any(line.startswith(("$ ", "buildmark ")) for line in block.text.splitlines())


READERS: Mapping[str, Callable[[Block], object]] = {
    "console": lambda block: commands_of(block) or pytest.fail("no command behind a $"),
    "sh": commands_of,
    "indented": commands_of,
    "json": read_json,
    "toml": read_toml,
    "yaml": read_yaml,
    "xml": read_xml,
    "python": lambda block: compile(block.text, block.document, "exec"),
    "dockerfile": lambda block: read_instructions(block.text) or pytest.fail("no instruction"),
    "jinja": lambda block: jinja2.Environment(autoescape=True).parse(block.text),
    "groovy": lambda block: commands_in_script(block) or pytest.fail("no command of ours"),
    "text": read_text,
}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_of_a_kind_that_is_tested_and_is_what_it_says(block: Block) -> None:
    assert block.language in READERS, "a block without a test: give it one of the languages of READERS"
    READERS[block.language](block)
