"""Finds the runs that a comparison names and reads them: `RUN`, `RUN:VARIANT`, or `:VARIANT` of the other side's run.

Neighbours: `run_store` finds runs by their names, `bench.pure.sides` says which variants stand against each other.
"""

from __future__ import annotations

from pathlib import Path

from bench.errors import UsageError
from bench.ports.run_folder import RUN_FILE, RunFolder
from bench.ports.run_store import RunStore
from bench.pure.sides import Side, variant_of


def open_sides(store: RunStore, base: str, head: str) -> tuple[Side, Side]:
    """Read both sides. Raises UsageError where there is no such run or variant, StorageError for a broken record."""
    base_run, base_variant = split_name(base)
    if not base_run:
        raise UsageError(
            f"BASE names no run: '{base}'", remedy=f"buildmark compare RUN:{base_variant or 'VARIANT'} :VARIANT"
        )
    ours = open_side(store, base_run, base_variant)
    head_run, head_variant = split_name(head)
    theirs = open_side(store, head_run, head_variant) if head_run else _of_same_run(ours, head_variant)
    return ours, theirs


def open_side(store: RunStore, run: str, variant: str | None = None) -> Side:
    """Read one side, of which the run is named. Raises as `open_sides` does."""
    folder = store.open(run)
    return read_side(folder, variant)


def read_side(folder: RunFolder, variant: str | None = None) -> Side:
    """A run as it is recorded now, also while it is being written. Raises StorageError."""
    being_written = folder.is_being_written()
    record = folder.read_run()
    read = folder.read_trials(record)
    if variant is not None:
        variant_of(record, variant)
    return Side(
        label=_label(record.id, variant),
        run=record,
        trials=read.trials,
        variant=variant,
        being_written=being_written,
        warning=read.warning,
    )


def split_name(name: str) -> tuple[str, str | None]:
    """A side's name as its run (empty for the other side's) and its variant. A path may have colons of its own."""
    if (Path(name) / RUN_FILE).is_file() or ":" not in name:
        return name, None
    run, _, variant = name.rpartition(":")
    if not variant:
        raise UsageError(f"'{name}' names no variant behind the colon", remedy=f"{run or 'RUN'}:VARIANT")
    return run, variant


def _of_same_run(side: Side, variant: str | None) -> Side:
    if variant is not None:
        variant_of(side.run, variant)
    return Side(
        label=_label(side.run.id, variant),
        run=side.run,
        trials=side.trials,
        variant=variant,
        being_written=side.being_written,
        warning=side.warning,
    )


def _label(run: str, variant: str | None) -> str:
    return run if variant is None else f"{run}:{variant}"
