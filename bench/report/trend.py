"""The changes of series as text: for a terminal, as Markdown, as JSON. Returns text; somebody else prints it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bench.model.history import Change, ChangeKind, Place, SeriesTrend, Trends
from bench.pure.trends import LEAST_RUNS
from bench.report.choices import TrendFormat
from bench.report.grid import GridColumn, markdown_grid, terminal_grid
from bench.report.history import commit_text, json_text, time_text
from bench.report.units import count_text, metric_text, ratio_text

_ARROW = "\N{RIGHTWARDS ARROW}"
_Step = tuple[SeriesTrend, Change]


def render_trends(trends: Trends, form: TrendFormat, *, width: int) -> str:
    """The steps as a table, the series in order of their names; under it what else a reader must know."""
    match form:
        case TrendFormat.JSON:
            return json_text(trends)
        case TrendFormat.MARKDOWN:
            return _document(trends, markdown_grid(_columns(_steps(trends))), width=None)
        case TrendFormat.TABLE:
            table = terminal_grid(_columns(_steps(trends)), width=width)
            return _document(trends, table, width=width)


def _document(trends: Trends, table: str, *, width: int | None) -> str:
    lines = [f"- {line}" for line in (*_step_notes(trends), *_machine_notes(trends), *_search_notes(trends))]
    wrapped = lines if width is None else [_wrapped(line, width) for line in lines]
    parts = [_headline(trends), *([table] if _steps(trends) else []), *(["\n".join(wrapped)] if wrapped else [])]
    return "\n\n".join(parts) + "\n"


def _headline(trends: Trends) -> str:
    steps = _steps(trends)
    many = f"{trends.n_searched:,} series searched"
    if not steps:
        return f"{many}: no step."
    n_series = len({(trend.series, trend.metric) for trend, _ in steps})
    return f"{many}: {count_text(len(steps), 'step')} in {n_series:,}."


def _steps(trends: Trends) -> list[_Step]:
    return [
        (trend, change) for trend in trends.series for change in trend.changes if change.kind is not ChangeKind.MACHINE
    ]


def _columns(steps: Sequence[_Step]) -> list[GridColumn]:
    metrics = {trend.metric for trend, _ in steps}
    metric = GridColumn(header="metric", cells=tuple(trend.metric for trend, _ in steps), left=True)
    return [
        GridColumn(header="series", cells=tuple(trend.series for trend, _ in steps), left=True),
        *([metric] if len(metrics) > 1 else []),
        GridColumn(header="since (UTC)", cells=tuple(time_text(one.at.created_at) for _, one in steps), left=True),
        GridColumn(header="step", cells=tuple(_step_text(one) for _, one in steps), left=True),
        GridColumn(
            header="median", cells=tuple(levels_text(one, trend.unit) for trend, one in steps), left=True, drop=2
        ),
        GridColumn(header="p", cells=tuple(_p_text(one.p_value) for _, one in steps), drop=3),
        GridColumn(header="commits", cells=tuple(range_text(one) for _, one in steps), left=True),
        GridColumn(header="first run", cells=tuple(one.at.run for _, one in steps), left=True, drop=1),
    ]


def _step_text(change: Change) -> str:
    word = "up" if change.kind is ChangeKind.STEP_UP else "down"
    return f"{word} {ratio_text(change.ratio or 1.0, change.low, change.high)}"


def levels_text(change: Change, unit: str) -> str:
    """The medians before and after a step: `1.00 s → 1.15 s`."""
    before, after = change.before_median or 0.0, change.after_median or 0.0
    return f"{metric_text(before, unit)} {_ARROW} {metric_text(after, unit)}"


def _p_text(p_value: float | None) -> str:
    return "" if p_value is None else f"{p_value:.2g}"


def range_text(change: Change) -> str:
    """After which commit, and at or before which: what the step came with lies between."""
    after, at = change.after, change.at
    if after.commit is None or at.commit is None:
        return f"not known: after run {after.run}"
    if after.commit == at.commit and not (after.dirty or at.dirty):
        return f"none: {_commit(at)} on both sides"
    return f"after {_commit(after)}, at or before {_commit(at)}"


def _commit(place: Place) -> str:
    return commit_text(place.commit, dirty=place.dirty)


def _step_notes(trends: Trends) -> list[str]:
    """What else changed where a step is: then the commits need not be the cause."""
    return [
        f"{trend.series}, {time_text(change.at.created_at)}: besides the commit, {change.detail}."
        for trend, change in _steps(trends)
        if change.detail
    ]


def _machine_notes(trends: Trends) -> list[str]:
    """A word for each change of machine; it concerns many series at once."""
    concerned: dict[tuple[str, str], set[str]] = {}
    moments: dict[tuple[str, str], Change] = {}
    for trend in trends.series:
        for change in trend.changes:
            if change.kind is ChangeKind.MACHINE:
                place = (change.at.run, change.detail)
                concerned.setdefault(place, set()).add(trend.series)
                moments[place] = change
    return [
        f"machine changed at {time_text(moments[place].at.created_at)}, run {place[0]}, in {len(names):,} series:"
        f" {place[1] or 'what differs is not known'}. Steps are looked for on each side by itself."
        for place, names in sorted(concerned.items(), key=lambda item: moments[item[0]].at.created_at)
    ]


def _search_notes(trends: Trends) -> list[str]:
    notes = []
    if trends.n_short:
        notes.append(
            f"{trends.n_short:,} series have fewer than {LEAST_RUNS} runs on any one machine:"
            " no step can be found there yet."
        )
    if trends.n_with_zero:
        notes.append(
            f"{trends.n_with_zero:,} series hold a value that is not above 0, of which nothing is a multiple:"
            " not searched there."
        )
    searched = trends.n_searched - trends.n_short
    if searched * trends.level >= 1:
        notes.append(
            f"The level is {trends.level:g} for each series: of {searched:,} without any step, up to"
            f" {searched * trends.level:,.0f} would show one by chance. A smaller --level shows fewer."
        )
    if any(place.dirty for _, change in _steps(trends) for place in (change.after, change.at)):
        notes.append("A star marks a run of which something was not committed.")
    return notes


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width=max(width, 40), subsequent_indent="  ", break_on_hyphens=False))
