"""Pictures of series as SVG paths and labels: laid out here, coloured by the page, which fits them to any width.

Labels are no part of the SVG, so that they keep their size when the picture is stretched. Neighbour:
`bench.report.charts.trend` draws one series for a file of its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bench.model.followed import FollowedSeries
from bench.model.history import Change
from bench.report.charts.scales import Span, span_of
from bench.report.html.texts import visible
from bench.report.site.model import Mark, Plot, Spark, Tick
from bench.report.site.words import judge_step, series_words, step_id, step_word
from bench.report.units import count_text, metric_range_text, metric_text, ratio_text

BOX = (1000, 300)
"""Width and height of a picture's coordinates."""
SPARK_BOX = (100, 24)
_SPARK_RUNS = 120
_ROOM = 0.03
_MOST_TICKS = 5
_LEAST_SPARK = 0.1
"""Of its level, so that noise does not look like news."""
_DAYS = timedelta(days=3)
_STEPS = (1, 2, 5, 10)
_BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
_MILLISECONDS_BELOW = 0.1
_MANY = 150


def plot_of(series: FollowedSeries, places: Mapping[int, int]) -> Plot:
    """The picture of a series. `places` are those of its runs, by key, in the page's list."""
    points = series.points
    first, last = points[0].created_at, points[-1].created_at
    across = _Across(first, last)
    heights = [value for point in points for value in (point.median, point.low, point.high)]
    levels = _levels(series)
    span = span_of([*heights, *(level for _, _, level in levels)], before=0.08, after=0.16)
    at = [(across.x(point.created_at), _y(span, point.median)) for point in points]
    return Plot(
        line="M" + " ".join(f"{x} {y}" for x, y in at),
        spread=""
        if len(points) > _MANY
        else "".join(
            f"M{x} {_y(span, point.low)}V{_y(span, point.high)}" for (x, _), point in zip(at, points, strict=True)
        ),
        dots="".join(f"M{x} {y}h.01" for x, y in at),
        levels="".join(f"M{across.x(begin)} {_y(span, level)}H{across.x(end)}" for begin, end, level in levels),
        x=across.ticks(),
        y=tuple(
            Tick(place=round(100 - _y(span, value) / BOX[1] * 100, 1), text=text)
            for value, text in _value_ticks(span, series.unit)
        ),
        marks=tuple(_mark(series, change, across) for change in series.changes),
        label=_label(series),
        points=tuple(
            (places[key], x, y, _told(series, number))
            for number, (key, (x, y)) in enumerate(zip(series.keys, at, strict=True))
        ),
    )


def spark_of(values: Sequence[float], label: str) -> Spark:
    """The newest of some values, the oldest first, evenly spread."""
    shown = values[-_SPARK_RUNS:]
    low, high = min(shown), max(shown)
    width, height = SPARK_BOX[0] - 4, SPARK_BOX[1] - 4
    step = width / max(len(shown) - 1, 1)
    reach = max(high - low, _LEAST_SPARK * abs(high)) or 1.0
    top = (high + low + reach) / 2
    heights = [height * (top - value) / reach for value in shown]
    line = " ".join(f"{2 + number * step:.4g} {2 + y:.3g}" for number, y in enumerate(heights))
    return Spark(line=f"M{line}" + ("h.01" if len(shown) == 1 else ""), label=label)


class _Across:
    """The axis of time."""

    def __init__(self, first: datetime, last: datetime) -> None:
        room = max((last - first) * _ROOM, timedelta(hours=1) if first == last else timedelta(seconds=1))
        self._first, self._last = first, last
        self._begin = first - room
        self._length = last - first + 2 * room

    def share(self, moment: datetime) -> float:
        return (moment - self._begin) / self._length

    def x(self, moment: datetime) -> int:
        return round(self.share(moment) * BOX[0])

    def ticks(self) -> tuple[Tick, ...]:
        """A few moments, evenly spread, each named once."""
        if self._first == self._last:
            return (Tick(place=50.0, text=_day(self._first, short=False)),)
        short = self._last - self._first < _DAYS
        moments = [self._first + (self._last - self._first) * part / 3 for part in range(4)]
        named = {_day(moment, short=short): moment for moment in reversed(moments)}
        return tuple(
            Tick(place=round(self.share(moment) * 100, 1), text=text) for text, moment in reversed(named.items())
        )


def _day(moment: datetime, *, short: bool) -> str:
    return f"{moment.astimezone(UTC):%m-%d %H:%M}" if short else f"{moment.astimezone(UTC):%Y-%m-%d}"


def _y(span: Span, value: float) -> int:
    return round((1 - span.share(value)) * BOX[1])


def between(change: Change) -> datetime:
    """The middle of the last run before a change and the first one after it."""
    return change.after.created_at + (change.at.created_at - change.after.created_at) / 2


def _levels(series: FollowedSeries) -> list[tuple[datetime, datetime, float]]:
    """The level of each stretch between steps, from its beginning to its end."""
    if not series.changes:
        return []
    edges = [series.points[0].created_at, *map(between, series.changes), series.points[-1].created_at]
    heights = [series.changes[0].before_median, *(change.after_median for change in series.changes)]
    pairs = zip(itertools.pairwise(edges), heights, strict=True)
    return [(begin, end, level) for (begin, end), level in pairs if level is not None]


def _mark(series: FollowedSeries, change: Change, across: _Across) -> Mark:
    return Mark(
        place=round(across.share(between(change)) * 100, 1),
        text=f"{step_word(change, series.metric)} {ratio_text(change.ratio or 1.0)}",
        step=step_id(series, change),
        judgement=judge_step(change, series.metric),
    )


def _told(series: FollowedSeries, number: int) -> str:
    point = series.points[number]
    value = metric_text(point.median, series.unit)
    if point.n == 1:
        return f"{value} (1 trial)"
    within = metric_range_text(point.low, point.high, series.unit, like=point.median)
    return f"{value} ({within}, {count_text(point.n, 'trial')})"


def _label(series: FollowedSeries) -> str:
    values = [point.median for point in series.points]
    ends = f"{metric_text(min(values), series.unit)} to {metric_text(max(values), series.unit)}"
    steps = count_text(len(series.changes), "step")
    return visible(
        f"{series_words(series.name)}, {series.metric} over {count_text(len(values), 'run')}: {ends}, {steps}"
    )


def _value_ticks(span: Span, unit: str) -> list[tuple[float, str]]:
    """A few round numbers within an axis, with their texts, which all differ."""
    if span.is_log:
        values = _log_values(span)
        return [(value, metric_text(value, unit)) for value in values]
    raw = (span.high - span.low) / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in _STEPS if factor * power >= raw * (1 - 1e-9))
    numbers = range(math.ceil(span.low / step - 1e-9), math.floor(span.high / step + 1e-9) + 1)
    factor, name = _scale(span.high, unit)
    places = max(0, -math.floor(math.log10(step / factor) + 1e-9))
    return [(number * step, f"{number * step / factor:.{places}f}{name}") for number in numbers]


def _log_values(span: Span) -> list[float]:
    inside: list[float] = []
    powers = range(math.floor(math.log10(span.low)), math.ceil(math.log10(span.high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in powers for factor in factors]
        inside = [value for value in values if span.low <= value <= span.high]
        if len(inside) <= _MOST_TICKS + 1:
            break
    return inside


def _scale(high: float, unit: str) -> tuple[float, str]:
    """What numbers up to `high` are divided by, and the name of the unit that makes."""
    if unit == "s":
        return (1e-3, " ms") if high < _MILLISECONDS_BELOW else (1.0, " s")
    if unit == "bytes":
        factor, name = next((one for one in _BYTES if high >= one[0]), _BYTES[-1])
        return factor, f" {name}"
    return 1.0, ""
