"""What a gate found: nothing slower, or a regression that two campaigns of their own have shown."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bench.model.comparison import Comparison
from bench.model.scenario import State


class Passed(StrEnum):
    """Why a row needs no alarm, or that it does.

    `recent`: the head lies where the base branch's recent runs let expect it. `measured`: side by side with the base it
    is not slower. `not-confirmed`: one campaign found it slower and the next did not. `undecided`: the rounds could not
    tell. `regression`: both campaigns found it slower.
    """

    RECENT = "recent"
    MEASURED = "measured"
    NOT_CONFIRMED = "not-confirmed"
    UNDECIDED = "undecided"
    REGRESSION = "regression"


class ScreenedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the head against the base branch's `n_runs` recent runs.

    `ratio` is the head's median over theirs; `high` is what it may be at most (95 %), given how those runs vary among
    themselves; None with too few of them. `cleared`: that is within the margin.
    """

    variant: str
    state: State
    n_runs: int
    ratio: float | None
    high: float | None
    cleared: bool


class GatedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One variant in one state, and how it came through the gate."""

    name: str
    state: State
    passed: Passed


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer. `base` and `head` are commits (None: the working tree).

    `screened` is the head alone against recent runs, `first` and `second` the campaigns of both commits; what was not
    needed is empty or None.
    """

    scenario: str
    base: str
    head: str | None
    margin: float
    rows: tuple[GatedRow, ...]
    screened: tuple[ScreenedRow, ...] = ()
    first: Comparison | None = None
    second: Comparison | None = None
