"""The Pareto front of points of two measures, of both of which less is better."""

from __future__ import annotations

import math
from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """The places of the points that no other dominates, by their first measure.

    A point dominates another when it is no worse in both measures and better in one. Of equal points all are kept. One
    pass over the sorted points (Kung, Luccio and Preparata 1975, the case of two dimensions).
    """
    front: list[int] = []
    least, last = math.inf, None
    for place in sorted(range(len(points)), key=lambda number: points[number]):
        point = points[place]
        if point[1] < least or point == last:
            front.append(place)
            least, last = point[1], point
    return tuple(front)
