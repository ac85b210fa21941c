from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bench.pure.intervals import union, union_length

INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


@given(INTERVALS)
def test_the_union_is_the_number_of_covered_instants(intervals: list[tuple[int, int]]) -> None:
    covered = {instant for start, end in intervals for instant in range(start, end)}
    assert union_length(intervals) == len(covered)


@given(INTERVALS, st.randoms())
def test_neither_order_nor_repetition_matters(intervals: list[tuple[int, int]], random: Random) -> None:
    shuffled = sorted(intervals, key=lambda _: random.random())
    assert union_length([*shuffled, *intervals]) == union_length(intervals)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_the_union_covers_the_same_instants_in_pieces_that_do_not_touch(intervals: list[tuple[int, int]]) -> None:
    pieces = union(intervals)
    covered = {moment for start, end in intervals for moment in range(start, end)}
    assert {moment for start, end in pieces for moment in range(start, end)} == covered
    assert all(one[1] < other[0] for one, other in pairwise(pieces))
