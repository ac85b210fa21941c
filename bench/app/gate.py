"""Does the head build slower than the base? Measured, and measured again before anything is said to be slower.

First, where the index has enough recent runs of the base branch, the head alone is measured: what lies where they let
expect it needs no more. Else the commit at which the head left the base branch and the head are built side by side. A
row that is slower there is built once more in a campaign of its own, with another order: only what is slower in both is
a regression. Neighbours: `bench.pure.gating` decides, `bench.app.revision_campaign` measures.
"""

from __future__ import annotations

import msgspec

from bench.app.asked import World
from bench.app.revision_campaign import Measuring, compare_revisions
from bench.app.revisions import WORKING_TREE
from bench.errors import UsageError
from bench.model.gate import Gate
from bench.model.scenario import Scenario
from bench.ports.git_revisions import Repository
from bench.pure.gating import gated_rows, is_suspicious
from bench.pure.sides import Question


def run_gate(
    scenario: Scenario, how: Measuring, world: World, question: Question, *, against: str | None, head: str
) -> Gate:
    """Compare `head` (a revision, or `.` for the working tree) with where it left the branch `against`.

    Raises UsageError where the head is the base itself, and what a campaign raises.
    """
    repository = Repository(scenario.folder, world.environment)
    commit = None if head == WORKING_TREE else repository.resolve(head)
    base = repository.merge_base(against or repository.default_branch(), commit or "HEAD")
    if commit == base:
        raise UsageError(
            f"{head} is on the base branch itself (at {base[:12]}): there is nothing to compare it with",
            remedy="check out the change, or name an older commit with --against HEAD~1",
        )
    pair = (base, commit or WORKING_TREE)
    first = compare_revisions(scenario, pair, how, world, question).comparison
    second = None
    if is_suspicious(first):
        world.say("gate: something is slower; measuring again before that is believed")
        again = msgspec.structs.replace(how, seed=how.seed + 1)
        second = compare_revisions(scenario, pair, again, world, question).comparison
    return Gate(
        scenario=scenario.name,
        base=base,
        head=commit,
        margin=question.margin,
        rows=gated_rows(first, second),
        first=first,
        second=second,
    )
