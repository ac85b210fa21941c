"""Does the head build slower than the base? Measured, and measured again before anything is said to be slower.

First, where the index has enough recent runs of the base branch, the head alone is measured: what lies where they let
expect it needs no more. Else the commit at which the head left the base branch and the head are built side by side. A
row that is slower there is built once more in a campaign of its own, with another order: only what is slower in both is
a regression. Neighbours: `bench.pure.gating` decides, `bench.app.revision_campaign` measures.
"""

from __future__ import annotations

import msgspec

from bench.app.asked import World
from bench.app.revision_campaign import Comparer, Measuring, compare_revisions
from bench.app.revisions import WORKING_TREE
from bench.errors import UsageError
from bench.model.gate import Gate
from bench.model.scenario import Scenario
from bench.ports.git_revisions import Repository
from bench.pure.gating import gated_rows, is_suspicious
from bench.pure.sides import Question


def gate_pair(repository: Repository, against: str | None, head: str) -> tuple[str, str | None]:
    """The commit at which `head` (a revision, or `.` for the working tree) left the branch `against`, and the head's.

    Raises UsageError where the head is on that branch itself.
    """
    commit = None if head == WORKING_TREE else repository.resolve(head)
    base = repository.merge_base(against or repository.default_branch(), commit or "HEAD")
    if commit == base:
        raise UsageError(
            f"{head} is on the base branch itself (at {base[:12]}): there is nothing to compare it with",
            remedy="check out the change, or name an older commit with --against HEAD~1",
        )
    return base, commit


def run_gate(
    scenario: Scenario,
    how: Measuring,
    world: World,
    question: Question,
    *,
    pair: tuple[str, str | None],
    compare: Comparer = compare_revisions,
) -> Gate:
    """Compare the commits of `pair` (base and head; None is the working tree). Raises what a campaign raises."""
    base, head = pair
    revisions = (base, head or WORKING_TREE)
    first = compare(scenario, revisions, how, world, question).comparison
    second = None
    if is_suspicious(first):
        world.say("gate: something is slower; measuring again before that is believed")
        again = msgspec.structs.replace(how, seed=how.seed + 1)
        second = compare(scenario, revisions, again, world, question).comparison
    return Gate(
        scenario=scenario.name,
        base=base,
        head=head,
        margin=question.margin,
        rows=gated_rows(first, second),
        first=first,
        second=second,
    )
