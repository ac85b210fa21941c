"""The tables of a page: variants, effects, and where the time of each went. Cells are those of the terminal's tables.

Neighbours: `bench.report.columns` and `bench.report.effects` make the texts, `answer` says them in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.model.scenario import State
from bench.model.summary import Row as SummaryRow
from bench.model.summary import Summary
from bench.model.timeline import TimeShares
from bench.pure.metrics import CPU, CPU_PARTS, WALL
from bench.report.choices import SortColumn
from bench.report.columns import Column, columns_of, sorted_rows
from bench.report.effects import effect_columns
from bench.report.explain import PARTS
from bench.report.html.model import Cell, Filter, Grid, Legend, Part, Row, StateTimes, Table, TimeBar
from bench.report.html.texts import short_name, visible
from bench.report.units import seconds_text

MOST_BARS = 24
"""Of each state: more bars than that nobody reads, and every variant's own are in its detail."""
RATIO_COLUMN, COUNT_COLUMNS = "vs best", {"valid": "n_valid", "disturbed": "n_disturbed"}
_SMALLEST_SHARE = 0.002


def table_of(summary: Summary, places: Mapping[str, int]) -> Table:
    """A row for each variant and state, state by state and the fastest first."""
    known = {*summary.run.axes, "variant", "state"}
    columns = [column for column in columns_of(summary) if column.header not in known]
    rows = tuple(
        Row(
            variant=places[row.variant],
            name=short_name(row.variant),
            state=row.state.value,
            cells=tuple(Cell(text=visible(column.text(row)), value=_value(column, row)) for column in columns),
        )
        for row in sorted_rows(summary, SortColumn.TIME)
    )
    return Table(headers=tuple(column.header for column in columns), rows=rows)


def filters_of(summary: Summary) -> tuple[Filter, ...]:
    """The axes that have more than one level."""
    return tuple(
        Filter(axis=visible(axis), levels=tuple(map(short_name, levels)))
        for axis, levels in summary.run.axes.items()
        if len(levels) > 1
    )


def effects_of(summary: Summary) -> Grid:
    """The table of axis levels; without rows where no axis has two levels."""
    columns = effect_columns(summary) if summary.axes else []
    rows = zip(*(column.cells for column in columns), strict=True)
    return Grid(
        headers=tuple(column.header for column in columns), rows=tuple(tuple(map(visible, cells)) for cells in rows)
    )


def times_of(summary: Summary, places: Mapping[str, int]) -> tuple[StateTimes, ...]:
    """Where the time of each variant's median build went, state by state."""
    found = []
    for state in State:
        rows = [row for row in sorted_rows(summary, SortColumn.TIME) if row.state is state and row.time is not None]
        if rows:
            found.append(_state_times(state, rows, places))
    return tuple(found)


def legend_of(times: Sequence[StateTimes]) -> tuple[Legend, ...]:
    """What the colours of the bars mean, of those that are there."""
    there = {part.key: part.title for state in times for bar in state.bars for part in bar.parts}
    order = [part_key(name) for name in PARTS]
    return tuple(Legend(key=key, title=there[key]) for key in order if key in there)


def _state_times(state: State, rows: list[SummaryRow], places: Mapping[str, int]) -> StateTimes:
    shown = rows[:MOST_BARS]
    longest_s = max(total_s(row.time) for row in shown if row.time is not None)
    bars = tuple(
        TimeBar(
            variant=places[row.variant],
            name=short_name(row.variant),
            text=seconds_text(total_s(row.time)),
            parts=time_parts(row.time, longest_s),
        )
        for row in shown
        if row.time is not None
    )
    return StateTimes(state=state.value, bars=bars, left_out=len(rows) - len(shown))


def time_parts(time: TimeShares, longest_s: float) -> tuple[Part, ...]:
    """The parts of a bar; the longest bar of its scale is `longest_s` seconds."""
    values = {name: getattr(time, name) for name in PARTS}
    return tuple(
        Part(
            key=part_key(name),
            title=title,
            text=seconds_text(values[name]),
            share=round(values[name] / longest_s, 4),
        )
        for name, title in PARTS.items()
        if values[name] and longest_s and values[name] / longest_s >= _SMALLEST_SHARE
    )


def part_key(name: str) -> str:
    """What names the colour of a part of `TimeShares`."""
    return name.removesuffix("_s").replace("_", "-")


def total_s(time: TimeShares) -> float:
    """All parts together, in seconds."""
    return math.fsum(value for name in PARTS if (value := getattr(time, name)) is not None)


def _value(column: Column, row: SummaryRow) -> float | None:
    """What a cell is sorted by. A range is sorted by its lower end."""
    if column.header == RATIO_COLUMN:
        return row.relative_to_best
    if column.header in COUNT_COLUMNS:
        return float(getattr(row, COUNT_COLUMNS[column.header]))
    if not column.metrics:
        wall = row.metrics.get(WALL)
        return wall.low if wall else None
    found = row.metrics.get(CPU if column.metrics == CPU_PARTS else column.metrics[0])
    return found.median if found else None
