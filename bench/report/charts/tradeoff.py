"""Size against time: a point a variant with its interval, the Pareto front drawn and named."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.model.scenario import State
from bench.model.summary import Row, Summary
from bench.report.charts.frame import (
    BYTES_LABEL,
    WIDTH,
    Layers,
    Record,
    finished,
    fitting_under,
    inline,
    run_line,
    said,
    ticks_for,
)
from bench.report.charts.names import named
from bench.report.charts.placing import Box, Corner, Labelled, place_labels
from bench.report.charts.rows import nothing_counts, timed, usual_state
from bench.report.charts.themes import BLUE, SERIES, SHAPES, Spec
from bench.report.charts.tradeoff_points import MANY, SIZES, Field, field_of, size_metric
from bench.report.units import count_text

if TYPE_CHECKING:
    import altair as alt

_MOST_LABELS = 40
_BESIDE = 95
"""Pixels that the vertical axis and the margins take."""
_ON_FRONT = (Corner.BELOW_LEFT, Corner.BELOW_RIGHT, Corner.ABOVE_RIGHT, Corner.ABOVE_LEFT)
_BEHIND = (Corner.ABOVE_RIGHT, Corner.BELOW_RIGHT, Corner.ABOVE_LEFT, Corner.BELOW_LEFT)


def tradeoff(summary: Summary, *, state: State | None = None, width: int = WIDTH) -> Spec:
    """The variants of a run in a state (cold, where there is any), `width` pixels wide.

    The size is the compressed one where all variants have it, else the unpacked one.
    """
    chosen = state or usual_state(summary)
    title = f"Image size against time, state {chosen}"
    rows = timed(summary.rows, chosen)
    if not rows:
        return said(title, nothing_counts(summary), summary.run, width=width)
    metric = size_metric(rows)
    sized = [row for row in rows if metric in row.metrics]
    if not sized:
        return said(title, "No variant's image size is known.", summary.run, width=width)
    field = field_of(summary, sized, metric, width)
    front = [point for point in field.points if point["on_front"]]
    lines = [
        run_line(summary.run),
        f"On the Pareto front (no variant is both faster and smaller): {named(point['id'] for point in front)}.",
        *(
            [f"Of {len(sized):,} variants, intervals are drawn for those of the front only."]
            if len(sized) > MANY
            else []
        ),
        *_missing(summary, chosen, sized),
    ]
    return finished(
        _layers(field, chosen, metric).to_dict(validate=False),  # tests do that
        title=title,
        lines=lines,
        description=_description(title, field.points, front),
        width=width,
    )


def _layers(field: Field, state: State, metric: str) -> Layers:
    import altair as alt

    x = alt.X("time_s:Q", title=f"{state} build, median (s)").scale(
        type=field.time.kind, domain=[field.time.low, field.time.high], nice=False
    )
    x = x.axis(tickCount=ticks_for(field.width))
    y = (
        alt.Y("size_bytes:Q", title=f"image size, {SIZES[metric]}")
        .scale(type=field.size.kind, domain=[field.size.low, field.size.high], nice=False)
        .axis(labelExpr=BYTES_LABEL, tickCount=6)
    )
    base = alt.Chart(inline(field.points)).encode(x=x, y=y)
    front = base.transform_filter("datum.on_front").mark_line(
        style="front", interpolate="step-after", strokeDash=[2, 2]
    )
    colour = _colour(field)
    crowd = base.transform_filter("datum.on_front") if len(field.points) > MANY else base
    spread = crowd.mark_rule(strokeWidth=1.5, opacity=0.8).encode(
        x=alt.X("low_s:Q"), x2=alt.X2("high_s:Q"), color=colour
    )
    tall = crowd.mark_rule(strokeWidth=1.5, opacity=0.8).encode(
        y=alt.Y("size_low_bytes:Q"), y2=alt.Y2("size_high_bytes:Q"), color=colour
    )
    dots = base.mark_point(filled=True, opacity=1, size=70 if len(field.points) <= MANY else 25).encode(
        color=colour,
        **({"shape": _shape(field)} if field.groups else {}),
        tooltip=[
            alt.Tooltip("name:N", title="variant"),
            alt.Tooltip("time:N", title="time (interval)"),
            alt.Tooltip("size:N", title="size"),
            alt.Tooltip("front:N", title="on the Pareto front"),
            alt.Tooltip("trials:Q", title="trials that count"),
        ],
    )
    charts = [front, spread, tall, dots, *_labels(field, x, y)]
    return (
        alt.layer(*charts)
        .properties(width=field.width, height=field.height)
        .properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    )


def _colour(field: Field) -> Any:
    import altair as alt

    if not field.groups:
        return alt.value(BLUE)
    return (
        alt.Color("group:N")
        .scale(domain=field.groups, range=list(SERIES[: len(field.groups)]))
        .legend(**fitting_under(field.groups, width=field.width))
    )


def _shape(field: Field) -> alt.Shape:
    import altair as alt

    return (
        alt.Shape("group:N")
        .scale(domain=field.groups, range=list(SHAPES[: len(field.groups)]))
        .legend(**fitting_under(field.groups, width=field.width))
    )


def _labels(field: Field, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """A layer for each corner in which labels stand."""
    import altair as alt

    points = sorted(field.points, key=lambda point: not point["on_front"])
    across, down = field.width - _BESIDE, field.height
    labelled = [
        Labelled(
            x=field.time.share(point["time_s"]) * across,
            y=(1 - field.size.share(point["size_bytes"])) * down,
            label=point["variant"],
            corners=_corners(point, len(points)) if number < _MOST_LABELS else (),
        )
        for number, point in enumerate(points)
    ]
    front = [one for one, point in zip(labelled, points, strict=True) if point["on_front"]]
    placed = place_labels(labelled, width=across, height=down, lines=_stairs(front))
    layers = []
    for corner in dict.fromkeys(placed.values()):
        chosen = [points[number] for number, at in placed.items() if at is corner]
        values = [{name: point[name] for name in ("variant", "time_s", "size_bytes")} for point in chosen]
        mark = alt.Chart(inline(values)).mark_text(
            style="ink",
            align="right" if corner.is_left else "left",
            baseline="bottom" if corner.is_above else "top",
            dx=-6 if corner.is_left else 6,
            dy=-4 if corner.is_above else 5,
        )
        layers.append(mark.encode(x=x, y=y, text=alt.Text("variant:N")))
    return layers


def _corners(point: Record, n_points: int) -> tuple[Corner, ...]:
    """Where a label may stand: left below a point of the front there is never another; a crowd is not labelled."""
    if point["on_front"]:
        return _ON_FRONT
    return _BEHIND if n_points <= MANY else ()


def _stairs(front: Sequence[Labelled]) -> list[Box]:
    """The line of the front: from each point to the right, then down to the next."""
    steps: list[Box] = []
    for here, there in itertools.pairwise(front):
        steps += [(here.x, here.y - 0.5, there.x, here.y + 0.5), (there.x - 0.5, here.y, there.x + 0.5, there.y)]
    return steps


def _missing(summary: Summary, state: State, shown: Sequence[Row]) -> list[str]:
    there = {row.variant for row in summary.rows if row.state is state}
    left = sorted(there - {row.variant for row in shown})
    return [f"Without a time or a size: {named(left)}."] if left else []


def _description(title: str, points: Sequence[Record], front: Sequence[Record]) -> str:
    told = "; ".join(f"{point['variant']} {point['time']}, {point['size']}" for point in front[:6])
    return f"{title}: {count_text(len(points), 'variant')}. On the Pareto front: {told}."
