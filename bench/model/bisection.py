"""What a bisection by measuring found: the commit, and every measurement on the way to it."""

from __future__ import annotations

import msgspec

from bench.model.verdict import Verdict


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One commit held against an earlier one in one run.

    `ratio`, with its interval `low` to `high`, is that of the row which was watched; None where nothing counted.
    """

    commit: str
    subject: str
    against: str
    run: str
    verdict: Verdict
    ratio: float | None
    low: float | None
    high: float | None
    rounds: int


class Bisection(msgspec.Struct, frozen=True, kw_only=True):
    """The whole search between `good` and `bad`, two commits.

    `whole` is the one against the other; where bad is not slower there is nothing to search, and `row` is None. `row`
    is the variant and state that was watched. `suspects` are the commits of which one is to blame, `culprit` that one
    when it is alone, and `check` what it gave against the commit before it.
    """

    good: str
    bad: str
    row: str | None
    whole: Tried
    tried: tuple[Tried, ...]
    suspects: tuple[str, ...]
    culprit: str | None = None
    check: Tried | None = None
