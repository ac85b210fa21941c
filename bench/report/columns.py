"""The columns of the table of variants: a typed registry of how each is headed, read, sorted and dropped.

Neighbour: `bench.report.tables` puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from bench.model.scenario import State
from bench.model.summary import MetricSummary, Row, RunSummary, Summary
from bench.pure.metrics import (
    CPU,
    CPU_PARTS,
    DISK_WRITTEN,
    HIT_RATIO,
    IMAGE_COMPRESSED,
    IMAGE_SIZE,
    IMAGE_WASTE,
    MEMORY_PEAK,
    WALL,
)
from bench.pure.statistics import NOMINAL_COVERAGE
from bench.report.bars import bar_text
from bench.report.choices import SortColumn
from bench.report.units import ABSENT, bytes_text, percent_text, ratio_text, seconds_range_text, seconds_text

BAR_HEADER = "time, to scale"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. `text` makes a cell. The column with the highest `drop` goes first when the width is short.

    `metrics` are those that its cells show.
    """

    header: str
    text: Callable[[Row], str]
    metrics: tuple[str, ...] = ()
    drop: int = 0
    left: bool = False


_SORT_METRICS = {
    SortColumn.TIME: WALL,
    SortColumn.SIZE: IMAGE_SIZE,
    SortColumn.CPU: CPU,
    SortColumn.MEMORY: MEMORY_PEAK,
    SortColumn.DISK: DISK_WRITTEN,
    SortColumn.HITS: HIT_RATIO,
}


def sorted_rows(summary: Summary, sort: SortColumn) -> tuple[Row, ...]:
    """The rows, state by state, for times of different states do not compare; what was not measured comes last."""
    states = list(State)
    metric = _SORT_METRICS.get(sort)
    sign = -1 if sort is SortColumn.HITS else 1

    def key(row: Row) -> tuple[int, bool, float]:
        found = row.metrics.get(metric) if metric else None
        missing = metric is not None and found is None
        return states.index(row.state), missing, sign * found.median if found else 0.0

    return tuple(sorted(summary.rows, key=key))


def columns_of(summary: Summary, *, bars: bool = False) -> list[Column]:
    """The columns that this summary needs, from left to right; with a bar of each time where `bars` are asked for."""
    return [
        *_variant_columns(summary),
        Column(header="state", text=lambda row: row.state.value, left=True),
        Column(header="time", text=lambda row: _cell(row, WALL, seconds_text), metrics=(WALL,)),
        Column(header=_range_header(summary), text=_time_range, drop=3),
        Column(header="vs best", text=_relative, drop=4),
        *([_bar_column(summary)] if bars and any(WALL in row.metrics for row in summary.rows) else []),
        Column(header="hits", text=lambda row: _cell(row, HIT_RATIO, percent_text), drop=5, metrics=(HIT_RATIO,)),
        Column(header="size", text=lambda row: _cell(row, IMAGE_SIZE, bytes_text), metrics=(IMAGE_SIZE,)),
        *_weighed_columns(summary),
        Column(header="CPU", text=lambda row: _cell(row, CPU, seconds_text), drop=6, metrics=CPU_PARTS),
        Column(header="peak mem", text=lambda row: _cell(row, MEMORY_PEAK, bytes_text), drop=8, metrics=(MEMORY_PEAK,)),
        Column(
            header="written", text=lambda row: _cell(row, DISK_WRITTEN, bytes_text), drop=9, metrics=(DISK_WRITTEN,)
        ),
        *_count_columns(summary),
    ]


def _variant_columns(summary: Summary) -> list[Column]:
    """A column per axis that varies; the variant's id where none does, or where ids say more than the axes."""
    varying = [axis for axis in summary.run.axes if len({row.levels.get(axis) for row in summary.rows}) > 1]
    if not varying:
        return [Column(header="variant", text=lambda row: row.variant, left=True)]
    return [Column(header=axis, text=_level_of(axis), left=True) for axis in varying]


def _weighed_columns(summary: Summary) -> list[Column]:
    """What weighing an image gives, where some image was weighed; the first to go when the width is short."""
    if not any(IMAGE_WASTE in row.metrics for row in summary.rows):
        return []
    return [
        Column(header="waste", text=lambda row: _cell(row, IMAGE_WASTE, bytes_text), drop=10, metrics=(IMAGE_WASTE,)),
        Column(
            header="gzipped",
            text=lambda row: _cell(row, IMAGE_COMPRESSED, bytes_text),
            drop=11,
            metrics=(IMAGE_COMPRESSED,),
        ),
    ]


def _level_of(axis: str) -> Callable[[Row], str]:
    return lambda row: row.levels.get(axis, ABSENT)


def _count_columns(summary: Summary) -> list[Column]:
    """How many of the planned trials count, where some row lacks one."""
    if all(row.n_valid == row.n_planned for row in summary.rows):
        return []
    most = at_most(summary.run)
    columns = [Column(header="valid", text=lambda row: f"{row.n_valid} of {most}{row.n_planned}", drop=2)]
    if any(row.n_disturbed for row in summary.rows):
        columns.append(Column(header="disturbed", text=lambda row: str(row.n_disturbed), drop=2))
    return columns


def at_most(run: RunSummary) -> str:
    """What stands before the rounds and trials that were planned: `at most ` where a run may end before its last."""
    return "at most " if run.may_end_early else ""


def _range_header(summary: Summary) -> str:
    walls = [row.metrics[WALL] for row in summary.rows if WALL in row.metrics]
    return "95 % interval" if walls and all(wall.coverage >= NOMINAL_COVERAGE for wall in walls) else "range"


def _time_range(row: Row) -> str:
    wall = row.metrics.get(WALL)
    return ABSENT if wall is None or wall.n == 1 else seconds_range_text(wall.low, wall.high, like=wall.median)


def _bar_column(summary: Summary) -> Column:
    """The median times with their ranges; the slowest row of each state is a whole bar, for states do not compare."""
    full: dict[State, float] = {}
    for row in summary.rows:
        if WALL in row.metrics:
            full[row.state] = max(full.get(row.state, 0.0), row.metrics[WALL].median)
    return Column(header=BAR_HEADER, text=lambda row: _bar(row, full), drop=7, left=True)


def _bar(row: Row, full: Mapping[State, float]) -> str:
    wall = row.metrics.get(WALL)
    if wall is None:
        return ""
    low, high = (None, None) if wall.n == 1 else (wall.low, wall.high)
    return bar_text(wall.median, full=full[row.state], low=low, high=high)


def _relative(row: Row) -> str:
    return ABSENT if row.relative_to_best is None else ratio_text(row.relative_to_best)


def _cell(row: Row, metric: str, text: Callable[[float], str]) -> str:
    found: MetricSummary | None = row.metrics.get(metric)
    return ABSENT if found is None else text(found.median)
