"""A pair of cells → a row without its verdict: the estimate of the ratio, and all that stands beside it.

Only `bench.pure.comparison` can judge, for p-values are adjusted over the whole table.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping

import msgspec

from bench.model.comparison import ComparedRow, Method
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.blame import BlameSide, blame
from bench.pure.comparison_cells import Cell, row_side, values_of
from bench.pure.comparison_changes import changes_of
from bench.pure.metrics import IMAGE_SIZE, WEIGHED
from bench.pure.statistics import Estimate, grouped_ratio, paired_ratio
from bench.pure.typical_trials import typical_halves

COUNTED = frozenset({IMAGE_SIZE, *WEIGHED})
"""What is counted, not timed: the same build gives the same number."""

Values = Mapping[int, float]
"""A metric by round."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose verdict is to come; `estimate` is None where there is nothing to judge."""

    row: ComparedRow
    estimate: Estimate | None


def draft(name: str, state: State, base: Cell | None, head: Cell | None, *, metric: str, same_run: bool) -> Draft:
    """Hold two cells against each other; a side that does not have the variant in this state is None."""
    ours, theirs = ({} if cell is None else values_of(cell, metric) for cell in (base, head))
    method = _method(metric, same_run=same_run)
    estimate = _estimate(ours, theirs, method)
    tested = None if method is Method.COUNTED else estimate
    row = ComparedRow(
        name=name,
        state=state,
        base=None if base is None else row_side(base, metric, ours),
        head=None if head is None else row_side(head, metric, theirs),
        verdict=None,
        reason=None if estimate else _why_not(base, head, ours, theirs),
        method=method if estimate else None,
        ratio=estimate.ratio if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        coverage=estimate.coverage if estimate else None,
        p_value=tested.p_value if tested else None,
        p_adjusted=None,
        least_p=tested.least_p if tested else None,
        n=estimate.n if estimate else 0,
        more_rounds=None,
        head_broke=base is not None and head is not None and head.is_broken and not base.is_broken,
        changes=(),
        blame=None,
    )
    if base is not None and head is not None and base.counting and head.counting:
        halves = typical_halves(base.counting, head.counting, paired=same_run)
        blamed = blame(_blame_side(base, halves[0]), _blame_side(head, halves[1]))
        row = msgspec.structs.replace(row, changes=changes_of(base, head, judged=metric), blame=blamed)
    return Draft(row=row, estimate=estimate)


def _method(metric: str, *, same_run: bool) -> Method:
    if metric in COUNTED:
        return Method.COUNTED
    return Method.PAIRED if same_run else Method.GROUPED


def _estimate(base: Values, head: Values, method: Method) -> Estimate | None:
    """The ratio of head over base, None without a value above zero on both sides (of one round, for pairs)."""
    ours, theirs = ({round_: math.log(value) for round_, value in side.items() if value > 0} for side in (base, head))
    if method is Method.COUNTED:
        return _counted(tuple(ours.values()), tuple(theirs.values())) if ours and theirs else None
    if method is Method.GROUPED:
        return grouped_ratio(tuple(ours.values()), tuple(theirs.values())) if ours and theirs else None
    logs = [theirs[round_] - ours[round_] for round_ in sorted(ours.keys() & theirs.keys())]
    return paired_ratio(logs) if logs else None


def _counted(base: tuple[float, ...], head: tuple[float, ...]) -> Estimate:
    """Numbers that hardly vary, from one build on: the interval reaches from the smallest ratio to the largest."""
    low, high = min(head) - max(base), max(head) - min(base)
    return Estimate(
        ratio=math.exp(statistics.median(head) - statistics.median(base)),
        low=math.exp(low),
        high=math.exp(high),
        p_value=0.0 if low > 0 or high < 0 else 1.0,
        n=min(len(base), len(head)),
        coverage=1.0,
        least_p=0.0,
    )


def _why_not(base: Cell | None, head: Cell | None, ours: Values, theirs: Values) -> str:
    """Why there is no estimate, in the words of the side that lacks it."""
    if base is None or head is None:
        return "only the head has it" if base is None else "only the base has it"
    if not ours or not theirs:
        sides = " and ".join(word for word, values in (("the base", ours), ("the head", theirs)) if not values)
        return f"{sides} measured nothing that counts"
    if not any(value > 0 for value in ours.values()) or not any(value > 0 for value in theirs.values()):
        return "a value of zero has no ratio"
    return "no round has a value above zero on both sides"


def _blame_side(cell: Cell, trials: tuple[Trial, ...]) -> BlameSide:
    layers = next((trial.layers for trial in cell.weighed if trial.layers is not None), None)
    return BlameSide(trials=trials, layers=layers)
