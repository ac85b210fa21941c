"""Unions of intervals: how long something went on, when its parts overlap. Used by the stream parsers."""

from __future__ import annotations

from collections.abc import Iterable


def union_length(intervals: Iterable[tuple[int, int]]) -> int:
    """The length that the intervals cover together, in the unit that they are given in; overlaps count once.

    An interval that ends before it starts covers nothing.
    """
    total = 0
    covered_to: int | None = None
    for start, end in sorted(intervals):
        begin = start if covered_to is None else max(start, covered_to)
        if end > begin:
            total += end - begin
            covered_to = end
    return total
