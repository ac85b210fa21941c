"""Which commit made builds slower: bisection by measuring, each commit until it is decided.

The good and the bad commit come first, side by side in one campaign. That gives the row (variant and state) in which
the difference is surest, and its size. Then each commit in turn stands against the good one in that row alone, until it
is slower, or the same within three quarters of the difference: what is slow by all of it is hardly ever taken for that.
Where that is not decided, it stands against the bad one. At last the commit that was found is held against the one
before it. Neighbours: `bench.pure.bisecting` says which commit comes next, `bench.app.revision_campaign` measures.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from bench.app.asked import World
from bench.app.revision_campaign import Comparer, Measuring, compare_revisions
from bench.model.bisection import Bisection, Tried
from bench.model.comparison import ComparedRow
from bench.model.run import Run
from bench.model.scenario import REVISION_AXIS, Scenario
from bench.model.verdict import Verdict
from bench.pure.bisecting import begin, candidate, learn, suspects
from bench.pure.planning import Selection
from bench.pure.sides import Question

SHARE_OF_DIFFERENCE = 0.75


class _Measured(msgspec.Struct, frozen=True, kw_only=True):
    tried: Tried
    row: ComparedRow | None
    run: Run

    @property
    def is_slow(self) -> bool | None:
        """Whether the commit has what makes it slow; None where that could not be told."""
        match self.tried.verdict:
            case Verdict.SLOWER:
                return True
            case Verdict.SAME | Verdict.FASTER:
                return False
            case Verdict.UNDECIDED:
                return None


class Commits(Protocol):
    """What is needed of `bench.ports.git_revisions.Repository`."""

    def resolve(self, revision: str) -> str:
        """The commit that a revision names."""
        ...

    def between(self, good: str, bad: str) -> tuple[str, ...]:
        """The commits after `good` up to `bad`, the oldest first."""
        ...

    def subject(self, commit: str) -> str:
        """The first line of a commit's message."""
        ...


class Bisector:
    """One bisection. The question's margin is the share up to which the good and the bad commit count as the same."""

    def __init__(
        self,
        scenario: Scenario,
        how: Measuring,
        world: World,
        question: Question,
        *,
        commits: Commits,
        compare: Comparer = compare_revisions,
    ) -> None:
        self._scenario = scenario
        self._how = how
        self._world = world
        self._question = question
        self._commits = commits
        self._compare = compare

    def find(self, good: str, bad: str) -> Bisection:
        """Find the commit. Raises UsageError where `good` does not come before `bad`, and what a campaign raises."""
        first_good = self._commits.resolve(good)
        commits = self._commits.between(first_good, bad)
        whole = self._measure(first_good, commits[-1], self._how, self._question.margin)
        told = Bisection(good=first_good, bad=commits[-1], row=None, whole=whole.tried, tried=(), suspects=commits)
        if not whole.is_slow or whole.row is None or whole.row.ratio is None:
            return told
        self._how = _narrowed(self._how, whole.row, whole.run)
        row, margin = f"{whole.row.name} {whole.row.state}", whole.row.ratio**SHARE_OF_DIFFERENCE - 1
        return self._searched(msgspec.structs.replace(told, row=row), margin)

    def _searched(self, told: Bisection, margin: float) -> Bisection:
        """Search the commits; what is the same within `margin` is not slow."""
        commits = told.suspects
        search, tried = begin(commits), list[Tried]()
        while (place := candidate(search)) is not None:
            is_slow, measured = self._is_slow(told, commits[place], margin)
            search = learn(search, place, is_slow=is_slow)
            tried += measured
            self._world.say(f"bisect: {len(suspects(search))} of {len(commits)} commits are left")
        found = suspects(search)
        told = msgspec.structs.replace(told, tried=tuple(tried), suspects=found)
        if len(found) > 1:
            return told
        before = commits[search.first_bad - 1] if search.first_bad else told.good
        check = told.whole if len(commits) == 1 else self._measure(before, found[0], self._how, margin).tried
        return msgspec.structs.replace(told, culprit=found[0], check=check)

    def _is_slow(self, told: Bisection, commit: str, margin: float) -> tuple[bool | None, list[Tried]]:
        """Whether a commit is slow, against good and, where that does not tell, against bad; with what was measured."""
        one = self._measure(told.good, commit, self._how, margin)
        if one.is_slow is not None:
            return one.is_slow, [one.tried]
        other = self._measure(commit, told.bad, self._how, margin)
        is_slow = None if other.is_slow is None else not other.is_slow
        return is_slow, [one.tried, other.tried]

    def _measure(self, base: str, head: str, how: Measuring, margin: float) -> _Measured:
        """Hold two commits against each other; of several rows, the one in which the head is surest to be slower."""
        subject = self._commits.subject(head)
        self._world.say(f"bisect: {head[:12]} ({subject}) against {base[:12]}")
        question = msgspec.structs.replace(self._question, margin=margin)
        if how.adaptive is not None:
            how = msgspec.structs.replace(how, adaptive=msgspec.structs.replace(how.adaptive, decide=margin))
        compared = self._compare(self._scenario, (base, head), how, self._world, question)
        row = max(compared.comparison.rows, key=_surety, default=None)
        verdict = row.verdict if row and row.verdict else Verdict.UNDECIDED
        tried = Tried(
            commit=head,
            subject=subject,
            against=base,
            run=compared.run.id,
            verdict=verdict,
            ratio=row.ratio if row else None,
            low=row.low if row else None,
            high=row.high if row else None,
            rounds=row.n if row else 0,
        )
        self._world.say(f"bisect: {head[:12]} is {verdict}")
        return _Measured(tried=tried, row=row, run=compared.run)


def _surety(row: ComparedRow) -> tuple[bool, float]:
    return row.verdict is Verdict.SLOWER, row.low or 0.0


def _narrowed(how: Measuring, row: ComparedRow, run: Run) -> Measuring:
    """The same measuring of one row alone: as the run that has it named the variant's levels."""
    levels = next((variant.levels for variant in run.plan.variants if row.head and variant.id == row.head.variant), {})
    chosen = {axis: (level,) for axis, level in levels.items() if axis != REVISION_AXIS}
    return msgspec.structs.replace(how, selection=Selection(levels=chosen), states=(row.state,))
