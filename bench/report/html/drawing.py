"""Pictures drawn when a page is written: SVG in the page's own colours, of which every mark says what it is.

Such a page shows its pictures at once, without a runtime, and prints them. A mark of a variant is a link to its detail.
Neighbours: `bench.report.charts` has the specifications, `assets/marks.js` shows what a mark says and walks from one
to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from bench.report.charts.render import plain_svg
from bench.report.charts.themes import PAGE_FONT, Spec, page_config
from bench.report.html.texts import visible

HINT = "The arrow keys go from point to point."
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_MARKS = {"mark-symbol", "role-mark"}
_PARTS = ("layer", "hconcat", "vconcat")
_FINE = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_NEEDLESS = frozenset({"font-family", "role", "version"})
_MEASURES = frozenset({"d", "height", "transform", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2"})


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A point of a picture: what it says, and the id of the variant that it stands for, None where it is of several."""

    told: str
    variant: str | None


def draw(spec: Spec, *, name: str, addresses: Mapping[str, str]) -> str:
    """A picture as an SVG element for a page, without its title, which stands above it.

    `name` starts the ids in it, so that pictures can share a page; `addresses` has those of variants' details by id.
    """
    bare = {key: value for key, value in spec.items() if key not in {"title", "config"}}
    root = ET.fromstring(plain_svg({**bare, "config": page_config()}))  # noqa: S314 - our own
    for element in root.iter():
        _tidy(element, name)
    groups = [group for group in root.iter("g") if set(group.get("class", "").split()) >= _MARKS]
    n_links = sum(_tell(group, marks, addresses) for group, marks in zip(groups, marks_of(spec), strict=False))
    root.set("font-family", PAGE_FONT)
    root.set("role", "group" if n_links else "img")
    root.set("aria-label", f"{spec['description']} {HINT}" if n_links else spec["description"])
    return ET.tostring(root, encoding="unicode")


def marks_of(spec: Spec) -> list[list[Mark]]:
    """The points of each layer that has some, in the order in which they are drawn, with the words of their tooltip."""
    return [
        [_mark(record, layer["encoding"].get("tooltip", [])) for record in spec["datasets"][data["name"]]]
        for layer, data in _point_layers(spec, None)
    ]


def _point_layers(spec: Spec, data: Any) -> Iterator[tuple[Spec, Any]]:
    """Each layer of points with its data, which it may have from what it is a part of."""
    data = spec.get("data", data)
    for part in (part for name in _PARTS for part in spec.get(name, ())):
        yield from _point_layers(part, data)
    if isinstance(spec.get("mark"), dict) and spec["mark"]["type"] == "point":
        yield spec, data


def _mark(record: Mapping[str, Any], tooltip: list[dict[str, str]]) -> Mark:
    lines = [f"{visible(one['title'])}: {visible(str(record[one['field']]))}" for one in tooltip]
    return Mark(told="\n".join(lines), variant=record.get("id"))


def _tell(group: ET.Element, marks: list[Mark], addresses: Mapping[str, str]) -> int:
    """Give each point of a group its words, and a link where it has one. Returns how many links there are."""
    points = list(group)
    if len(points) != len(marks):
        return 0
    n_links = 0
    for place, (point, mark) in enumerate(zip(points, marks, strict=True)):
        address = addresses.get(mark.variant) if mark.variant is not None else None
        if address is None:
            point.set("data-told", mark.told)
            continue
        link = ET.Element("a", {"href": address, "aria-label": mark.told, "tabindex": "-1" if n_links else "0"})
        link.append(point)
        group[place] = link
        n_links += 1
    return n_links


def _tidy(element: ET.Element, name: str) -> None:
    """Ids of the picture's own, hundredths of a pixel, and no names that nobody can listen to."""
    element.tag = element.tag.removeprefix(_NAMESPACE)
    for key, value in list(element.attrib.items()):
        if key in _NEEDLESS or key.startswith("aria-") or (key, value) == ("opacity", "1"):
            del element.attrib[key]
        elif key == "id":
            element.set(key, f"{name}-{value}")
        elif value.startswith("url(#"):
            element.set(key, value.replace("url(#", f"url(#{name}-"))
        elif key in _MEASURES:
            element.set(key, _FINE.sub(lambda found: f"{float(found[0]):.2f}", value))
