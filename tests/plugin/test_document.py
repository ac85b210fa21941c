"""What docs/PYTEST.md says of the fixture is so."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from bench.pytest_fixture import VariantBenchmark

TEXT = (Path(__file__).parents[2] / "docs" / "PYTEST.md").read_text()


def test_the_call_is_documented_with_every_argument_and_its_default() -> None:
    found = re.search(r"^`buildmark\((.*)\)`$", TEXT, re.MULTILINE)
    assert found is not None
    parameters = list(inspect.signature(VariantBenchmark.__call__).parameters.values())[1:]
    shown = [word.partition("=") for word in found[1].split(", ") if word != "*"]
    assert [name.lstrip("*") for name, _, _ in shown] == [one.name for one in parameters]
    for (_, _, default), one in zip(shown, parameters, strict=True):
        assert default.replace('"', "'") == ("" if one.default is inspect.Parameter.empty else repr(one.default))
    table = TEXT[TEXT.index("## The call") : TEXT.index("## What is saved")]
    assert [one.name for one in parameters if f"`{one.name}`" not in table and f"`**{one.name}`" not in table] == []


def test_the_options_are_the_plugins(pytestconfig: pytest.Config) -> None:
    for option in re.findall(r"`(--buildmark-[a-z]+) ", TEXT):
        assert pytestconfig.getoption(option) is None
    for name in re.findall(r"`(buildmark_[a-z]+)`", TEXT):
        assert isinstance(pytestconfig.getini(name), str)


def test_the_examples_are_python() -> None:
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        compile(block, "PYTEST.md", "exec")
