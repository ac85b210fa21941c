"""A pair of cells → a row without its verdict: the estimate of the ratio, and all that stands beside it.

Only `bench.pure.comparison` can judge, for p-values are adjusted over the whole table.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import assert_never

import msgspec

from bench.model.comparison import ComparedRow, Method
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.blame import BlameSide, blame
from bench.pure.comparison_cells import Cell, row_side, values_of
from bench.pure.comparison_changes import changes_of
from bench.pure.comparison_noise import Logs, covariates
from bench.pure.metrics import IMAGE_SIZE, WALL, WEIGHED
from bench.pure.statistics import Estimate, grouped_ratio, paired_ratio
from bench.pure.statistics.control import Adjusted
from bench.pure.statistics.controlled import controlled_ratio
from bench.pure.typical_trials import typical_halves

COUNTED = frozenset({IMAGE_SIZE, *WEIGHED})
"""What is counted, not timed: the same build gives the same number."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose verdict is to come; `estimate` is None where there is nothing to judge."""

    row: ComparedRow
    estimate: Estimate | None


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where the two sides come from: one run, or two; `canaries` are those of two runs that may be held together."""

    same_run: bool
    canaries: tuple[Logs, Logs] | None = None

    def method(self, metric: str) -> Method:
        """How a metric of these sides is compared."""
        if metric in COUNTED:
            return Method.COUNTED
        if self.same_run:
            return Method.PAIRED
        return Method.CANARY if self.canaries and metric == WALL else Method.GROUPED


def draft(name: str, state: State, base: Cell | None, head: Cell | None, *, metric: str, origin: Origin) -> Draft:
    """Hold two cells against each other; a side that does not have the variant in this state is None."""
    ours, theirs = ({} if cell is None else values_of(cell, metric) for cell in (base, head))
    method = origin.method(metric)
    base_logs, head_logs = _logs(ours), _logs(theirs)
    estimate: Estimate | None
    adjusted: Adjusted | None = None
    if method is Method.PAIRED and metric == WALL and base and head:
        estimate, adjusted = _controlled(base, head, base_logs, head_logs)
    else:
        estimate = _estimate(base_logs, head_logs, method, origin.canaries)
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
        control=adjusted.covariate if adjusted else None,
        shrink=adjusted.shrink if adjusted and adjusted.covariate else None,
    )
    if base is not None and head is not None and base.counting and head.counting:
        halves = typical_halves(base.counting, head.counting, paired=origin.same_run)
        blamed = blame(_blame_side(base, halves[0]), _blame_side(head, halves[1]))
        row = msgspec.structs.replace(row, changes=changes_of(base, head, judged=metric), blame=blamed)
    return Draft(row=row, estimate=estimate)


def _logs(values: Mapping[int, float]) -> Logs:
    """The logarithms of what is above zero."""
    return {number: math.log(value) for number, value in values.items() if value > 0}


def _controlled(base: Cell, head: Cell, ours: Logs, theirs: Logs) -> tuple[Estimate | None, Adjusted | None]:
    """The ratio of the pairs, less what the machine's doings explain of their noise; None without a pair."""
    rounds = sorted(ours.keys() & theirs.keys())
    if not rounds:
        return None, None
    pairs = [theirs[number] - ours[number] for number in rounds]
    return controlled_ratio(pairs, covariates(base.counting, head.counting, rounds))


def _estimate(ours: Logs, theirs: Logs, method: Method, canaries: tuple[Logs, Logs] | None) -> Estimate | None:
    """The ratio of head over base, None without a value above zero on both sides (of one round, for pairs)."""
    if method is Method.CANARY and canaries:
        ours, theirs = (
            {number: log - canary[number] for number, log in side.items() if number in canary}
            for side, canary in zip((ours, theirs), canaries, strict=True)
        )
    if not ours or not theirs:
        return None
    match method:
        case Method.COUNTED:
            return _counted(tuple(ours.values()), tuple(theirs.values()))
        case Method.GROUPED | Method.CANARY:
            return grouped_ratio(tuple(ours.values()), tuple(theirs.values()))
        case Method.PAIRED:
            logs = [theirs[number] - ours[number] for number in sorted(ours.keys() & theirs.keys())]
            return paired_ratio(logs) if logs else None
        case _:
            assert_never(method)


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


def _why_not(base: Cell | None, head: Cell | None, ours: Mapping[int, float], theirs: Mapping[int, float]) -> str:
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
