"""The list of runs: what each was to measure, how far it came, and whether somebody is at it now."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bench.errors import StorageError
from bench.ports.run_folder import RunFolder
from bench.ports.run_store import RunListing
from bench.pure.schedule import is_complete
from bench.report.grid import GridColumn, folded_grid

_WHAT = "what"
_COLUMNS = (("run", 0), ("begun (UTC)", 4), ("state", 0), ("variants", 2), ("rounds", 3), ("trials", 0), (_WHAT, 0))
"""The headers, and in which order columns give way where the width is short, as `GridColumn.drop`."""
_NUMBERS = frozenset({"variants", "rounds", "trials"})


class RunState(StrEnum):
    """How far a run has come. One is complete also where its rule has ended it before the last round of its plan."""

    COMPLETE = "complete"
    RUNNING = "running"
    INTERRUPTED = "interrupted"


def render_listing(runs: Sequence[RunListing], *, width: int, known_complete: frozenset[str] = frozenset()) -> str:
    """The runs as a table that ends with a newline; one that cannot be read has a row with its problem.

    Those that are `known_complete`, by name, are not asked whether they are. `width` is the terminal's, in characters.
    """
    rows = [_row(run, known_complete) for run in runs]
    columns = [
        GridColumn(header=header, cells=tuple(row[place] for row in rows), drop=drop, left=header not in _NUMBERS)
        for place, (header, drop) in enumerate(_COLUMNS)
    ]
    return folded_grid(columns, width=width, fold={_WHAT}) + "\n"


def _row(run: RunListing, known_complete: frozenset[str]) -> tuple[str, ...]:
    if run.problem is not None or run.planned is None:
        return _unreadable(run, run.problem or "")
    try:
        return _readable(run, run.planned, known_complete)
    except StorageError as error:
        return _unreadable(run, error.message)


def _unreadable(run: RunListing, problem: str) -> tuple[str, ...]:
    return (run.name, "", "unreadable", "", "", "", problem)


def _readable(run: RunListing, planned: int, known_complete: frozenset[str]) -> tuple[str, ...]:
    folder = RunFolder(run.path)
    recorded = folder.count_trials()
    of = "of up to" if run.is_adaptive and recorded < planned else "of"
    return (
        run.name,
        f"{run.created_at:%Y-%m-%d %H:%M:%S}",
        _state(folder, is_done=recorded >= planned or run.name in known_complete, may_end_early=run.is_adaptive),
        str(folder.count_variants()),
        str(run.rounds),
        f"{recorded} {of} {planned}",
        run.title or "",
    )


def _state(folder: RunFolder, *, is_done: bool, may_end_early: bool) -> RunState:
    if folder.is_being_written():
        return RunState.RUNNING
    return RunState.COMPLETE if is_done or (may_end_early and _has_ended(folder)) else RunState.INTERRUPTED


def _has_ended(folder: RunFolder) -> bool:
    """Whether a run that may stop early needs no more trials. They are all read: ask only where they matter."""
    run = folder.read_run()
    return is_complete(run, folder.read_trials(run).trials)
