"""A table of many comparisons: how sure must each be, so that the whole table is wrong 1 time in 20 at most."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p values so that each may be held against the level of the whole table. In the order they came in.

    The smallest p is multiplied by their number, the next by one less, and so on; none may become smaller than the one
    before it. It holds however the comparisons depend on each other. Source: Holm, Scandinavian Journal of Statistics
    6 (1979), 65-70.
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)
