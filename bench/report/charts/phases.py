"""Where the time goes: the parts of each variant's median time, stacked, a panel for each state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.model.scenario import State
from bench.model.summary import Row, Summary
from bench.model.timeline import TimeShares
from bench.pure.metrics import WALL
from bench.report.charts.frame import (
    MOST_ROWS,
    WIDTH,
    Layers,
    Record,
    finished,
    fitting_under,
    inline,
    label_width,
    left_out_line,
    run_line,
    said,
    ticks_for,
)
from bench.report.charts.names import letters_for, short_text, unique_labels
from bench.report.charts.rows import nothing_counts, states_of, timed
from bench.report.charts.themes import BLUE, GREEN, GREY, ORANGE, PALE, PURPLE, SKY, VERMILLION, YELLOW, Spec
from bench.report.explain import PARTS
from bench.report.units import percent_text, seconds_text

if TYPE_CHECKING:
    import altair as alt

TITLE = "Where the time goes"
_TEAL, _STEEL = "#44AA99", "#6C8EBF"
COLOURS = {
    "context_s": PURPLE,
    "pull_s": ORANGE,
    "run_cpu_s": BLUE,
    "run_disk_s": SKY,
    "run_memory_s": _TEAL,
    "run_other_s": GREEN,
    "run_unmetered_s": _STEEL,
    "copy_s": YELLOW,
    "engine_s": VERMILLION,
    "idle_gaps_s": GREY,
    "idle_client_s": PALE,
}
"""The colour of each part of `TimeShares`, in the order in which they are stacked."""
_ROW = 20


def phases(summary: Summary, *, width: int = WIDTH) -> Spec:
    """The parts of the typical time of each variant and state that has one, in seconds; `width` pixels wide."""
    rows = [row for row in summary.rows if row.time is not None and WALL in row.metrics]
    if not rows:
        return said(TITLE, _why_none(summary), summary.run, width=width)
    panels = {state: timed(rows, state) for state in states_of(rows)}
    shown = {state: found[:MOST_ROWS] for state, found in panels.items()}
    most = max(map(len, panels.values()))
    lines = [
        run_line(summary.run),
        "Parts of the median wall time; steps that ran at the same time share it. The fastest variant first.",
        *left_out_line(min(most, MOST_ROWS), most, "fastest variants of each state"),
    ]
    return finished(
        _panels(shown, width).to_dict(),
        title=TITLE,
        lines=lines,
        description=f"{TITLE}. {_told(shown)}",
        width=width,
    )


def _why_none(summary: Summary) -> str:
    if any(WALL in row.metrics for row in summary.rows):
        return "The records of this run do not say where the time of its builds went."
    return nothing_counts(summary)


def _panels(shown: dict[State, list[Row]], width: int) -> alt.VConcatChart:
    import altair as alt

    labels = unique_labels({row.variant: row.variant for rows in shown.values() for row in rows}, letters_for(width))
    across = max(width - label_width(labels.values()), 200)
    values = {
        state: [part for row in rows for part in _parts(row, labels[row.variant])] for state, rows in shown.items()
    }
    used = {value["name"] for parts in values.values() for value in parts}
    words = [PARTS[name] for name in COLOURS if name in used]
    charts = [
        _panel(
            state,
            rows,
            values[state],
            [labels[row.variant] for row in rows],
            width=across,
            legend=fitting_under(words, width=width),
        )
        for state, rows in shown.items()
    ]
    return alt.vconcat(*charts, spacing=18)


def _panel(
    state: State,
    rows: Sequence[Row],
    values: list[Record],
    labels: list[str],
    *,
    width: int,
    legend: Record,
) -> Layers:
    import altair as alt

    longest = max(row.metrics[WALL].median for row in rows)
    x = alt.X("begin_s:Q", title=f"{state} build (s)").scale(domain=[0, longest * 1.12 or 1], nice=False)
    x = x.axis(tickCount=ticks_for(width))
    y = alt.Y("variant:N", title=None, sort=labels).axis(labelLimit=400, ticks=False, domain=False)
    colour = alt.Color("part:N").scale(domain=[PARTS[name] for name in COLOURS], range=list(COLOURS.values()))
    bars = (
        alt.Chart(inline(values))
        .mark_bar(style="part")
        .encode(
            x=x,
            x2="end_s:Q",
            y=y,
            color=colour.legend(**legend),
            tooltip=[
                alt.Tooltip("variant:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("time:N"),
                alt.Tooltip("share:N", title="of the whole"),
            ],
        )
    )
    totals = alt.Chart(inline(_total(row, label) for row, label in zip(rows, labels, strict=True)))
    ends = totals.mark_text(style="soft", align="left", dx=5).encode(x="total_s:Q", y=y, text="told:N")
    return alt.layer(bars, ends).properties(width=width, height=len(rows) * _ROW)


def _parts(row: Row, label: str) -> list[Record]:
    """The parts that took any time, one after the other."""
    if row.time is None:
        return []
    begin_s, total_s, records = 0.0, _sum(row.time), []
    for place, name in enumerate(COLOURS):
        seconds = getattr(row.time, name)
        if seconds:
            records.append(
                {
                    "id": row.variant,
                    "variant": label,
                    "name": name,
                    "part": PARTS[name],
                    "place": place,
                    "seconds": seconds,
                    "begin_s": begin_s,
                    "end_s": begin_s + seconds,
                    "time": seconds_text(seconds),
                    "share": percent_text(seconds / total_s),
                }
            )
            begin_s += seconds
    return records


def _total(row: Row, label: str) -> Record:
    total_s = _sum(row.time) if row.time else row.metrics[WALL].median
    return {"variant": label, "total_s": total_s, "told": seconds_text(total_s)}


def _sum(time: TimeShares) -> float:
    return math.fsum(getattr(time, name) or 0.0 for name in COLOURS)


def _told(shown: dict[State, list[Row]]) -> str:
    words = []
    for state, rows in shown.items():
        fastest = rows[0]
        parts = sorted(_parts(fastest, ""), key=lambda part: -part["seconds"])[:3]
        most = ", ".join(f"{part['part']} {part['share']}" for part in parts)
        words.append(f"{state}: the fastest is {short_text(fastest.variant, 60)}; most of its time: {most}")
    return f"{'. '.join(words)}."
