"""Rows of a run that looked after each round and stopped when it knew enough: judged look for look, as it did itself.

A plain interval would be wrong there, for a run that stops at a lucky moment was lucky. That is so for the pairs on
which it decided, and for any others whose builds ended with theirs. Neighbours: `bench.pure.repeated_looks` has the
levels, `bench.pure.comparison` the table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from bench.model.comparison import ComparedRow
from bench.model.rules import Decide
from bench.model.run import Run
from bench.pure import repeated_looks
from bench.pure.comparison_cells import Cells, values_of
from bench.pure.comparison_rows import COUNTED
from bench.pure.repeated_looks import Looks, Pairs, Place, references_of
from bench.pure.sides import Match, Question

Looked = Mapping[Place, repeated_looks.Comparison]
"""What the looks tell, by the place of the row's later side."""


def looked_rows(run: Run, matches: Sequence[Match], cells: tuple[Cells, Cells], question: Question) -> Looked:
    """What the looks of a run tell of these pairs of it; nothing where its rounds did not depend on their times.

    The pairs make a table of their own in all states of the run, be they shown or not; where they are those on which
    the run decided, and the margin is the same, so are the verdicts. Other metrics than the wall time go with it, so a
    lucky stop is lucky for them too; what is counted does not vary.
    """
    adaptive = run.adaptive
    if adaptive is None or adaptive.decide is None or question.metric in COUNTED:
        return {}
    looks = Looks(first=adaptive.min_rounds, last=run.plan.rounds)
    told = repeated_looks.judged_logs(
        _pairs(run, matches, cells, question.metric), Decide(margin=question.margin), looks
    )
    return {one.row: one for one in told if one.estimate is not None}


def _pairs(run: Run, matches: Sequence[Match], cells: tuple[Cells, Cells], metric: str) -> Pairs:
    """The paired log-ratios of all that both sides have."""
    pairs = {}
    for match in matches:
        for state in run.plan.states:
            base, head = cells[0].cell(match.base, state), cells[1].cell(match.head, state)
            if base is None or head is None:
                continue
            ours, theirs = ({r: v for r, v in values_of(one, metric).items() if v > 0} for one in (base, head))
            logs = tuple(math.log(theirs[round_] / ours[round_]) for round_ in sorted(ours.keys() & theirs.keys()))
            pairs[(head.variant, state), (base.variant, state)] = logs
    return pairs


def place_of(row: ComparedRow) -> Place:
    """By what a row is found among what was looked at."""
    return (row.head.variant if row.head else "", row.state)


def decided_pairs(run: Run) -> frozenset[tuple[str, str]]:
    """The pairs of variants on which a run decides whether it has enough of them, by their ids in either order."""
    pairs = set(references_of(run))
    return frozenset(pairs | {(reference, variant) for variant, reference in pairs})


def with_look(row: ComparedRow, look: repeated_looks.Comparison) -> ComparedRow:
    """A row with the verdict of its look: the first that decided, or else the last."""
    estimate = look.estimate
    if estimate is None:
        return row
    return msgspec.structs.replace(
        row,
        verdict=look.verdict,
        ratio=estimate.ratio,
        low=estimate.low,
        high=estimate.high,
        coverage=estimate.coverage,
        p_value=estimate.p_value,
        p_adjusted=None,
        least_p=estimate.least_p,
        n=estimate.n,
        more_rounds=None,
        control=None,
        shrink=None,
    )
