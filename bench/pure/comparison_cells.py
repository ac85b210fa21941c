"""One side of a row: the trials of a variant in a state, and what a metric is in each of them that counts.

Neighbours: `bench.pure.comparison` holds two cells against each other, `bench.pure.metrics` names the metrics.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from bench.model.comparison import RowSide
from bench.model.scenario import State, Variant
from bench.model.trial import Trial, TrialStatus
from bench.pure.cache_savings import StepSeconds, cold_seconds, saved_seconds
from bench.pure.last_words import cause_of, short_cause
from bench.pure.metrics import CACHE_SAVED, WALL, WEIGHED, counts, metric_values, weighed_values
from bench.pure.outcome import is_failure
from bench.pure.sides import Side
from bench.pure.summary import LOST


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """The trials of one variant in one state. `counting` are those that enter numbers, in the order of their rounds.

    `weighed` are the variant's trials whose image was weighed, in whatever state; `cold` is what its steps take in a
    cold build.
    """

    variant: str
    n_planned: int
    recorded: tuple[Trial, ...]
    counting: tuple[Trial, ...]
    weighed: tuple[Trial, ...]
    cold: StepSeconds

    @property
    def is_broken(self) -> bool:
        """Whether a build of it failed."""
        return any(map(is_failure, self.recorded))


class Cells:
    """All cells of a side, by variant and state."""

    def __init__(self, side: Side, *, keep_disturbed: bool) -> None:
        self._by_place: defaultdict[tuple[str, State], list[Trial]] = defaultdict(list)
        self._weighed: defaultdict[str, list[Trial]] = defaultdict(list)
        self._keep_disturbed = keep_disturbed
        self._planned = Counter((trial.variant, trial.state) for trial in side.run.plan.trials)
        self._cold = cold_seconds(side.trials)
        for trial in side.trials:
            self._by_place[trial.variant, trial.state].append(trial)
            if trial.layers is not None and trial.status is TrialStatus.VALID:
                self._weighed[trial.variant].append(trial)

    def cell(self, variant: Variant | None, state: State) -> Cell | None:
        """What this side has of a variant in a state; None where its plan has no such trial."""
        if variant is None or not self._planned[variant.id, state]:
            return None
        recorded = self._by_place[variant.id, state]
        counting = [trial for trial in recorded if self._counts(trial)]
        return Cell(
            variant=variant.id,
            n_planned=self._planned[variant.id, state],
            recorded=tuple(recorded),
            counting=tuple(sorted(counting, key=lambda trial: trial.round)),
            weighed=tuple(self._weighed[variant.id]),
            cold=self._cold.get(variant.id, {}),
        )

    def _counts(self, trial: Trial) -> bool:
        return trial.status is TrialStatus.VALID if self._keep_disturbed else counts(trial)


def values_of(cell: Cell, metric: str) -> dict[int, float]:
    """The metric in each trial that counts, by its round. What only weighing an image tells is that of the variant."""
    if not cell.counting:
        return {}
    if metric in WEIGHED:
        return {trial.round: weighed_values(trial)[metric].value for trial in cell.weighed}
    values = ((trial.round, _value(trial, metric, cell.cold)) for trial in cell.counting)
    return {round_: value for round_, value in values if value is not None}


def _value(trial: Trial, metric: str, cold: StepSeconds) -> float | None:
    if metric == WALL:
        return trial.wall_s
    if metric == CACHE_SAVED:
        return saved_seconds(trial, cold)
    reading = metric_values(trial).get(metric)
    return None if reading is None else reading.value


def row_side(cell: Cell, metric: str, values: Mapping[int, float]) -> RowSide:
    """A cell as the row tells it."""
    by_status = Counter(trial.status for trial in cell.recorded)
    return RowSide(
        variant=cell.variant,
        n_planned=cell.n_planned,
        n_valid=len(cell.counting),
        n_invalid=by_status[TrialStatus.INVALID],
        n_failed=sum(by_status[status] for status in LOST),
        n_disturbed=by_status[TrialStatus.VALID] - len(cell.counting),
        median=statistics.median(values.values()) if values else None,
        reason=_reason(cell, metric) if not values else _lost(cell),
    )


def _reason(cell: Cell, metric: str) -> str:
    """Why there is no value at all."""
    if not cell.recorded:
        return "not measured yet"
    if cell.counting:
        return _commonest([trial.absent.get(metric, "") for trial in cell.counting]) or f"no trial tells {metric}"
    return _lost(cell) or "other work disturbed every trial"


def _lost(cell: Cell) -> str | None:
    """What most of the trials that failed or are invalid say."""
    lost = [trial for trial in cell.recorded if trial.reason]
    if not lost:
        return None
    cause = _commonest([cause_of(trial.reason or "") for trial in lost])
    return f"{_commonest([trial.status for trial in lost])}: {short_cause(cause)}"


def _commonest(words: Sequence[str]) -> str:
    return Counter(words).most_common(1)[0][0]
