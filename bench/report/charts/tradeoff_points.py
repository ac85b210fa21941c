"""The points of the picture of size against time, and how they lie. Neighbour: `bench.report.charts.tradeoff`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bench.model.summary import Row, Summary
from bench.pure.metrics import IMAGE_COMPRESSED, IMAGE_SIZE, WALL
from bench.pure.pareto import pareto_front
from bench.report.charts.frame import Record
from bench.report.charts.names import letters_for, short_text, unique_labels
from bench.report.charts.scales import Span, span_of
from bench.report.charts.themes import SERIES
from bench.report.units import bytes_text, seconds_range_text, seconds_text

SIZES = {IMAGE_COMPRESSED: "compressed", IMAGE_SIZE: "unpacked"}
MANY = 100
"""Of more points than this only those of the front have intervals and names: nobody could read the others."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """The points and how they lie: `time` and `size` are the axes, in seconds and bytes."""

    points: list[Record]
    groups: list[str]
    axis: str | None
    time: Span
    size: Span
    width: int
    height: int


def size_metric(rows: Sequence[Row]) -> str:
    """The metric of size that all rows have, the compressed one first; where none is whole, the one that most have."""
    return max(SIZES, key=lambda metric: (sum(metric in row.metrics for row in rows), metric == IMAGE_COMPRESSED))


def field_of(summary: Summary, rows: Sequence[Row], metric: str, width: int) -> Field:
    """The points of some rows that all have a time and the metric of size, in a picture `width` pixels wide."""
    axis = _grouping_axis(summary, rows)
    groups = unique_labels({level: level for level in summary.run.axes[axis]}) if axis else {}
    labels = unique_labels({row.variant: row.variant for row in rows}, letters_for(width))
    front = pareto_front([(row.metrics[WALL].median, row.metrics[metric].median) for row in rows])
    points = [
        _point(
            row,
            metric,
            label=labels[row.variant],
            group=groups.get(row.levels[axis], "") if axis else "",
            on_front=number in front,
        )
        for number, row in enumerate(rows)
    ]
    spread = _spread(points)
    ends = [point["time_s"] for point in points] + [one[name] for one in spread for name in ("low_s", "high_s")]
    sizes = [point["size_bytes"] for point in points]
    sizes += [one[name] for one in spread for name in ("size_low_bytes", "size_high_bytes")]
    return Field(
        points=points,
        groups=[label for label in groups.values() if any(point["group"] == label for point in points)],
        axis=axis,
        time=span_of(ends, before=0.14, after=0.14),
        size=span_of(sizes),
        width=width,
        height=min(max(round(width * 0.55), 260), 460),
    )


def _grouping_axis(summary: Summary, rows: Sequence[Row]) -> str | None:
    """The first axis that varies, if its levels are few enough for a colour each."""
    for axis, levels in summary.run.axes.items():
        if len({row.levels.get(axis) for row in rows}) > 1 and all(axis in row.levels for row in rows):
            return axis if len(levels) <= len(SERIES) else None
    return None


def _point(row: Row, metric: str, *, label: str, group: str, on_front: bool) -> Record:
    time, size = row.metrics[WALL], row.metrics[metric]
    return {
        "id": row.variant,
        "variant": label,
        "group": group,
        "on_front": on_front,
        "time_s": time.median,
        "low_s": time.low,
        "high_s": time.high,
        "size_bytes": size.median,
        "size_low_bytes": size.low,
        "size_high_bytes": size.high,
        "time": f"{seconds_text(time.median)} ({seconds_range_text(time.low, time.high, like=time.median)})",
        "size": bytes_text(size.median),
        "front": "yes" if on_front else "no",
        "trials": time.n,
        "name": short_text(row.variant),
    }


def _spread(points: Sequence[Record]) -> list[Record]:
    """The points whose intervals are drawn: of a crowd only those of the front."""
    return [point for point in points if point["on_front"] or len(points) <= MANY]
