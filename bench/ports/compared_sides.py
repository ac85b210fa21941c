"""Finds the runs that a comparison names and reads them: `RUN`, `RUN:VARIANT`, or `:VARIANT` of the other side's run.

Neighbours: `run_store` finds runs by their names, `bench.pure.sides` says which variants stand against each other.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.errors import UsageError
from bench.ports.run_folder import RUN_FILE, RunFolder
from bench.ports.run_store import RunStore
from bench.pure.sides import Side, variant_of


class NamedSide(msgspec.Struct, frozen=True, kw_only=True):
    """A side that was found and not yet read: the folder of its run, and the only variant that is meant, if any."""

    folder: RunFolder
    variant: str | None = None

    def read(self) -> Side:
        """Read it. Raises UsageError where there is no such variant, StorageError for a broken record."""
        return read_side(self.folder, self.variant)


def find_sides(store: RunStore, base: str, head: str) -> tuple[NamedSide, NamedSide]:
    """Find both sides by their names. Raises UsageError where there is no such run."""
    base_run, base_variant = split_name(base)
    if not base_run:
        raise UsageError(
            f"BASE names no run: '{base}'", remedy=f"buildmark compare RUN:{base_variant or 'VARIANT'} :VARIANT"
        )
    ours = find_side(store, base_run, base_variant)
    head_run, head_variant = split_name(head)
    if not head_run:
        return ours, NamedSide(folder=ours.folder, variant=head_variant)
    return ours, find_side(store, head_run, head_variant)


def find_side(store: RunStore, run: str, variant: str | None = None) -> NamedSide:
    """Find one side, of which the run is named. Raises as `find_sides` does."""
    return NamedSide(folder=store.open(run), variant=variant)


def read_sides(base: NamedSide, head: NamedSide) -> tuple[Side, Side]:
    """Read both sides; two of one run once, so that they are of one moment. Raises as `NamedSide.read` does."""
    ours = base.read()
    same = base.folder.path == head.folder.path
    return ours, _of_same_run(ours, head.variant) if same else head.read()


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
