"""What the page of a comparison shows, as values. The template lays them out and computes nothing.

A *row* is a variant in a state on both sides, as in `bench.model.comparison`; a link leads to its details by its place.
Neighbours: `bench.report.html.model` has what this page shares with that of runs, `model_details` what its scripts get.
"""

from __future__ import annotations

import msgspec

from bench.report.html.compared.model_details import ComparedDetails
from bench.report.html.model import Cell, Finding, Grid, Judgement, Legend, Lost, Note, Part, Phrase


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a row came to: in words with its interval, what is to blame, and what would decide it.

    `medians` are both sides', `blame_title` says what stands under `blame`, `decide` is empty for what is decided.
    """

    row: Phrase
    text: str
    judgement: Judgement
    medians: str
    blame_title: str
    blame: tuple[str, ...]
    decide: str


class ComparedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the comparison says, what is worse first. `exit_text` is what the process ended with, and why."""

    lead: tuple[Phrase, ...]
    outcomes: tuple[Outcome, ...]
    exit_text: str


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A number at an axis; `at` is its place from 0 to 1."""

    text: str
    at: float


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """An axis of ratios. `one` is where nothing changed, `margin` the part of it that counts as none (None: no test).

    All places are shares of the axis, from 0 to 1.
    """

    one: float
    margin: tuple[float, float] | None
    ticks: tuple[Tick, ...]


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio on its scale, with its interval where it has one; all from 0 to 1, cut off at both ends."""

    at: float
    reach: tuple[float, float] | None
    judgement: Judgement


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table of rows; `scale` is that of its lanes, None for a column of texts."""

    header: str
    scale: Scale | None = None
    is_text: bool = False


class ForestCell(Cell, frozen=True, kw_only=True):
    """A cell with, in a column of lanes, a ratio drawn. `marked`: the change is worth a look."""

    lane: Lane | None = None
    marked: bool = False


class ForestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the comparison. `row` is its place."""

    row: int
    name: str
    state: str
    verdict: Cell
    judgement: Judgement | None
    cells: tuple[ForestCell, ...]


class Forest(msgspec.Struct, frozen=True, kw_only=True):
    """The table of rows. `columns` are those of the cells; name, state and verdict stand before them."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[ForestRow, ...]
    verdicts: tuple[str, ...]


class SideBar(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one side of a row went."""

    side: str
    text: str
    parts: tuple[Part, ...]


class RowTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of both sides of a row went, on the scale of its state."""

    row: Phrase
    bars: tuple[SideBar, ...]


class StateBars(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one state, all on one scale; `left_out` counts those that are not shown."""

    state: str
    rows: tuple[RowTimes, ...]
    left_out: int


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of both sides. `may` says what it means where it differs, `marked` that this may matter."""

    title: str
    base: str
    head: str
    differs: bool
    may: str
    marked: bool = False


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of both sides under one caption; `key` names the table."""

    key: str
    caption: str
    rows: tuple[Pair, ...]


class SideFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks of a machine saw when a run began."""

    run: str
    findings: tuple[Finding, ...]


class Besides(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the numbers: notes, lost trials, and both environments.

    `facts` are tables of one value where both sides are of one run, and `may_compare` says so or what differs.
    """

    notes: tuple[Note, ...]
    lost: tuple[Lost, ...]
    lost_more: int
    may_compare: str
    pairs: tuple[Pairs, ...]
    facts: tuple[tuple[str, Grid], ...]
    findings: tuple[SideFindings, ...]


class ComparedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page. `key` starts the ids of its elements; `runs` are the runs that it was made from."""

    key: str
    title: str
    version: str
    headline: str
    sides: tuple[tuple[str, str], ...]
    answer: ComparedAnswer
    forest: Forest
    states: tuple[str, ...]
    times: tuple[StateBars, ...]
    legend: tuple[Legend, ...]
    besides: Besides
    details: ComparedDetails
    runs: tuple[str, ...]
