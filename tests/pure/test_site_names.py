import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pure.site_names import is_site_file, page_name
from tests.pages import HOSTILE


@given(st.text(), st.text())
def test_a_name_is_safe_short_and_no_other_texts(one: str, other: str) -> None:
    name = page_name(one)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", name)
    assert len(name) < 80
    assert is_site_file(f"runs/{name}.html")
    assert (page_name(other) == name) is (one == other)
    assert page_name(one, other) != page_name(one + other)


def test_names_that_differ_only_in_their_letters_size_or_where_they_are_split_differ() -> None:
    names = [("Quick",), ("quick",), ("quick", ""), ("qui", "ck"), ("../quick",), ("quick\0",), ("quick\ud800",)]
    assert len({page_name(*words) for words in names}) == len(names)
    assert page_name("../../etc/passwd").startswith("etc-passwd-")


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_make_plain_ones(kind: str) -> None:
    assert is_site_file(f"trends/{page_name(HOSTILE[kind], HOSTILE[kind])}.html")


@pytest.mark.parametrize(
    "name",
    ["../index.html", "/etc/passwd", "a/b/c.html", "runs/../x.html", "index.html\n", ".htaccess", "a//b.html", ""],
)
def test_what_leads_elsewhere_is_no_file_of_a_site(name: str) -> None:
    assert not is_site_file(name)
