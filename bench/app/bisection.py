"""Which commit made builds slower: bisection by measuring, each commit until it is decided.

The good and the bad commit come first, side by side in one campaign. That gives the row (variant and state) in which the
difference is surest, and its size. Then each commit in turn stands against the good one in that row alone, until it is
slower, or the same within half of the difference. At last the commit that was found stands against the one before it.
Neighbours: `bench.pure.bisecting` says which commit comes next, `bench.app.revision_campaign` measures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from bench.app.asked import World
from bench.app.revision_campaign import Measuring, measure_revisions
from bench.model.bisection import Bisection, Tried
from bench.model.comparison import ComparedRow
from bench.model.plan import Adaptive
from bench.model.scenario import REVISION_AXIS, BASE_AXIS, Scenario, State
from bench.model.verdict import Verdict
from bench.ports.git_revisions import Repository
from bench.ports.run_folder import RunFolder
from bench.pure.bisecting import begin, candidate, learn, suspects
from bench.pure.comparison import compare_axis
from bench.pure.planning import Selection
from bench.pure.sides import Question, Side


class Bisector:
    """One bisection. `margin` is the share up to which the good and the bad commit count as the same."""

    def __init__(self, scenario: Scenario, how: Measuring, world: World, *, margin: float) -> None:
        self._scenario = scenario
        self._how = how
        self._world = world
        self._margin = margin
        self._repository = Repository(scenario.folder, world.environment)

    def find(self, good: str, bad: str) -> Bisection:
        """Find the commit. Raises UsageError where `good` does not come before `bad`, and what a campaign raises."""
        first_good = self._repository.resolve(good)
        commits = self._repository.between(first_good, bad)
        whole = self._measure(first_good, commits[-1], self._how, self._margin)
        row = _surest(whole.rows)
        told = Bisection(good=first_good, bad=commits[-1], row=None, whole=whole.tried, tried=(), suspects=commits)
        if row is None or row.low is None or row.ratio is None:
            return told
        narrowed = self._narrowed(row)
        half = math.sqrt(row.ratio) - 1
        search, tried = begin(commits), []
        while (place := candidate(search)) is not None:
            one = self._measure(first_good, commits[place], narrowed, half)
            tried.append(one.tried)
            search = learn(search, place, is_slow=one.is_slow)
            self._say_where(search, commits)
        found = suspects(search)
        told = msgspec.structs.replace(told, row=f"{row.name} {row.state}", tried=tuple(tried), suspects=found)
        if len(found) > 1:
            return told
        before = commits[search.first_bad - 1] if search.first_bad else first_good
        is_known = before == first_good and search.first_bad == len(commits) - 1
        check = whole if is_known else self._measure(before, found[0], narrowed, half)
        return msgspec.structs.replace(told, culprit=found[0], check=check.tried)
