from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.pure.pareto import pareto_front

MEASURES = st.integers(0, 6).map(float)
POINTS = st.lists(st.tuples(MEASURES, MEASURES), max_size=30)


def dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] <= other[1] and one != other


@given(POINTS)
def test_the_front_is_what_nothing_dominates(points: list[tuple[float, float]]) -> None:
    brute = {place for place, point in enumerate(points) if not any(dominates(other, point) for other in points)}
    front = pareto_front(points)
    assert len(front) == len(set(front))
    assert set(front) == brute


@given(POINTS)
def test_the_front_goes_down_as_it_goes_right(points: list[tuple[float, float]]) -> None:
    along = [points[place] for place in pareto_front(points)]
    assert along == sorted(along)
    assert [size for _, size in along] == sorted((size for _, size in along), reverse=True)
