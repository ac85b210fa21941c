"""Every trial as a dot, a lane a round within each variant's row, so that noise and drift are seen."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.pure.metrics import counts
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
    said,
    ticks_for,
)
from bench.report.charts.names import letters_for, short_text, unique_labels
from bench.report.charts.scales import span_of
from bench.report.charts.themes import BLUE, ORANGE, VERMILLION, Spec
from bench.report.units import count_text, seconds_text

if TYPE_CHECKING:
    import altair as alt

TITLE = "Every trial"
COUNTS, DISTURBED, INVALID = "counts", "disturbed by other work", "invalid"
MARKS = {COUNTS: (BLUE, "circle"), DISTURBED: (ORANGE, "diamond"), INVALID: (VERMILLION, "cross")}
_ROW = (20, 48)
_LANE = 4
_PANEL = 900

Placed = Mapping[State, Mapping[str, Sequence[Trial]]]


def trials(run: Run, recorded: Sequence[Trial], *, width: int = WIDTH) -> Spec:
    """The wall time of every trial that has one, in seconds, by variant and round; a panel for each state.

    Trials that do not count are marked; those that measured nothing are counted under the title.
    """
    planned = {variant.id for variant in run.plan.variants}
    ours = [trial for trial in recorded if trial.variant in planned]
    placed = _placed([trial for trial in ours if _kind(trial) is not None and trial.wall_s is not None])
    if not placed:
        return said(TITLE, _why_none(recorded), width=width)
    shown = {state: dict(list(rows.items())[:MOST_ROWS]) for state, rows in placed.items()}
    most = max(map(len, placed.values()))
    lines = [
        f"{short_text(run.plan.scenario, 40)}: {short_text(run.title, 70)} · run {short_text(run.id, 40)}",
        "A dot a trial, the first round on top; a line at the median of those that count. The fastest variant first.",
        *left_out_line(min(most, MOST_ROWS), most, "fastest variants of each state"),
        *_lost_line(ours),
    ]
    return finished(
        _panels(shown, run.plan.rounds, width).to_dict(),
        title=f"{TITLE} ({len(ours):,})",
        lines=lines,
        description=f"{TITLE}. {_told(ours)}",
        width=width,
    )


def _why_none(recorded: Sequence[Trial]) -> str:
    if not recorded:
        return "No trial of this run has been recorded yet."
    return f"None of the {count_text(len(recorded), 'recorded trial')} came to an end that could be timed."


def _kind(trial: Trial) -> str | None:
    if trial.status is TrialStatus.VALID:
        return COUNTS if counts(trial) else DISTURBED
    return INVALID if trial.status is TrialStatus.INVALID else None


def _placed(timed: Sequence[Trial]) -> dict[State, dict[str, list[Trial]]]:
    """By state and variant, the variants with the smallest median first."""
    found: defaultdict[State, defaultdict[str, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for trial in timed:
        found[trial.state][trial.variant].append(trial)
    return {
        state: dict(sorted(found[state].items(), key=lambda item: (_middle(item[1]), item[0])))
        for state in State
        if state in found
    }


def _middle(some: Sequence[Trial]) -> float:
    """The median of the trials that count; without any, of all, but behind every variant that has some."""
    counted = [trial.wall_s or 0.0 for trial in some if counts(trial)]
    return statistics.median(counted) if counted else 1e9 + statistics.median(trial.wall_s or 0.0 for trial in some)


def _lost_line(ours: Sequence[Trial]) -> list[str]:
    lost = sum(_kind(trial) is None or trial.wall_s is None for trial in ours)
    return (
        [f"Without a time, and so not shown: {count_text(lost, 'trial')} that failed or could not begin."]
        if lost
        else []
    )


def _panels(shown: Placed, rounds: int, width: int) -> alt.VConcatChart:
    import altair as alt

    labels = unique_labels({variant: variant for rows in shown.values() for variant in rows}, letters_for(width))
    across = max(width - label_width(labels.values()), 200)
    present = {_kind(trial) for rows in shown.values() for some in rows.values() for trial in some}
    legend = [word for word in MARKS if word in present]
    charts = [_panel(state, rows, labels, rounds, width=across, legend=legend) for state, rows in shown.items()]
    return alt.vconcat(*charts, spacing=18)


def _panel(
    state: State,
    rows: Mapping[str, Sequence[Trial]],
    labels: Mapping[str, str],
    rounds: int,
    *,
    width: int,
    legend: list[str],
) -> Layers:
    import altair as alt

    values = [_record(trial, labels[variant]) for variant, some in rows.items() for trial in some]
    order = [labels[variant] for variant in rows]
    row = _height(rounds, len(order))
    span = span_of([value["wall_s"] for value in values], before=0.04, after=0.04)
    scale = alt.Scale(type=span.kind, domain=[span.low, span.high], nice=False)
    x = alt.X("wall_s:Q", title=f"{state} build (s)", scale=scale).axis(tickCount=ticks_for(width))
    y = alt.Y("variant:N", title=None, sort=order).scale(domain=order, paddingInner=0.25, paddingOuter=0.12)
    y = y.axis(labelLimit=400, ticks=False, domain=False, grid=True)
    kinds, marks = list(MARKS), list(MARKS.values())
    beneath = fitting_under(legend, width=width)
    dots = (
        alt.Chart(inline(values))
        .mark_point(filled=True, size=28, opacity=0.85)
        .encode(
            x=x,
            y=y,
            yOffset=alt.YOffset("round:Q").scale(domain=[0, max(rounds, 1) + 1]),
            color=alt.Color("kind:N").scale(domain=kinds, range=[one[0] for one in marks]).legend(**beneath),
            shape=alt.Shape("kind:N").scale(domain=kinds, range=[one[1] for one in marks]).legend(**beneath),
            tooltip=[
                alt.Tooltip("variant:N"),
                alt.Tooltip("time:N"),
                alt.Tooltip("round:Q"),
                alt.Tooltip("number:Q", title="trial"),
                alt.Tooltip("kind:N", title="it"),
                alt.Tooltip("why:N"),
            ],
        )
    )
    medians = alt.Chart(inline(_medians(rows, labels))).mark_tick(style="median", thickness=1.5, bandSize=row * 0.75)
    height = round(len(order) * row)
    return alt.layer(
        medians.encode(x=alt.X("median_s:Q", title=f"{state} build (s)", scale=scale), y=y), dots
    ).properties(width=width, height=height)


def _height(rounds: int, n_rows: int) -> float:
    """Of a row, in pixels: a lane for each round, as long as the panel stays below what a screen or two can show."""
    return min(max(rounds * _LANE + 10, _ROW[0]), max(_PANEL / n_rows, _ROW[0]), _ROW[1])


def _record(trial: Trial, label: str) -> Record:
    return {
        "id": trial.variant,
        "variant": label,
        "wall_s": trial.wall_s,
        "time": seconds_text(trial.wall_s or 0.0),
        "round": trial.round,
        "number": trial.number,
        "kind": _kind(trial),
        "why": short_text(trial.reason or trial.disturbed or "it is valid", 200),
    }


def _medians(rows: Mapping[str, Sequence[Trial]], labels: Mapping[str, str]) -> list[Record]:
    counted = {variant: [trial.wall_s or 0.0 for trial in some if counts(trial)] for variant, some in rows.items()}
    return [
        {"variant": labels[variant], "median_s": statistics.median(walls)}
        for variant, walls in counted.items()
        if walls
    ]


def _told(ours: Sequence[Trial]) -> str:
    kinds = [_kind(trial) for trial in ours]
    words = [
        f"{kinds.count(word):,} {said_of}"
        for word, said_of in zip(MARKS, ("count", "disturbed", "invalid"), strict=True)
    ]
    return f"{count_text(len(ours), 'trial')}: {', '.join(words)}, {kinds.count(None):,} without a time."
