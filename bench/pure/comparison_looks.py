"""Rows of a run that looked after each round and stopped when it knew enough: judged as they were on the way.

A plain interval would be wrong there, for a run that stops at a lucky moment was lucky. Neighbours:
`bench.pure.repeated_looks` has the levels, `bench.pure.comparison` the table.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.comparison import ComparedRow
from bench.model.rules import Decide
from bench.model.scenario import REVISION_AXIS
from bench.model.verdict import Verdict
from bench.pure import repeated_looks
from bench.pure.metrics import WALL
from bench.pure.repeated_looks import Place
from bench.pure.sides import Question, Side
from bench.pure.verdicts import judge

Looked = Mapping[Place, repeated_looks.Comparison]


def looked_rows(side: Side, axis: str | None, question: Question) -> Looked:
    """What was decided on the way, by the row's later side; nothing where a run's rounds were fixed beforehand.

    That is the case for other metrics than the wall time too: no round was begun or left out for their sake.
    """
    adaptive = side.run.adaptive
    if adaptive is None or adaptive.decide is None or (axis, question.metric) != (REVISION_AXIS, WALL):
        return {}
    trials = side.trials
    if question.keep_disturbed:
        trials = tuple(msgspec.structs.replace(trial, disturbed=None) for trial in trials)
    told = repeated_looks.comparisons(
        side.run,
        trials,
        Decide(margin=adaptive.decide),
        min_rounds=adaptive.min_rounds,
        max_rounds=side.run.plan.rounds,
    )
    return {one.row: one for one in told if one.estimate is not None}


def with_look(row: ComparedRow, look: repeated_looks.Comparison, margin: float, decided_at: float) -> ComparedRow:
    """A row with the verdict of its look; judged anew, at that look's level, where another margin is asked for."""
    estimate = look.estimate
    if estimate is None:
        return row
    verdict: Verdict = look.verdict
    if margin != decided_at:
        verdict = judge(estimate, margin=margin, level=1 - estimate.coverage)
    return msgspec.structs.replace(
        row,
        verdict=verdict,
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
