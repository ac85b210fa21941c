"""Pictures made of letters, for the cells of a terminal's tables: a bar for a time, an interval beside the line at 1.

Pure: text in the order of the cells, without a colour. `bench.cli.bars` says whether a terminal can show them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from bench.report.units import TIMES, ratio_number

BLOCKS = "▏▎▍▌▋▊▉█"
"""A cell that is filled by one to eight eighths, from the left."""
WITHIN, LINE, HALF_LINE = "▓", "─", "╴"
DOT, ONE, CROSSING = "●", "│", "┼"
LEFTWARDS, RIGHTWARDS = "←", "→"
LETTERS = f"{BLOCKS}{WITHIN}{LINE}{HALF_LINE}{DOT}{ONE}{CROSSING}{LEFTWARDS}{RIGHTWARDS}"
"""Everything that pictures are made of."""
BLANK = "\N{BRAILLE PATTERN BLANK}"
"""Stands for a blank until a table is laid out: white space at a cell's begin would be stripped."""
BAR_CELLS, LINE_CELLS = 12, 2
PICTURE_CELLS = 21
_HALVES = 2
_FARTHEST = math.log(4)
"""A ratio of 4, or of a quarter: what lies beyond is an arrow, for it would press everything else together."""
_NEAREST = math.log(1.05)
"""How far a scale reaches at least to one side of 1: without it, no difference at all would look like a large one."""


def bar_text(value: float, *, full: float, low: float | None = None, high: float | None = None) -> str:
    """A bar that ends at `value`, as wide as 12 cells for a value of `full`; all are in one unit and not below zero.

    From `low` to the value it is dithered, and a line goes on to `high`, for 2 cells beyond 12 at most.
    """
    if not 0 < full < math.inf:
        return ""
    eighths = max(round(value / full * BAR_CELLS * len(BLOCKS)), 1)
    whole, part = divmod(eighths, len(BLOCKS))
    solid = BLOCKS[-1] * whole + (BLOCKS[part - 1] if part else "")
    if low is None or high is None:
        return solid
    begin = min(round(low / full * BAR_CELLS), len(solid) - 1)
    dithered = WITHIN * (len(solid) - 1 - begin)
    return solid[:begin] + dithered + solid[-1] + _line_on(len(solid), high / full * BAR_CELLS)


def _line_on(begin: int, end: float) -> str:
    """A line from a cell on, to a place in cells; an arrow where it would go on beyond the column."""
    room = BAR_CELLS + LINE_CELLS - begin
    cells, half = divmod(max(round((end - begin) * _HALVES), 0), _HALVES)
    if cells + half > room:
        return LINE * (room - 1) + RIGHTWARDS
    return LINE * cells + HALF_LINE * half


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """The logarithms of the ratios at both ends of a picture; 0, which is a ratio of 1, lies between them."""

    low: float
    high: float

    def cell(self, ratio: float) -> int:
        """The cell of a ratio above zero; below 0 or beyond the last one for what is not on the picture."""
        return round((math.log(ratio) - self.low) / (self.high - self.low) * (PICTURE_CELLS - 1))


def scale_of(ratios: Iterable[float]) -> Scale:
    """The scale on which all these ratios lie, as far as they are between a quarter and 4."""
    logs = [max(-_FARTHEST, min(math.log(ratio), _FARTHEST)) for ratio in ratios if 0 < ratio < math.inf]
    return Scale(low=min(-_NEAREST, *logs, 0.0), high=max(_NEAREST, *logs, 0.0))


def interval_picture(ratio: float, low: float | None, high: float | None, scale: Scale) -> str:
    """A ratio as a dot with its interval as a line, on a scale with a line at 1. All are above zero.

    The two lines cross where 1 lies in the interval, and only there, however near to 1 it ends.
    """
    one = scale.cell(1.0)
    begin, place, end = (scale.cell(ratio if bound is None else bound) for bound in (low, ratio, high))
    if high is not None and high < 1:
        begin, place, end = (min(cell, one - 1) for cell in (begin, place, end))
    if low is not None and low > 1:
        begin, place, end = (max(cell, one + 1) for cell in (begin, place, end))
    last = PICTURE_CELLS - 1
    cells = [BLANK] * PICTURE_CELLS
    cells[one] = ONE
    for cell in range(max(begin, 0), min(end, last) + 1):
        cells[cell] = CROSSING if cell == one else LINE
    if begin < 0:
        cells[0] = LEFTWARDS
    if end > last:
        cells[last] = RIGHTWARDS
    if 0 <= place <= last:
        cells[place] = DOT
    return "".join(cells).rstrip(BLANK)


def scale_header(scale: Scale) -> str:
    """What stands above such pictures: the ratios at both ends, and 1 above its line where there is room for it."""
    left, right = (f"{TIMES}{ratio_number(math.exp(end))}" for end in (scale.low, scale.high))
    middle = f"{TIMES}1"
    begin = scale.cell(1.0) - 1
    room = PICTURE_CELLS - len(right)
    if len(left) < begin and begin + len(middle) < room:
        left = left.ljust(begin) + middle
    return left.ljust(room) + right
