"""Does the head build slower than the base? Measured, and measured again before anything is said to be slower.

First, where the index has enough recent runs of the base branch, the head alone is measured: what lies where they let
expect it needs no more. Else the commit at which the head left the base branch and the head are built side by side. A
row that is slower there is built once more in a campaign of its own, with another order: only what is slower in both is
a regression. Neighbours: `bench.pure.gating` decides, `bench.app.revision_campaign` measures.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bench.app.asked import World
from bench.app.revision_campaign import Comparer, Measurer, Measuring, compare_revisions, measure_side
from bench.app.revisions import WORKING_TREE
from bench.errors import UsageError
from bench.model.comparison import Comparison
from bench.model.gate import Gate, ScreenedRow
from bench.model.scenario import Scenario
from bench.ports.git_revisions import Repository
from bench.pure.gating import RecentMedians, gated_rows, is_suspicious, screened_out, screened_rows
from bench.pure.series import target_of
from bench.pure.sides import Question


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """What the index has of recent runs of the base branch: whether that is enough, and by target the medians."""

    enough: bool
    medians: Callable[[str], RecentMedians]


def gate_pair(repository: Repository, against: str, head: str) -> tuple[str, str | None]:
    """The commit at which `head` (a revision, or `.` for the working tree) left the branch `against`, and the head's.

    Raises UsageError where the head is on that branch itself.
    """
    commit = None if head == WORKING_TREE else repository.resolve(head)
    base = repository.merge_base(against, commit or "HEAD")
    if commit == base:
        raise UsageError(
            f"{head} is on the base branch itself (at {base[:12]}): there is nothing to compare it with",
            remedy="check out the change, or name an older commit with --against HEAD~1",
        )
    return base, commit


class Gatekeeper:
    """One gate. `recent` is None where no history is to be gone by."""

    def __init__(
        self,
        scenario: Scenario,
        how: Measuring,
        world: World,
        question: Question,
        *,
        recent: Recent | None = None,
        compare: Comparer = compare_revisions,
        measure: Measurer = measure_side,
    ) -> None:
        self._scenario = scenario
        self._how = how
        self._world = world
        self._question = question
        self._recent = recent
        self._compare = compare
        self._measure = measure

    def judge(self, base: str, head: str | None) -> Gate:
        """Hold a head (None: the working tree) against its base. Raises what a campaign raises."""
        screened = self._screen(head or WORKING_TREE)
        gate = Gate(
            scenario=self._scenario.name,
            base=base,
            head=head,
            margin=self._question.margin,
            rows=screened_out(screened),
            screened=screened,
        )
        if gate.rows:
            return gate
        pair = (base, head or WORKING_TREE)
        first, second = self._compared(pair, self._how), None
        if is_suspicious(first):
            self._world.say("gate: something is slower; measuring again before that is believed")
            second = self._compared(pair, msgspec.structs.replace(self._how, seed=self._how.seed + 1))
        return msgspec.structs.replace(gate, rows=gated_rows(first, second), first=first, second=second)

    def _compared(self, pair: tuple[str, str], how: Measuring) -> Comparison:
        return self._compare(self._scenario, pair, how, self._world, self._question).comparison

    def _screen(self, head: str) -> tuple[ScreenedRow, ...]:
        """The head alone against recent runs; nothing where there are too few of them."""
        if self._recent is None or not self._recent.enough:
            self._world.say("gate: too few recent runs of the base branch to go by; measuring both sides")
            return ()
        rounds = self._how.adaptive.min_rounds if self._how.adaptive else self._how.rounds
        alone = msgspec.structs.replace(self._how, rounds=rounds, adaptive=None)
        side = self._measure(self._scenario, (head,), alone, self._world)
        medians = self._recent.medians(target_of(side.run).digest)
        trials = side.trials
        if self._question.keep_disturbed:
            trials = tuple(msgspec.structs.replace(one, disturbed=None) for one in trials)
        rows = screened_rows(side.run, trials, medians, self._question.margin)
        if not screened_out(rows):
            self._world.say("gate: not all of it lies where recent runs let expect it; measuring both sides")
        return rows
