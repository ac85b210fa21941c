"""What can be asked of the index: runs, series, their samples. Neighbour: `history_index` writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Select, select

from bench.model.environment import Fact
from bench.model.history import RunEntry, SeriesName, Target
from bench.model.run import Source
from bench.ports.history_index import HistoryIndex, series_name
from bench.ports.history_schema import runs_table, series_table, targets_table, trials_table
from bench.pure.series import METRICS, Sample

_ROWS_AT_ONCE = 10_000
_FEW_SERIES = 500
_RUN_COLUMNS = (
    "key",
    "name",
    "scenario",
    "title",
    "created_s",
    "source",
    "target",
    "n_planned",
    "n_recorded",
    "n_valid",
    "is_complete",
    "bases",
    "revisions",
    "buildmark_version",
    "present",
    "problem",
)


def runs(
    index: HistoryIndex, *, scenario: str | None = None, branch: str | None = None, place: str | None = None
) -> dict[int, RunEntry]:
    """The runs of the index by their keys, the newest first; of one scenario, one branch, one place, or all."""
    query = _select_runs(scenario=scenario, branch=branch)
    return _entries(index, query if place is None else query.where(runs_table.c.place == place))


def series_names(index: HistoryIndex) -> dict[int, SeriesName]:
    """Every series by its key."""
    table = series_table.c
    with index.reading() as connection:
        rows = connection.execute(select(table.key, table.scenario, table.variant, table.state))
        return {key: series_name(scenario, variant, state) for key, scenario, variant, state in rows}


def targets(index: HistoryIndex) -> dict[str, Target]:
    """Every target by its digest."""
    with index.reading() as connection:
        rows = connection.execute(select(targets_table.c.digest, targets_table.c.facts))
        return {
            digest: Target(digest=digest, facts=msgspec.json.decode(facts, type=dict[str, Fact]))
            for digest, facts in rows
        }


def samples(index: HistoryIndex, metrics: Sequence[str], *, series: Sequence[int] | None = None) -> Iterator[Sample]:
    """The trials that count, those of one run and series together, in rows as they come from the database.

    `series` are keys, None for all. A row's values are in the order of `metrics`, which are of
    `bench.pure.series.METRICS`. The order is that of the table, so that nothing is sorted and little is held.
    """
    table = trials_table.c
    query = select(table.run, table.series, *(table[metric] for metric in metrics)).order_by(table.run, table.series)
    wanted = None if series is None else set(series)
    if wanted is not None and len(wanted) <= _FEW_SERIES:
        query = query.where(table.series.in_(wanted))
        wanted = None
    with index.reading() as connection:
        result = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query)
        for rows in result.partitions():
            yield from rows if wanted is None else [row for row in rows if row[1] in wanted]


def samples_of_runs(
    index: HistoryIndex, names: Sequence[str], metric: str
) -> dict[str, Mapping[SeriesName, Mapping[int, float]]]:
    """The values of one metric in a few runs: by the run's name, by series, by round. An unknown run has none."""
    table, of_series = trials_table.c, series_table.c
    query = (
        select(
            runs_table.c.name,
            of_series.scenario,
            of_series.variant,
            of_series.state,
            table.round,
            table[_known(metric)],
        )
        .join_from(trials_table, runs_table, runs_table.c.key == table.run)
        .join(series_table, of_series.key == table.series)
        .where(runs_table.c.name.in_(names), table[metric].is_not(None))
    )
    found: dict[str, defaultdict[SeriesName, dict[int, float]]] = {name: defaultdict(dict) for name in names}
    made: dict[tuple[str, str, str], SeriesName] = {}
    with index.reading() as connection:
        for name, scenario, variant, state, round_, value in connection.execute(query):
            words = (scenario, variant, state)
            if words not in made:
                made[words] = series_name(*words)
            found[name][made[words]][round_] = value
    return {name: dict(by_series) for name, by_series in found.items()}


def recent_runs(index: HistoryIndex, scenario: str, target: str, branch: str | None, limit: int) -> tuple[str, ...]:
    """The names of the newest runs of a scenario on one target and branch, the newest first, `limit` at most.

    Only runs whose folder is there, that have a trial that counts, and of whose commit nothing is known to be changed.
    """
    query = _usable(_select_runs(scenario=scenario, branch=branch)).where(runs_table.c.target == target).limit(limit)
    return tuple(entry.name for entry in _entries(index, query).values())


def _usable(query: Select[Any]) -> Select[Any]:
    table = runs_table.c
    return query.where(table.present, table.n_valid > 0, table.git_commit.is_not(None), table.git_dirty.is_not(True))


def _select_runs(*, scenario: str | None = None, branch: str | None = None) -> Select[Any]:
    table = runs_table.c
    query = select(*(table[name] for name in _RUN_COLUMNS)).order_by(table.created_s.desc(), table.name.desc())
    if scenario is not None:
        query = query.where(table.scenario == scenario)
    return query if branch is None else query.where(table.git_branch == branch)


def _entries(index: HistoryIndex, query: Select[Any]) -> dict[int, RunEntry]:
    with index.reading() as connection:
        return {row.key: _entry(row) for row in connection.execute(query)}


def _entry(row: Any) -> RunEntry:
    return RunEntry(
        name=row.name,
        scenario=row.scenario,
        title=row.title,
        created_at=datetime.fromtimestamp(row.created_s, UTC),
        source=msgspec.json.decode(row.source, type=Source),
        target=row.target,
        n_planned=row.n_planned,
        n_recorded=row.n_recorded,
        n_valid=row.n_valid,
        is_complete=row.is_complete,
        bases=msgspec.json.decode(row.bases, type=dict[str, str]),
        revisions=msgspec.json.decode(row.revisions, type=tuple[str, ...]),
        buildmark_version=row.buildmark_version,
        present=row.present,
        problem=row.problem,
    )


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise ValueError(f"the index does not keep {metric}")
    return metric
