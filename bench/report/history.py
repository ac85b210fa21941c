"""The runs of the index, and the points of its series, as text. Returns text; somebody else prints it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bench.model.history import RunEntry, RunList, SeriesHistory, SeriesList
from bench.report.choices import HistoryFormat
from bench.report.grid import GridColumn, terminal_grid
from bench.report.units import ABSENT, metric_range_text, metric_text, percent_text, plain_text

_SHORT = 9
_LONGEST = 50


def render_runs(runs: RunList, form: HistoryFormat, *, width: int) -> str:
    """The runs, the newest first."""
    if form is HistoryFormat.JSON:
        return json_text(runs)
    if not runs.runs:
        return "There is no such run in the index.\n"
    entries = runs.runs
    columns = [
        GridColumn(header="run", cells=tuple(entry.name for entry in entries), left=True),
        GridColumn(header="begun (UTC)", cells=tuple(_begun(entry) for entry in entries), left=True, drop=2),
        GridColumn(header="scenario", cells=tuple(entry.scenario for entry in entries), left=True, drop=3),
        GridColumn(header="commit", cells=tuple(_commit_of(entry) for entry in entries), left=True),
        GridColumn(header="branch", cells=tuple(_branch_of(entry) for entry in entries), left=True, drop=1),
        GridColumn(header="valid trials", cells=tuple(trials_text(entry) for entry in entries), left=True),
        GridColumn(header="what", cells=tuple(_what(entry) for entry in entries), left=True, drop=4),
    ]
    return terminal_grid(columns, width=width) + "\n"


def render_series(series: SeriesList, form: HistoryFormat, *, width: int) -> str:
    """Each series with its points, the oldest first."""
    if form is HistoryFormat.JSON:
        return json_text(series)
    if not series.series:
        return "No run of the index has a trial that counts.\n"
    return "\n".join(_series_table(one, width) for one in series.series)


def _series_table(series: SeriesHistory, width: int) -> str:
    points, unit = series.points, series.unit
    machines = {target: number for number, target in enumerate(dict.fromkeys(one.target for one in points), start=1)}
    columns = [
        GridColumn(header="run", cells=tuple(one.run for one in points), left=True, drop=1),
        GridColumn(header="begun (UTC)", cells=tuple(time_text(one.created_at) for one in points), left=True),
        GridColumn(header="commit", cells=tuple(commit_text(one.commit, dirty=one.dirty) for one in points), left=True),
        GridColumn(header="branch", cells=tuple(plain_text(one.branch or ABSENT) for one in points), left=True, drop=2),
        GridColumn(header=f"median {series.metric}", cells=tuple(metric_text(one.median, unit) for one in points)),
        GridColumn(
            header="interval",
            cells=tuple(metric_range_text(one.low, one.high, unit, like=one.median) for one in points),
        ),
        GridColumn(header="covers", cells=tuple(percent_text(one.coverage) for one in points), drop=3),
        GridColumn(header="n", cells=tuple(str(one.n) for one in points)),
    ]
    if len(machines) > 1:
        cells = tuple(str(machines[one.target]) for one in points)
        columns.append(GridColumn(header="machine", cells=cells))
    return f"{series.series}\n{terminal_grid(columns, width=width)}\n"


def json_text(value: msgspec.Struct) -> str:
    """A value as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def time_text(moment: datetime) -> str:
    """A moment in UTC, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def commit_text(commit: str | None, *, dirty: bool | None) -> str:
    """The beginning of a commit's hash, with a star where something was not committed."""
    return ABSENT if commit is None else f"{commit[:_SHORT]}{'*' if dirty else ''}"


def trials_text(entry: RunEntry) -> str:
    """How many trials count, of those that the run was to have: of a complete one, those that it had."""
    if entry.problem is not None:
        return ABSENT
    return f"{entry.n_valid} of {entry.n_recorded if entry.is_complete else entry.n_planned}"


def revisions_text(entry: RunEntry) -> str:
    """What a run compares, empty for one that compares no revisions: `compares main, feature`."""
    return f"compares {', '.join(entry.revisions)}" if entry.revisions else ""


def _begun(entry: RunEntry) -> str:
    return time_text(entry.created_at)


def _commit_of(entry: RunEntry) -> str:
    return commit_text(entry.source.commit, dirty=entry.source.dirty)


def _branch_of(entry: RunEntry) -> str:
    return plain_text(entry.source.branch or ABSENT)


def _what(entry: RunEntry) -> str:
    gone = "" if entry.present else "(folder gone) "
    words = plain_text(_problem(entry) or entry.source.subject or revisions_text(entry) or entry.title)
    return gone + (words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…")


def _problem(entry: RunEntry) -> str:
    """What is wrong with a run, the path of its folder left out: its name stands in the same line."""
    problem = entry.problem or ""
    return problem.partition(f"/{entry.name}/")[2] or problem
