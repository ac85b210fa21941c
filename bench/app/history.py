"""What can be done with many runs: list them, follow a series, bring runs in, take old ones out.

Neighbours: `bench.app.trends` looks for changes, `bench.ports.history_update` keeps the index up to date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bench.errors import StorageError, UsageError, did_you_mean
from bench.model.history import RunEntry, RunList, SeriesHistory, SeriesList, SeriesName
from bench.ports.history_database import index_url, remove_index_file
from bench.ports.history_index import HistoryIndex
from bench.ports.history_queries import runs, samples, series_names
from bench.ports.history_update import place_of, update_index
from bench.ports.run_copies import import_run, remove_run, runs_in
from bench.ports.run_folder import RunFolder
from bench.ports.run_store import RunStore
from bench.pure.metrics import unit_of
from bench.pure.series import in_time_order, matching, point


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did: the names of the runs that came in, and of those that were there already."""

    new: tuple[str, ...]
    known: tuple[str, ...]


class OldRuns(msgspec.Struct, frozen=True, kw_only=True):
    """What a pruning would remove: folders, and what only a shared index still knows. `kept` says why others stay."""

    folders: tuple[Path, ...]
    remembered: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]


def rebuild_index(word: str | None, results: Path) -> tuple[str, ...]:
    """Make the index anew, also one that cannot be read; returns the names of the runs. Raises StorageError.

    A shared index forgets only what came from this results folder.
    """
    if word is None and results.is_dir():
        remove_index_file(results)
    with HistoryIndex(index_url(word, results)) as index:
        index.forget(place_of(results, shared=word is not None))
        return update_index(index, results, shared=word is not None).read


def list_history(index: HistoryIndex, *, scenario: str | None = None, branch: str | None = None) -> RunList:
    """The runs of the index, the newest first."""
    return RunList(runs=tuple(runs(index, scenario=scenario, branch=branch).values()))


def show_series(index: HistoryIndex, pattern: str, metrics: Sequence[str], *, branch: str | None = None) -> SeriesList:
    """Every series that a pattern names, run by run, for each metric. Raises UsageError where it names none."""
    keys = chosen_series(index, pattern)
    entries = runs_of(index, keys.values(), branch=branch)
    found: defaultdict[tuple[int, int], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run, series, *values in samples(index, metrics, series=list(keys)):
        for number, value in enumerate(values):
            if value is not None and run in entries:
                found[series, number][run].append(value)
    rank = in_time_order(entries)
    return SeriesList(
        series=tuple(
            SeriesHistory(
                series=name.text,
                metric=metric,
                unit=unit_of(metric),
                points=tuple(
                    point(entries[run], found[key, number][run])
                    for run in sorted(found[key, number], key=rank.__getitem__)
                ),
            )
            for key, name in keys.items()
            for number, metric in enumerate(metrics)
            if (key, number) in found
        )
    )


def runs_of(index: HistoryIndex, names: Iterable[SeriesName], *, branch: str | None) -> dict[int, RunEntry]:
    """The runs that may be in some series, by their keys: those of one scenario, where all are of one."""
    scenarios = {name.scenario for name in names}
    return runs(index, scenario=scenarios.pop() if len(scenarios) == 1 else None, branch=branch)


def chosen_series(index: HistoryIndex, pattern: str) -> dict[int, SeriesName]:
    """The series that a pattern names, by name, with their keys. Raises UsageError where it names none."""
    known = {name: key for key, name in series_names(index).items()}
    names = matching(known, pattern)
    if not names and pattern:
        raise UsageError(
            f"no series has '{pattern}' in its name{did_you_mean(pattern, [name.text for name in known])}",
            remedy="name one as SCENARIO/VARIANT/STATE, or with * for any: 'quick/*/cold'",
        )
    return {known[name]: name for name in names}


def import_runs(sources: Sequence[Path], results: Path) -> Imported:
    """Copy run folders, or folders of them, into the results.

    Raises UsageError and StorageError; what came in before stays.
    """
    found = [path for source in sources for path in runs_in(source)]
    done = [import_run(path, results) for path in found]
    return Imported(
        new=tuple(path.name for path, is_new in done if is_new),
        known=tuple(path.name for path, is_new in done if not is_new),
    )


def old_runs(index: HistoryIndex, results: Path, before: datetime, *, shared: bool) -> OldRuns:
    """The runs of this results folder that began before a moment; one that is written, or unreadable, is kept."""
    folders: list[Path] = []
    kept: list[tuple[str, str]] = []
    for listing in RunStore(results).list_runs():
        if listing.problem is not None:
            kept.append((listing.name, "its record cannot be read, so its age is not known"))
        elif listing.created_at < before and RunFolder(listing.path).is_being_written():
            kept.append((listing.name, "it is being written"))
        elif listing.created_at < before:
            folders.append(listing.path)
    return OldRuns(
        folders=tuple(reversed(folders)),
        remembered=_remembered(index, results, before, shared=shared),
        kept=tuple(kept),
    )


def _remembered(index: HistoryIndex, results: Path, before: datetime, *, shared: bool) -> tuple[str, ...]:
    entries = runs(index, place=place_of(results, shared=shared))
    return tuple(entry.name for entry in reversed(entries.values()) if not entry.present and entry.created_at < before)


def prune(index: HistoryIndex, results: Path, old: OldRuns, *, shared: bool) -> tuple[str, ...]:
    """Delete old runs, folder by folder, and forget them; returns why some could not be. Raises StorageError."""
    failures: list[str] = []
    gone = list(old.remembered)
    for path in old.folders:
        try:
            remove_run(path)
        except StorageError as error:
            failures.append(error.message)
        else:
            gone.append(path.name)
    index.drop(place_of(results, shared=shared), gone)
    return tuple(failures)
