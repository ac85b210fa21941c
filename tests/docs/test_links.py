"""Links between the documents lead somewhere: on GitHub, and on the site, which holds docs/ and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.docs.blocks import DOCUMENTS, ROOT
from tests.docs.markdown import anchors_of, links_of

LINKING = (*DOCUMENTS, "CHANGELOG.md")
PAGES = [name for name in DOCUMENTS if name.startswith("docs/")]


@pytest.mark.parametrize("document", LINKING)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: str) -> None:
    for link in links_of((ROOT / document).read_text()):
        target = (ROOT / document).parent / link.path if link.path else ROOT / document
        assert target.exists(), link
        assert not link.anchor or link.anchor in anchors_of(target), link


@pytest.mark.parametrize("document", PAGES)
def test_a_page_of_the_site_links_to_pages_of_the_site_alone(document: str) -> None:
    outside = [link.path for link in links_of((ROOT / document).read_text()) if "/" in link.path.removeprefix("./")]
    assert outside == []


def test_every_document_is_a_page_of_the_site_and_every_page_a_document() -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    assert sorted(_pages(nav)) == sorted(name.removeprefix("docs/") for name in PAGES)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_lists_begin_behind_an_empty_line_as_the_site_needs_it(document: str) -> None:
    lines = re.sub(r"^ *(`{3,}).*?^ *\1", "", (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL).split("\n")
    for before, line in pairwise(lines):
        if re.match(r"([-*]|\d+\.) ", line):
            assert not before.strip() or re.match(r" *([-*]|\d+\.) |  ", before), f"{before}\n{line}"


def _pages(nav: object) -> Iterator[str]:
    """The files that a navigation names, however deep."""
    match nav:
        case str():
            yield nav
        case dict():
            yield from (page for inner in nav.values() for page in _pages(inner))
        case list():
            yield from (page for inner in nav for page in _pages(inner))
