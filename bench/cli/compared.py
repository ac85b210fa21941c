"""What a comparison was made of, for `buildmark compare`: the sides that were read, and the folders of their runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.cli.measuring import Words
    from bench.model.comparison import Comparison
    from bench.ports.run_folder import RunFolder
    from bench.pure.sides import Question, Side


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison with both of its sides, and the folders that their runs lie in."""

    comparison: Comparison
    sides: tuple[Side, Side]
    folders: tuple[RunFolder, RunFolder]


def measured(scenario: str | None, revisions: Sequence[str], words: Words, question: Question) -> Made:
    """Measure revisions now and hold them against each other. Raises what `measure_revisions` does."""
    from bench.app.revision_campaign import measure_revisions
    from bench.cli.measuring import prepare
    from bench.model.scenario import REVISION_AXIS
    from bench.ports.compared_sides import read_side
    from bench.pure.comparison import compare_axis

    if len(revisions) < 2:  # noqa: PLR2004  (a comparison has two sides)
        raise UsageError("--rev names one revision, and a comparison has two", remedy="--rev main --rev HEAD")
    asked = prepare(scenario, words)
    folder = measure_revisions(asked.scenario, revisions, asked.how, asked.world)
    side = read_side(folder)
    return Made(comparison=compare_axis(side, REVISION_AXIS, question), sides=(side, side), folders=(folder, folder))


def compared(base: str | None, head: str | None, axis: str | None, question: Question, results: Path) -> Made:
    """Hold recorded runs against each other, or variants of them, or the levels of an axis of one."""
    from bench.ports.compared_sides import find_side, find_sides, read_sides, split_name
    from bench.ports.run_store import RunStore
    from bench.pure.comparison import compare, compare_axis

    store = RunStore(results)
    if axis is None:
        if base is None or head is None:
            raise UsageError(
                "compare needs a BASE and a HEAD",
                remedy="buildmark compare BASE HEAD, BASE --axis AXIS, or --rev main --rev HEAD",
            )
        named = find_sides(store, base, head)
        sides = read_sides(*named)
        return Made(comparison=compare(*sides, question), sides=sides, folders=(named[0].folder, named[1].folder))
    run, variant = split_name(base or "latest")
    if head is not None or variant is not None:
        raise UsageError(
            "--axis compares all variants of one run, so it takes a run as BASE and no HEAD",
            remedy=f"buildmark compare {run or 'RUN'} --axis {axis}",
        )
    found = find_side(store, run)
    side = found.read()
    return Made(comparison=compare_axis(side, axis, question), sides=(side, side), folders=(found.folder, found.folder))
