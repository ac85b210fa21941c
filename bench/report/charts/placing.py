"""Labels beside points where there is room: each takes the first of four corners in which it covers nothing.

Greedy, the most important first (Christensen, Marks and Shieber 1995 compare this with better and slower ways).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from bench.report.charts.frame import LETTER

_GAP = 6.0
_HEIGHT = 13.0
_REACH = 5.0

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels from the upper left."""


class Corner(StrEnum):
    """Where a label stands, seen from its point."""

    BELOW_LEFT = "below-left"
    BELOW_RIGHT = "below-right"
    ABOVE_RIGHT = "above-right"
    ABOVE_LEFT = "above-left"

    @property
    def is_left(self) -> bool:
        """Whether the label ends at the point instead of beginning there."""
        return self in {Corner.BELOW_LEFT, Corner.ABOVE_LEFT}

    @property
    def is_above(self) -> bool:
        """Whether the label stands higher than the point."""
        return self in {Corner.ABOVE_LEFT, Corner.ABOVE_RIGHT}


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A point in pixels from the upper left, its label, and the corners to try in their order; none for no label."""

    x: float
    y: float
    label: str
    corners: tuple[Corner, ...]


def place_labels(
    points: Sequence[Labelled], *, width: float, height: float, lines: Sequence[Box] = ()
) -> dict[int, Corner]:
    """The corner of each label that has room, by the place of its point; the first points choose first.

    `lines` are what no label may cross either: level or upright, from their upper left to their lower right.
    """
    marks = [(one.x - _REACH, one.y - _REACH, one.x + _REACH, one.y + _REACH) for one in points]
    taken: list[Box] = []
    chosen: dict[int, Corner] = {}
    for number, point in enumerate(points):
        for corner in point.corners:
            box = _box(point, corner)
            if _is_inside(box, width, height) and not any(_overlap(box, other) for other in (*marks, *lines, *taken)):
                chosen[number] = corner
                taken.append(box)
                break
    return chosen


def _box(point: Labelled, corner: Corner) -> Box:
    long = len(point.label) * LETTER + _GAP
    left = point.x - _GAP - long if corner.is_left else point.x + _GAP
    top = point.y - _GAP - _HEIGHT if corner.is_above else point.y + _GAP
    return left, top, left + long, top + _HEIGHT


def _is_inside(box: Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
