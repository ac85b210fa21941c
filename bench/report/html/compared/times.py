"""Where the time of both sides of each row went, as bars on one scale for each state."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.model.scenario import State
from bench.model.timeline import TimeShares
from bench.pure.comparison_cells import Cell
from bench.pure.time_use import typical_time
from bench.report.explain import PARTS
from bench.report.html.compared.held import Held
from bench.report.html.compared.model import RowTimes, SideBar, StateBars
from bench.report.html.model import Legend
from bench.report.html.rows import part_key, time_parts, total_s
from bench.report.units import seconds_text

MOST_ROWS = 12
"""Of each state: as many bars as the page of a run shows, and every row's own are in its details."""

Times = tuple[TimeShares | None, TimeShares | None]


def times_of(held: Sequence[Held]) -> tuple[StateBars, ...]:
    """The rows of each state that tell where their time went; of many, those that changed most."""
    found = []
    for state in State:
        told = [(one, _times(one)) for one in held if one.row.state is state]
        told = [(one, times) for one, times in told if any(times)]
        if told:
            found.append(_state(state, told))
    return tuple(found)


def legend_of(times: Sequence[StateBars]) -> tuple[Legend, ...]:
    """What the colours mean, of those that are there."""
    bars = [bar for state in times for row in state.rows for bar in row.bars]
    there = {part.key: part.title for bar in bars for part in bar.parts}
    return tuple(Legend(key=key, title=there[key]) for key in map(part_key, PARTS) if key in there)


def time_of(cell: Cell | None) -> TimeShares | None:
    """Where the median wall time of the trials that count went."""
    return typical_time(cell.counting) if cell and cell.counting else None


def _times(held: Held) -> Times:
    return time_of(held.base), time_of(held.head)


def _state(state: State, told: Sequence[tuple[Held, Times]]) -> StateBars:
    largest = sorted(told, key=lambda pair: -abs(math.log(pair[0].row.ratio or 1.0)))[:MOST_ROWS]
    kept = {one.place for one, _ in largest}
    longest_s = max(total_s(time) for _, times in largest for time in times if time is not None)
    rows = tuple(_row(one, times, longest_s) for one, times in told if one.place in kept)
    return StateBars(state=state.value, rows=rows, left_out=len(told) - len(rows))


def _row(held: Held, times: Times, longest_s: float) -> RowTimes:
    bars = tuple(
        SideBar(side=word, text=seconds_text(total_s(time)), parts=time_parts(time, longest_s))
        for (word, _), time in zip(held.sides, times, strict=True)
        if time is not None
    )
    return RowTimes(row=held.phrase, bars=bars)
