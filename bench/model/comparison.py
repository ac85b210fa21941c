"""What two sides of a comparison say together: computed when read, never stored as truth (docs/FORMAT.md).

`bench.pure.comparison` makes it, `bench.report.comparison` renders it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from bench.model.blame import Blame
from bench.model.scenario import State
from bench.model.verdict import Verdict


class Method(StrEnum):
    """How the two sides of a row were held against each other.

    `canary`: they come from two runs, and each sample was divided by the canary of its round before they were grouped.
    `paired`: they come from one run, and each round is a pair. `grouped`: they come from two runs, whose rounds are
    samples of different times. `counted`: the metric is counted and not timed (what an image weighs), so its interval
    is the spread of the builds themselves.
    """

    PAIRED = "paired"
    GROUPED = "grouped"
    CANARY = "canary"
    COUNTED = "counted"


class ComparedSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side. `label` is what people call it: the run's id, `RUN:VARIANT`, or levels of an axis of that run."""

    label: str
    run: str
    created_at: datetime
    scenario: str
    rounds: int


class RowSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a row: how many of its planned trials count, and the median of those in the metric's unit.

    `n_failed` includes timeouts and bases that could not be had; `n_disturbed` are valid trials that are left out.
    `reason` says why none has the metric, or what most of those say that failed or are invalid; None where all is well.
    """

    variant: str
    n_planned: int
    n_valid: int
    n_invalid: int
    n_failed: int
    n_disturbed: int
    median: float | None
    reason: str | None


class MetricChange(msgspec.Struct, frozen=True, kw_only=True):
    """Another metric beside the one that is judged: the medians of both sides, with no test.

    `ratio` is head over base, None where the base's is zero. `marked`: it changed by `marked_above` or more.
    """

    metric: str
    unit: str
    base: float
    head: float
    ratio: float | None
    marked_above: float
    marked: bool


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One variant in one state on both sides, or two variants that stand against each other.

    `base` or `head` is None where only the other side has it. `verdict` is None where nothing can be judged, and
    `reason` says why. `ratio` is head over base with the interval `low` to `high` (None: too few samples for one);
    `p_value` is that of "the ratio is 1", `p_adjusted` the same over all rows of the table (Holm), and `least_p` the
    smallest that so few samples can reach. `n` is the number of pairs, or of the smaller side's samples.
    `more_rounds` is how many more would decide an undecided row, None where no number of them is known to.
    `head_broke`: builds of the head failed, and none of the base's did. `control` names what was taken off the pairs
    because it explains a part of their noise, and `shrink` is their spread over what it was before; None for nothing.
    """

    name: str
    state: State
    base: RowSide | None
    head: RowSide | None
    verdict: Verdict | None
    reason: str | None
    method: Method | None
    ratio: float | None
    low: float | None
    high: float | None
    coverage: float | None
    p_value: float | None
    p_adjusted: float | None
    least_p: float | None
    n: int
    more_rounds: int | None
    head_broke: bool
    changes: tuple[MetricChange, ...]
    blame: Blame | None
    control: str | None = None
    shrink: float | None = None


class ComparisonNoteKind(StrEnum):
    """What a note under a comparison is about."""

    ACROSS = "across"
    DIFFERENT_TIMES = "different-times"
    DIFFERS = "differs"
    UNFINISHED = "unfinished"
    CUT_OFF = "cut-off"
    LOST = "lost"
    DISTURBED = "disturbed"
    ONLY_BASE = "only-base"
    ONLY_HEAD = "only-head"
    FEW_ROUNDS = "few-rounds"
    OTHER_PAIRS = "other-pairs"
    CONTROLLED = "controlled"
    CANARIES = "canaries"


class ComparisonNote(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a reader of the verdicts must know. `subjects` is what it is about, `detail` why or how much."""

    kind: ComparisonNoteKind
    subjects: tuple[str, ...]
    detail: str
    count: int = 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a comparison shows. `axis` is the axis whose levels are compared, None for two sides.

    `margin` is the share up to which a difference counts as none, `level` the risk of a false alarm over all rows.
    """

    metric: str
    unit: str
    margin: float
    level: float
    axis: str | None
    base: ComparedSide
    head: ComparedSide
    rows: tuple[ComparedRow, ...]
    notes: tuple[ComparisonNote, ...]
