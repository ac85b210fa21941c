from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import InputError
from bench.pure.toml_lines import KeyPath, line_of, load_toml, locate

AWKWARD = '''title = "a # [b]" # c
x.y."z.w" = 1.5
[smoke]
command = [
  "sh", # hi
  """multi
line "" quotes""",
  { a = 1, b.c = [2, 3] },
]
output = \'\'\'
a = 1
[foo]
\'\'\'
when = 1979-05-27 07:32:00
[[exclude]]
a = "1"
[[exclude]]
b = ["2",
 "3"]
[exclude.sub]
c=1
'''


def test_lines_survive_everything_that_looks_like_a_key_and_is_none() -> None:
    lines = locate(AWKWARD)
    assert lines["x", "y", "z.w"] == 2
    assert lines["smoke", "command", 1] == 6
    assert lines["smoke", "command", 2, "b", "c", 1] == 8
    assert lines["smoke", "output"] == 10
    assert lines["smoke", "when"] == 14
    assert lines["exclude", 0, "a"] == 16
    assert lines["exclude", 1, "b", 1] == 19
    assert lines["exclude", 1, "sub", "c"] == 21
    assert ("foo",) not in lines


def test_what_has_no_line_has_that_of_what_holds_it() -> None:
    lines = locate("a = 1\n[smoke]\n")
    assert line_of(lines, ("smoke", "command")) == 2
    assert line_of(lines, ("title",)) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("a = [1,\n2,\n", 2), ("s = '''\n\n\nx", 4), ("", None)],
)
def test_malformed_toml_names_its_line(text: str, line: int | None) -> None:
    if line is None:
        assert load_toml(text, file="f.toml") == {}
        return
    with pytest.raises(InputError, match=rf"^f\.toml:{line}: not valid TOML"):
        load_toml(text, file="f.toml")


def test_absurd_nesting_is_an_input_error_too() -> None:
    with pytest.raises(InputError, match="nested too deeply"):
        load_toml("a = " + "[" * 50_000, file="f.toml")


values = st.recursive(
    st.integers() | st.booleans() | st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab .\"'#[", min_size=1), inner, max_size=3),
    max_leaves=8,
)


def in_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {in_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(in_toml(item) for item in value) + "]"
    return json.dumps(value)


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from paths(item, (*path, key))


@given(st.dictionaries(st.text("abc", min_size=1), values, max_size=4))
def test_every_key_and_element_of_a_document_has_a_line(document: dict[str, Any]) -> None:
    text = "".join(f"{key} = {in_toml(value)}\n" for key, value in document.items())
    assert tomllib.loads(text) == document
    lines = locate(text)
    assert set(lines) == set(paths(document))
    starts = [lines[key,] for key in document]
    assert starts == sorted(set(starts))
