"""What GitHub makes of the links and headings of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+?)\s*$", re.MULTILINE)
_FENCED = re.compile(r"^ *(`{3,}).*?^ *\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")


class Link(NamedTuple):
    """Where a link leads: a file, relative to the document (empty for the document itself), and a heading in it."""

    path: str
    anchor: str


def links_of(text: str) -> Iterator[Link]:
    """The links of a document that lead to files."""
    for found in _LINK.finditer(_CODE.sub(_blank, _FENCED.sub("", text))):
        if not re.match(r"[a-z]+:", found["target"]):
            yield Link(*found["target"].partition("#")[::2])


def anchors_of(path: Path) -> set[str]:
    """The names by which GitHub lets the headings of a document be linked to."""
    seen: dict[str, int] = {}
    anchors = set()
    for found in _HEADING.finditer(_FENCED.sub("", path.read_text())):
        slug = re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-")
        number = seen.get(slug, 0)
        seen[slug] = number + 1
        anchors.add(f"{slug}-{number}" if number else slug)
    return anchors


def _blank(found: re.Match[str]) -> str:
    return "x" * len(found[0])
