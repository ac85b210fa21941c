"""A series over its runs: the medians in time, their levels, and rules where it changed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench.model.history import Change, ChangeKind, Point, SeriesHistory
from bench.report.charts.frame import (
    BYTES_LABEL,
    WIDTH,
    Layers,
    Record,
    finished,
    fitting_under,
    inline,
    label_width,
    said,
    ticks_for,
)
from bench.report.charts.names import short_text
from bench.report.charts.scales import span_of
from bench.report.charts.themes import BLUE, SERIES, SHAPES, Spec
from bench.report.history import commit_text, time_text
from bench.report.units import count_text, metric_range_text, metric_text, ratio_text

if TYPE_CHECKING:
    import altair as alt

_HEIGHT = 260
_HOUR = 3_600_000
_STAGGER = 3
_BESIDE = 95
"""Pixels that the vertical axis and the margins take."""
_MANY = 150
_MACHINE = "another machine"


def trend(history: SeriesHistory, changes: Sequence[Change] = (), *, width: int = WIDTH) -> Spec:
    """The points of a series, a run each, with its changes as rules; times are in UTC. `width` is in pixels.

    Points of different machines have a colour and a shape each, and no line between them.
    """
    title = f"{short_text(history.series, 90)}: {history.metric} by run"
    if not history.points:
        return said(title, "No run of the index has a trial of this series that counts.", width=width)
    machines = {target: number for number, target in enumerate(dict.fromkeys(one.target for one in history.points), 1)}
    values = [_record(point, machines[point.target], history.unit) for point in history.points]
    steps = [change for change in changes if change.kind is not ChangeKind.MACHINE]
    rules = [_rule(change, number) for number, change in enumerate(changes)]
    told = [f"{one['at_text']} {one['label']} (before: {one['before']}, after: {one['after']})" for one in rules]
    lines = [
        f"{count_text(len(values), 'run')}, {count_text(len(steps), 'step')}"
        + (f", {count_text(len(machines), 'machine')}" if len(machines) > 1 else "")
        + ". Median of the trials that count, with its interval.",
    ]
    return finished(
        _layers(history, values, rules, _levels(history, steps), width).to_dict(),
        title=title,
        lines=lines,
        description=f"{title}. {lines[0]} {'; '.join(told[:6])}",
        width=width,
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _record(point: Point, machine: int, unit: str) -> Record:
    between = metric_range_text(point.low, point.high, unit, like=point.median)
    return {
        "at": _ms(point.created_at),
        "at_text": time_text(point.created_at),
        "run": short_text(point.run, 80),
        "commit": commit_text(point.commit, dirty=point.dirty),
        "branch": short_text(point.branch or "not known", 80),
        "machine": f"machine {machine}",
        "median": point.median,
        "low": point.low,
        "high": point.high,
        "told": f"{metric_text(point.median, unit)} ({between})",
        "trials": point.n,
    }


def _between(change: Change) -> int:
    return (_ms(change.after.created_at) + _ms(change.at.created_at)) // 2


def _rule(change: Change, number: int) -> Record:
    return {
        "at": _between(change),
        "at_text": time_text(change.at.created_at),
        "kind": change.kind.value,
        "label": _MACHINE if change.ratio is None else ratio_text(change.ratio),
        "interval": "" if change.ratio is None else ratio_text(change.ratio, change.low, change.high),
        "before": commit_text(change.after.commit, dirty=change.after.dirty),
        "after": commit_text(change.at.commit, dirty=change.at.dirty),
        "detail": short_text(change.detail or "nothing else is known to have changed", 200),
        "lane": number % _STAGGER,
    }


def _levels(history: SeriesHistory, steps: Sequence[Change]) -> list[Record]:
    """The level of each stretch between the steps of a machine, from its first run to its last."""
    levels: list[Record] = []
    targets = {point.run: point.target for point in history.points}
    for target in dict.fromkeys(targets.values()):
        ours = [step for step in steps if targets.get(step.at.run) == target]
        if not ours:
            continue
        runs = [point for point in history.points if point.target == target]
        edges = [_ms(runs[0].created_at), *map(_between, ours), _ms(runs[-1].created_at)]
        heights = [ours[0].before_median, *(step.after_median for step in ours)]
        levels += [
            {"at": begin, "until": end, "level": level}
            for (begin, end), level in zip(itertools.pairwise(edges), heights, strict=True)
            if level is not None
        ]
    return levels


def _layers(
    history: SeriesHistory, values: list[Record], rules: list[Record], levels: list[Record], width: int
) -> Layers:
    import altair as alt

    first, last = values[0]["at"], values[-1]["at"]
    room = max((last - first) * 0.03, _HOUR if first == last else 1)
    x = alt.X("at:T", title="run begun (UTC)").scale(type="utc", domain=[first - room, last + room], nice=False)
    x = x.axis(tickCount=ticks_for(width))
    heights = [value[name] for value in values for name in ("median", "low", "high")]
    span = span_of([*heights, *(level["level"] for level in levels)], before=0.08, after=0.2)
    y = alt.Y("median:Q", title=_axis_title(history)).scale(type=span.kind, domain=[span.low, span.high], nice=False)
    y = y.axis(labelExpr=BYTES_LABEL) if history.unit == "bytes" else y
    machines = list(dict.fromkeys(value["machine"] for value in values))
    colour = _by_machine(machines, width)
    base = alt.Chart(inline(values)).encode(x=x, y=y)
    line = base.mark_line(strokeWidth=1, opacity=0.7).encode(color=colour["color"], detail="machine:N")
    spread = base.mark_rule(opacity=0.7).encode(y="low:Q", y2="high:Q", color=colour["color"])
    dots = base.mark_point(filled=True, opacity=1, size=50 if len(values) <= _MANY else 18).encode(
        **colour,
        tooltip=[
            alt.Tooltip("at_text:N", title="begun (UTC)"),
            alt.Tooltip("run:N"),
            alt.Tooltip("commit:N"),
            alt.Tooltip("branch:N"),
            alt.Tooltip("told:N", title="median (interval)"),
            alt.Tooltip("trials:Q", title="trials that count"),
            alt.Tooltip("machine:N"),
        ],
    )
    charts = [line, *([spread] if len(values) <= _MANY else []), *_level_layers(levels, x), dots]
    charts += _rule_layers(rules, x, first, last, width - _BESIDE)
    return (
        alt.layer(*charts)
        .properties(width=width, height=_HEIGHT)
        .properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    )


def _axis_title(history: SeriesHistory) -> str:
    return f"{history.metric}, median ({history.unit})" if history.unit == "s" else f"{history.metric}, median"


def _by_machine(machines: list[str], width: int) -> dict[str, Any]:
    import altair as alt

    if len(machines) == 1:
        return {"color": alt.value(BLUE)}
    colours = [SERIES[number % len(SERIES)] for number in range(len(machines))]
    shapes = [SHAPES[number % len(SHAPES)] for number in range(len(machines))]
    beneath = fitting_under(machines, width=width)
    return {
        "color": alt.Color("machine:N").scale(domain=machines, range=colours).legend(**beneath),
        "shape": alt.Shape("machine:N").scale(domain=machines, range=shapes).legend(**beneath),
    }


def _level_layers(levels: list[Record], x: alt.X) -> list[alt.Chart]:
    import altair as alt

    if not levels:
        return []
    marks = alt.Chart(inline(levels)).mark_rule(style="median", opacity=0.8, clip=True)
    return [marks.encode(x=x, x2="until:T", y="level:Q")]


def _rule_layers(rules: list[Record], x: alt.X, first: int, last: int, across: int) -> list[alt.Chart]:
    """The rules, and beside each its label, at heights in turn so that neighbours do not cover each other."""
    import altair as alt

    if not rules:
        return []
    tooltip = [
        alt.Tooltip("label:N", title="change"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("before:N", title="last before"),
        alt.Tooltip("after:N", title="first after"),
        alt.Tooltip("detail:N", title="besides"),
    ]
    layers = [alt.Chart(inline(rules)).mark_rule(style="guide").encode(x=x, tooltip=tooltip)]
    for (lane, is_late), group in _grouped(rules, first, last, across).items():
        text = alt.Chart(inline(group)).mark_text(
            style="ink", align="right" if is_late else "left", baseline="top", dx=-4 if is_late else 4, dy=lane * 14
        )
        layers.append(text.encode(x=x, y=alt.value(0), text="label:N", tooltip=tooltip))
    return layers


def _grouped(rules: Sequence[Record], first: int, last: int, across: int) -> dict[tuple[int, bool], list[Record]]:
    """By the lane of the label, and whether it stands left of its rule because there is no room to the right."""
    groups: dict[tuple[int, bool], list[Record]] = {}
    for rule in rules:
        left = (last - rule["at"]) / max(last - first, 1) * across
        groups.setdefault((rule["lane"], left < label_width([rule["label"]])), []).append(rule)
    return groups
