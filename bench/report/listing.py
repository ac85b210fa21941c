"""The list of runs: what each was to measure, how far it came, and whether somebody is at it now."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bench.ports.run_folder import RunFolder
from bench.ports.run_store import RunListing

HEADERS = ("run", "begun (UTC)", "state", "variants", "rounds", "trials", "what")


class RunState(StrEnum):
    """How far a run has come."""

    COMPLETE = "complete"
    RUNNING = "running"
    INTERRUPTED = "interrupted"


def render_listing(runs: Sequence[RunListing]) -> str:
    """The runs as a table that ends with a newline. Raises StorageError when the trials of one cannot be read."""
    from tabulate import tabulate  # noqa: PLC0415 - slow to load, and not needed for --help

    align = ("left", "left", "left", "right", "right", "right", "left")
    table: str = tabulate([_row(run) for run in runs], headers=HEADERS, disable_numparse=True, colalign=align)
    return table + "\n"


def _row(run: RunListing) -> tuple[str, ...]:
    if run.problem is not None or run.planned is None:
        return (run.name, "", "unreadable", "", "", "", run.problem or "")
    folder = RunFolder(run.path)
    recorded = folder.count_trials()
    return (
        run.name,
        f"{run.created_at:%Y-%m-%d %H:%M:%S}",
        _state(folder, recorded, run.planned),
        str(folder.count_variants()),
        str(run.rounds),
        f"{recorded} of {run.planned}",
        run.title or "",
    )


def _state(folder: RunFolder, recorded: int, planned: int) -> RunState:
    if folder.is_being_written():
        return RunState.RUNNING
    return RunState.COMPLETE if recorded >= planned else RunState.INTERRUPTED
