"""What all pictures share: how one is finished, how one says that there is nothing to show, how lines fit."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bench.model.summary import RunSummary
from bench.report.charts.names import short_text
from bench.report.charts.themes import Spec, config_of
from bench.report.choices import Theme

if TYPE_CHECKING:
    import altair as alt

WIDTH = 760
"""How wide a picture is unless told otherwise, in pixels."""
MOST_ROWS = 40
"""How many rows a picture has at most: with more, nobody finds anything, and a report grows too large."""
LETTER = 6.0
"""How wide a letter of a label is, in pixels: rather too wide than too narrow."""
AXIS = 30
_MOST_LINES = 7
_TITLE_LETTER = 8.0
BYTES_LABEL = "replace(format(datum.value, '~s'), regexp('([A-Za-z]?)$'), ' $1B')"
"""A Vega expression: the number of an axis as bytes, with the prefix and the unit."""

Record = dict[str, Any]
Layers = Any
"""A chart of layers, whose type in altair has no name before altair is imported."""


def inline(values: Iterable[Record]) -> alt.InlineData:
    """Data that is part of the specification. The names of the fields are ours; names of others are values only."""
    return _shared_data()(values=list(values))


@functools.cache
def _shared_data() -> type[alt.InlineData]:
    """Data that altair does not copy whenever it copies a chart, which is dozens of times."""
    import altair as alt

    class SharedData(alt.InlineData):
        def __deepcopy__(self, memo: object = None) -> alt.InlineData:
            return self

    return SharedData


def finished(made: Spec, *, title: str, lines: Sequence[str], description: str, width: int) -> Spec:
    """A specification as altair makes it → ours, with a title, lines under it, and words for who cannot see it."""
    spec = {key: value for key, value in made.items() if key not in {"$schema", "config", "background"}}
    text = short_text(title, max(int(width / _TITLE_LETTER), 20))
    heading: Record = {"text": text, "anchor": "start", "frame": "bounds"}
    if wrapped := _wrapped(lines, width):
        heading["subtitle"] = wrapped
    return {"title": heading, "description": description, **spec, "config": config_of(Theme.LIGHT)}


def said(title: str, reason: str, run: RunSummary | None = None, *, width: int = WIDTH) -> Spec:
    """The picture where there is nothing to show: it says why."""
    import altair as alt

    words = _wrapped([reason], width)
    chart = (
        alt.Chart(inline([{"place": 0}]))
        .mark_text(text=words, style="soft", fontSize=13, lineHeight=18, baseline="middle")
        .properties(width=width, height=120)
    )
    lines = [] if run is None else [run_line(run)]
    return finished(chart.to_dict(), title=title, lines=lines, description=f"{title}: {reason}", width=width)


def run_line(run: RunSummary) -> str:
    """Which run a picture is of."""
    return f"{short_text(run.scenario, 40)}: {short_text(run.title, 70)} · run {short_text(run.id, 40)}"


def label_width(labels: Iterable[str]) -> int:
    """How many pixels the longest of some labels takes beside an axis."""
    return round(max(map(len, labels), default=0) * LETTER) + AXIS


def legend_columns(labels: Iterable[str], width: int) -> int:
    """How many columns a legend under a picture can have."""
    return max(int(width / (label_width(labels) + AXIS / 2)), 1)


def fitting_under(labels: Sequence[str], *, width: int) -> Record:
    """The properties of a legend under a picture, that shows these labels and no others."""
    return {
        "orient": "bottom",
        "title": None,
        "columns": min(legend_columns(labels, width), max(len(labels), 1)),
        "values": list(labels),
        "labelLimit": width,
        "symbolOpacity": 1,
    }


def ticks_for(width: int) -> int:
    """About how many numbers have room at an axis below a plot of that width, in pixels."""
    return max(width // 80, 3)


def left_out_line(shown: int, there: int, which: str) -> list[str]:
    """A line that says what a picture leaves out, where it does: `the 40 fastest of 1,000 variants`."""
    return [f"Shown: the {shown:,} {which} of {there:,}."] if shown < there else []


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    letters = max(int(width / LETTER), 30)
    wrapped = [part for line in lines for part in textwrap.wrap(line, letters, break_on_hyphens=False)]
    if len(wrapped) > _MOST_LINES:
        wrapped = [*wrapped[: _MOST_LINES - 1], f"{wrapped[_MOST_LINES - 1][: letters - 2]} …"]
    return wrapped
