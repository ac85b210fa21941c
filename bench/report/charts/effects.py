"""A forest plot: what each level of each axis does to time and to size, as ratios with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.model.scenario import State
from bench.model.summary import AxisEffect, Summary
from bench.pure.metrics import IMAGE_SIZE, WALL
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
)
from bench.report.charts.names import letters_for, short_text, unique_labels
from bench.report.charts.scales import ratio_span, ratio_ticks
from bench.report.charts.themes import SHAPES, STATES, Spec
from bench.report.units import TIMES, ratio_text

if TYPE_CHECKING:
    import altair as alt

TITLE = "Effect of each axis level on time and size"
_LEAST_ROUNDS = 3
"""With fewer, Student's t has one degree of freedom at most, and its interval says nothing."""
_PANELS = {WALL: "time, ratio to the reference", IMAGE_SIZE: "size, ratio to the reference"}
_NARROW = 560
_LANE = 13

Place = tuple[str, str]
"""An axis and one of its levels."""


def effects(summary: Summary, *, width: int = WIDTH) -> Spec:
    """Each level against its axis's reference, per state; a line at 1, which means no effect; `width` pixels wide."""
    usable = [effect for effect in summary.axes if effect.ratio > 0]
    if not usable:
        return said(TITLE, _why_none(summary), summary.run, width=width)
    places = list(dict.fromkeys((effect.axis, effect.level) for effect in usable))
    shown = _largest(places, usable)
    named = {(one.axis, one.level): _words(one, letters_for(width)) for one in usable if (one.axis, one.level) in shown}
    labels = unique_labels(named, letters_for(width) + 10)
    kept = [effect for effect in usable if (effect.axis, effect.level) in labels]
    lines = [
        run_line(summary.run),
        "Left of the line: faster or smaller than the reference. Geometric means of ratios by round, 95 % intervals.",
        *left_out_line(len(shown), len(places), "levels with the largest effect"),
        *_few_rounds(kept),
    ]
    return finished(
        _panels(kept, labels, width).to_dict(validate=False),  # tests do that
        title=TITLE,
        lines=lines,
        description=f"{TITLE}. {_told(kept)}",
        width=width,
    )


def _why_none(summary: Summary) -> str:
    if all(len(levels) < 2 for levels in summary.run.axes.values()):  # noqa: PLR2004 - one level has no other beside it
        return "Every axis of this run has one level: there is nothing to compare it with."
    return "No level has a round in which both it and its axis's first level have a valid trial."


def _largest(places: Sequence[Place], found: Sequence[AxisEffect]) -> list[Place]:
    """The levels with the largest effect on anything, in the order of the axes."""
    sizes: dict[Place, float] = {}
    for effect in found:
        place = effect.axis, effect.level
        sizes[place] = max(sizes.get(place, 0.0), abs(math.log(effect.ratio)))
    kept = set(sorted(places, key=lambda place: -sizes[place])[:MOST_ROWS])
    return [place for place in places if place in kept]


def _words(effect: AxisEffect, letters: int) -> str:
    """The level and the reference, of which the level is more worth telling."""
    return f"{short_text(effect.level, letters * 6 // 10 + 4)} / {short_text(effect.reference, letters * 4 // 10 + 4)}"


def _few_rounds(found: Sequence[AxisEffect]) -> list[str]:
    few = any(effect.n_rounds < _LEAST_ROUNDS for effect in found)
    return [f"Without an interval: fewer than {_LEAST_ROUNDS} rounds."] if few else []


def _panels(found: Sequence[AxisEffect], labels: dict[Place, str], width: int) -> alt.HConcatChart | alt.VConcatChart:
    import altair as alt

    metrics = [metric for metric in _PANELS if any(effect.metric == metric for effect in found)]
    beside = label_width(labels.values())
    stacked = width < _NARROW
    each = max((width - beside) // (1 if stacked else len(metrics)) - 20, 120)
    states = [state for state in State if any(effect.state is state for effect in found)]
    charts = [
        _panel(
            [effect for effect in found if effect.metric == metric],
            labels,
            states,
            title=_PANELS[metric],
            width=each,
            legend_width=width,
            with_labels=stacked or number == 0,
        )
        for number, metric in enumerate(metrics)
    ]
    return alt.vconcat(*charts) if stacked else alt.hconcat(*charts)


def _panel(
    found: Sequence[AxisEffect],
    labels: dict[Place, str],
    states: Sequence[State],
    *,
    title: str,
    width: int,
    legend_width: int,
    with_labels: bool,
) -> Layers:
    import altair as alt

    values = [_record(effect, labels) for effect in found]
    ends = [value[name] for value in values for name in ("low", "high") if value[name] is not None]
    span = ratio_span([value["ratio"] for value in values], ends)
    names = [state.value for state in states]
    x = (
        alt.X("ratio:Q", title=title)
        .scale(type="log", domain=[span.low, span.high], nice=False)
        .axis(values=ratio_ticks(span, most=max(width // 50, 3)), labelExpr=f"'{TIMES}' + format(datum.value, '~g')")
    )
    y = alt.Y("label:N", title=None, sort=list(labels.values())).axis(labels=with_labels, labelLimit=400, grid=True)
    y = y.scale(domain=list(labels.values()), paddingInner=0.25, paddingOuter=0.15)
    colour = alt.Color("state:N").scale(domain=names, range=[STATES[state] for state in states])
    colour = colour.legend(**fitting_under(names, width=legend_width))
    shape = alt.Shape("state:N").scale(domain=names, range=list(SHAPES[: len(names)]))
    base = alt.Chart(inline(values)).encode(y=y, yOffset=alt.YOffset("state:N").sort(names).scale(domain=names))
    spread = base.mark_rule(strokeWidth=2, clip=True).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=colour)
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=x,
        color=colour,
        shape=shape.legend(**fitting_under(names, width=legend_width)),
        tooltip=[
            alt.Tooltip("what:N", title="level"),
            alt.Tooltip("state:N", title="state"),
            alt.Tooltip("told:N", title="ratio (95 % interval)"),
            alt.Tooltip("rounds:Q", title="rounds"),
            alt.Tooltip("pairs:Q", title="pairs"),
        ],
    )
    guide = alt.Chart(inline([{"ratio": 1}])).mark_rule(style="guide").encode(x=alt.X("ratio:Q"))
    height = len(labels) * (len(names) * _LANE + 9)
    return alt.layer(guide, spread.transform_filter("isValid(datum.low)"), dots).properties(width=width, height=height)


def _record(effect: AxisEffect, labels: dict[Place, str]) -> Record:
    told = effect.n_rounds >= _LEAST_ROUNDS and effect.high is not None and math.isfinite(effect.high)
    low, high = (effect.low, effect.high) if told else (None, None)
    return {
        "label": labels[effect.axis, effect.level],
        "what": f"{short_text(effect.axis, 40)}: {short_text(effect.level)} instead of {short_text(effect.reference)}",
        "axis": effect.axis,
        "level": effect.level,
        "state": effect.state.value,
        "ratio": effect.ratio,
        "low": low,
        "high": high,
        "told": ratio_text(effect.ratio, low, high),
        "rounds": effect.n_rounds,
        "pairs": effect.n_pairs,
    }


def _told(found: Sequence[AxisEffect]) -> str:
    largest = sorted(found, key=lambda effect: -abs(math.log(effect.ratio)))[:6]
    words = [
        f"{short_text(one.level, 40)} instead of {short_text(one.reference, 40)}, {one.state}, "
        f"{'time' if one.metric == WALL else 'size'} {ratio_text(one.ratio)}"
        for one in largest
    ]
    return f"The largest: {'; '.join(words)}."
