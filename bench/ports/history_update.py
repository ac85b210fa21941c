"""Brings the index up to date with a results folder: reads the runs whose files have changed, and no others.

A run that is being written is read as far as it has come, and again when it has grown. Neighbours: `history_index`,
`run_folder`.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.errors import StorageError
from bench.model.history import IndexedRun, RunEntry, Target
from bench.model.run import Source
from bench.ports.disk import disk_error, read_bytes
from bench.ports.history_database import FILE_NAME, index_url
from bench.ports.history_index import HistoryIndex, RunFiles
from bench.ports.run_folder import RUN_FILE, TRIALS_FILE, RunFolder, is_run
from bench.ports.run_store import time_in_name
from bench.pure.records import decode_run
from bench.pure.series import indexed

_TRIALS_AT_ONCE = 50_000
_HERE = ""


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """What an update did: the names of the runs that were read, and of those whose folder has gone."""

    read: tuple[str, ...]
    gone: tuple[str, ...]


def open_index(word: str | None, results: Path) -> HistoryIndex:
    """The index that `--index` names, or the one beside the runs, brought up to date.

    Raises StorageError, UsageError.
    """
    index = HistoryIndex(index_url(word, results))
    try:
        update_index(index, results, shared=word is not None)
    except BaseException:
        index.close()
        raise
    return index


def known_complete(results: Path) -> frozenset[str]:
    """The runs that the index beside them knows to be complete, as they are now.

    It is only asked, and neither made nor brought up to date: whom it does not know must be looked at. That takes tens
    of milliseconds for a run that a rule may end early.
    """
    if not (results / FILE_NAME).is_file():
        return frozenset()
    try:
        with HistoryIndex(index_url(None, results)) as index:
            known = index.known(_HERE, complete=True)
    except StorageError:
        return frozenset()
    return frozenset(name for name, files in known.items() if _look(results / name) == files)


def place_of(results: Path, *, shared: bool) -> str:
    """What the index calls a results folder: nothing in its own file, which may move with it; else where it is."""
    return f"{platform.node()}:{results.resolve()}" if shared else _HERE


def update_index(index: HistoryIndex, results: Path, *, shared: bool) -> Updated:
    """Read every run that is new or has changed. Raises StorageError when the folder or the database cannot be read.

    Runs whose folders have gone are dropped from the index beside them; one that is shared remembers them, for there
    folders come and go with the machines that measure.
    """
    place = place_of(results, shared=shared)
    known = index.known(place)
    found = _looks_of_runs(results)
    changed = sorted(name for name, files in found.items() if known.get(name) != files)
    elsewhere = index.complete_elsewhere(place) if shared and changed else set()
    read: list[str] = []
    for batch in _batches(_read_runs(results, {name: found[name] for name in changed}, elsewhere)):
        index.put(place, batch)
        read += [one.run.entry.name for one in batch]
    if gone := sorted(known.keys() - found.keys()):
        (index.mark_gone if shared else index.drop)(place, gone)
    return Updated(read=tuple(read), gone=tuple(gone))


def _looks_of_runs(results: Path) -> dict[str, str]:
    """How the files of each run look from outside: their sizes and times. Taken before anything is read."""
    try:
        folders = list(results.iterdir())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise disk_error(error, "read the results folder", results) from error
    return {path.name: look for path in folders if not path.name.startswith(".") and (look := _look(path))}


def _look(path: Path) -> str | None:
    """How the files of a run look, None for a folder that holds none."""
    return " ".join(_look_of_file(path / name) for name in (RUN_FILE, TRIALS_FILE)) if is_run(path) else None


def _look_of_file(path: Path) -> str:
    try:
        look = path.stat()
    except OSError:
        return "missing"
    return f"{look.st_size}:{look.st_mtime_ns}"


def _read_runs(results: Path, looks: dict[str, str], elsewhere: set[str]) -> Iterator[RunFiles]:
    for name, files in looks.items():
        path = results / name
        try:
            record = read_bytes(path / RUN_FILE)
            digest = hashlib.sha256(record).hexdigest()
            if digest in elsewhere:
                continue
            run = decode_run(record, path / RUN_FILE)
            read = indexed(run, RunFolder(path).read_trials(run).trials, name=name)
        except StorageError as error:
            if is_run(path):  # else it has gone since
                yield _unreadable(path, files, error.message)
        else:
            yield RunFiles(run=read, files=files, record_sha256=digest)


def _unreadable(path: Path, files: str, message: str) -> RunFiles:
    """The problem with a run's files. What cannot be read is no copy of another run, so its digest is its own."""
    where = hashlib.sha256(f"{platform.node()}:{path.resolve()}".encode()).hexdigest()
    return RunFiles(run=_problem(path.name, message), files=files, record_sha256=f"unreadable:{where}")


def _problem(name: str, message: str) -> IndexedRun:
    entry = RunEntry(
        name=name,
        scenario="",
        title="",
        created_at=max(time_in_name(name), datetime.fromtimestamp(0, UTC)),
        source=Source(absent="the run's files cannot be read"),
        target="",
        n_planned=0,
        n_recorded=0,
        n_valid=0,
        is_complete=False,
        problem=message,
    )
    return IndexedRun(entry=entry, target=Target(digest="", facts={}), trials=())


def _batches(runs: Iterator[RunFiles]) -> Iterator[list[RunFiles]]:
    """Runs in portions of so many trials that a transaction is worth its price, and memory is bounded."""
    batch: list[RunFiles] = []
    count = 0
    for run in runs:
        batch.append(run)
        count += len(run.run.trials)
        if count >= _TRIALS_AT_ONCE:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch
