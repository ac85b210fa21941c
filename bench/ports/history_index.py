"""The index over all runs: made from run folders, and always to be made again from them (docs/FORMAT.md).

Neighbours: `history_database` opens it, `history_schema` has the tables, `history_queries` reads them, `history_update`
brings them up to date.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bench.model.history import IndexedRun, SeriesName, Target
from bench.model.scenario import State
from bench.ports.history_database import HistoryDatabase
from bench.ports.history_schema import runs_table, series_table, targets_table, trials_table
from bench.pure.series import METRICS

_AT_ONCE = 20_000
_PARAMETERS = 500  # SQLite takes 32,766 of them in one statement, older ones 999


class RunFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A run to be written: what the index keeps of it, and how its files looked when they were read."""

    run: IndexedRun
    files: str
    record_sha256: str


class HistoryIndex(HistoryDatabase):
    """What is known of all runs. Every method raises StorageError when the database fails."""

    def known(self, place: str, *, complete: bool = False) -> dict[str, str]:
        """How the files of each run of a place looked when they were read, by the name of its folder.

        With `complete`, only of those that are.
        """
        query = select(runs_table.c.name, runs_table.c.files).where(runs_table.c.place == place, runs_table.c.present)
        if complete:
            query = query.where(runs_table.c.is_complete)
        with self.reading() as connection:
            return {row.name: row.files for row in connection.execute(query)}

    def complete_elsewhere(self, place: str) -> set[str]:
        """The records of complete runs that the index has from other places: a copy of one adds nothing."""
        query = select(runs_table.c.record_sha256).where(
            runs_table.c.place != place,
            runs_table.c.is_complete,
            runs_table.c.problem.is_(None),
        )
        with self.reading() as connection:
            return set(connection.scalars(query))

    def put(self, place: str, runs: Sequence[RunFiles]) -> None:
        """Write runs of a place, each instead of what the index had of it.

        A copy of a run that is there already, under another name or from another place, replaces it only where it
        holds more trials: no run counts twice.
        """
        with self.writing() as connection:
            new = _without_copies(connection, place, runs)
            _delete_named(connection, place, [one.run.entry.name for one in runs])
            _delete_records(connection, [one.record_sha256 for one in new])
            series = _series_keys(connection, new)
            _put_targets(connection, [one.run.target for one in new])
            first = (connection.scalar(select(func.max(runs_table.c.key))) or 0) + 1
            rows = [_run_row(key, place, one) for key, one in enumerate(new, start=first)]
            _insert(connection, runs_table, rows)
            places = itertools.chain.from_iterable(
                _trial_rows(key, one.run, series) for key, one in enumerate(new, start=first)
            )
            _insert(connection, trials_table, places)

    def drop(self, place: str, names: Iterable[str]) -> None:
        """Forget runs of a place."""
        wanted = list(names)
        with self.writing() as connection:
            _delete_named(connection, place, wanted)
            if wanted:
                used = select(trials_table.c.series).distinct()
                connection.execute(delete(series_table).where(series_table.c.key.not_in(used)))

    def mark_gone(self, place: str, names: Iterable[str]) -> None:
        """Note that the folders of these runs have gone; the index remembers what they measured."""
        with self.writing() as connection:
            for chunk in _chunks(list(names), _PARAMETERS):
                gone = (runs_table.c.place == place) & runs_table.c.name.in_(chunk)
                connection.execute(update(runs_table).where(gone).values(present=False))

    def forget(self, place: str) -> None:
        """Drop everything that came from a place."""
        with self.reading() as connection:
            names = list(connection.scalars(select(runs_table.c.name).where(runs_table.c.place == place)))
        self.drop(place, names)


def _series_keys(connection: Connection, runs: Sequence[RunFiles]) -> dict[SeriesName, int]:
    """The key of every series of some runs; new ones are added."""
    wanted = {
        SeriesName(scenario=one.run.entry.scenario, variant=trial.variant, state=trial.state)
        for one in runs
        for trial in one.run.trials
    }
    known = _known_series(connection)
    new = [
        {"scenario": one.scenario, "variant": one.variant, "state": one.state.value} for one in wanted - known.keys()
    ]
    if new:
        connection.execute(insert(series_table), new)
        known = _known_series(connection)
    return known


def _known_series(connection: Connection) -> dict[SeriesName, int]:
    table = series_table.c
    rows = connection.execute(select(table.key, table.scenario, table.variant, table.state))
    return {series_name(*words): key for key, *words in rows}


def series_name(scenario: str, variant: str, state: str) -> SeriesName:
    """A name from the words of a row."""
    return SeriesName(scenario=scenario, variant=variant, state=State(state))


def _put_targets(connection: Connection, targets: Sequence[Target]) -> None:
    new = {one.digest: msgspec.json.encode(one.facts).decode() for one in targets}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for digest, facts in new.items():
        statement = dialect.insert(targets_table).values(digest=digest, facts=facts)
        connection.execute(statement.on_conflict_do_nothing())


def _without_copies(connection: Connection, place: str, runs: Sequence[RunFiles]) -> list[RunFiles]:
    """The runs of which neither these nor the index hold a copy elsewhere with as many trials or more."""
    fullest: dict[str, RunFiles] = {}
    for one in runs:
        other = fullest.get(one.record_sha256)
        if other is None or one.run.entry.n_recorded > other.run.entry.n_recorded:
            fullest[one.record_sha256] = one
    table = runs_table.c
    for chunk in _chunks(list(fullest), _PARAMETERS):
        query = select(table.record_sha256, table.place, table.name, table.n_recorded)
        for digest, *where, n_recorded in connection.execute(query.where(table.record_sha256.in_(chunk))):
            entry = fullest[digest].run.entry
            if where != [place, entry.name] and n_recorded >= entry.n_recorded:
                del fullest[digest]
    return list(fullest.values())


def _trial_rows(key: int, run: IndexedRun, series: dict[SeriesName, int]) -> Iterator[dict[str, Any]]:
    keys: dict[tuple[str, State], int] = {}
    for trial in run.trials:
        where = (trial.variant, trial.state)
        if where not in keys:
            name = SeriesName(scenario=run.entry.scenario, variant=trial.variant, state=trial.state)
            keys[where] = series[name]
        yield {
            "run": key,
            "series": keys[where],
            "number": trial.number,
            "round": trial.round,
            **dict(zip(METRICS, trial.values, strict=True)),
        }


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while chunk := list(itertools.islice(waiting, _AT_ONCE)):
        connection.execute(insert(table), chunk)


def _run_row(key: int, place: str, one: RunFiles) -> dict[str, Any]:
    entry = one.run.entry
    return {
        "key": key,
        "place": place,
        "name": entry.name,
        "files": one.files,
        "record_sha256": one.record_sha256,
        "present": True,
        "scenario": entry.scenario,
        "title": entry.title,
        "created_s": entry.created_at.timestamp(),
        "source": msgspec.json.encode(entry.source).decode(),
        "git_commit": entry.source.commit,
        "git_branch": entry.source.branch,
        "git_dirty": entry.source.dirty,
        "target": entry.target,
        "n_planned": entry.n_planned,
        "n_recorded": entry.n_recorded,
        "n_valid": entry.n_valid,
        "is_complete": entry.is_complete,
        "bases": msgspec.json.encode(entry.bases).decode(),
        "revisions": msgspec.json.encode(entry.revisions).decode(),
        "buildmark_version": entry.buildmark_version,
        "problem": entry.problem,
    }


def _delete_named(connection: Connection, place: str, names: Sequence[str]) -> None:
    for chunk in _chunks(names, _PARAMETERS):
        _delete_runs(connection, (runs_table.c.place == place) & runs_table.c.name.in_(chunk))


def _delete_records(connection: Connection, digests: Sequence[str]) -> None:
    for chunk in _chunks(digests, _PARAMETERS):
        _delete_runs(connection, runs_table.c.record_sha256.in_(chunk))


def _delete_runs(connection: Connection, condition: ColumnElement[bool]) -> None:
    keys = select(runs_table.c.key).where(condition)
    connection.execute(delete(trials_table).where(trials_table.c.run.in_(keys)))
    connection.execute(delete(runs_table).where(condition))


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
