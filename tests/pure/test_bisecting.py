"""Bisection finds the commit, whichever it is, and says honestly what it cannot tell."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pure.bisecting import Search, begin, candidate, learn, suspects


def search_for(culprit: int, length: int, untold: frozenset[int] = frozenset()) -> tuple[Search, int]:
    """Search a row of commits as if `culprit` were the first slow one; returns how many were measured."""
    search, measured = begin(tuple(f"commit {place}" for place in range(length))), 0
    while (place := candidate(search)) is not None:
        measured += 1
        search = learn(search, place, is_slow=None if place in untold else place >= culprit)
    return search, measured


@given(st.data())
def test_it_finds_any_culprit_in_as_few_measurements_as_halving_takes(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 200))
    culprit = data.draw(st.integers(0, length - 1))
    search, measured = search_for(culprit, length)
    assert suspects(search) == (f"commit {culprit}",)
    assert measured <= math.ceil(math.log2(length)) if length > 1 else measured == 0


@given(st.data())
def test_commits_that_cannot_be_told_never_hide_the_culprit(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 40))
    culprit = data.draw(st.integers(0, length - 1))
    untold = data.draw(st.frozensets(st.integers(0, length - 1)))
    found = suspects(search_for(culprit, length, untold)[0])
    assert f"commit {culprit}" in found
    assert len(found) <= 1 + len(untold)


def test_nothing_to_search_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to search"):
        begin(())
