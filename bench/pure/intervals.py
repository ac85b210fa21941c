"""Unions of intervals: how long something went on, when its parts overlap. Used by the stream parsers."""

from __future__ import annotations

from collections.abc import Iterable


def union(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same instants as disjoint intervals, in order; those that touch become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


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
