"""Which commit to measure next, and what is known by now: bisection where some commits cannot be told.

Each answer is a verdict from measuring, repeated until it is decided, so the search itself need not doubt it: a commit
that could not be told apart, or does not build, is passed over, as `git bisect skip` does. Neighbour:
`bench.app.bisection` measures.
"""

from __future__ import annotations

import msgspec

from bench.errors import ExitCode
from bench.model.bisection import Bisection
from bench.model.verdict import Verdict


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a row of commits, the oldest first, of which the last is slow and what came before is not.

    `last_good` and `first_bad` are places in `commits`; -1 is the good commit itself, which is not in the row.
    """

    commits: tuple[str, ...]
    last_good: int = -1
    first_bad: int
    passed_over: frozenset[int] = frozenset()


def begin(commits: tuple[str, ...]) -> Search:
    """The search before the first measurement. Raises ValueError without a commit."""
    if not commits:
        raise ValueError("there is nothing to search")
    return Search(commits=commits, first_bad=len(commits) - 1)


def candidate(search: Search) -> int | None:
    """The commit to measure next: the one nearest to the middle of what is not known; None where none is left."""
    unknown = [place for place in range(search.last_good + 1, search.first_bad) if place not in search.passed_over]
    middle = (search.last_good + search.first_bad) / 2
    return min(unknown, key=lambda place: (abs(place - middle), place), default=None)


def learn(search: Search, place: int, *, is_slow: bool | None) -> Search:
    """The search after a measurement; None is a commit that could not be told."""
    if is_slow is None:
        return msgspec.structs.replace(search, passed_over=search.passed_over | {place})
    if is_slow:
        return msgspec.structs.replace(search, first_bad=place)
    return msgspec.structs.replace(search, last_good=place)


def suspects(search: Search) -> tuple[str, ...]:
    """The commits of which one made it slow: just one when the search has found it."""
    return search.commits[search.last_good + 1 : search.first_bad + 1]


def exit_code_of_bisection(found: Bisection) -> ExitCode:
    """Fine when the commit is found and confirmed against the one before it, else undecided."""
    is_sure = found.culprit is not None and found.check is not None and found.check.verdict is Verdict.SLOWER
    return ExitCode.OK if is_sure else ExitCode.UNDECIDED
