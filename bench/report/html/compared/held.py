"""What a comparison's page is made of: the comparison, and beside each of its rows the trials that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bench.model.comparison import ComparedRow, Comparison, RowSide
from bench.model.scenario import State, Variant
from bench.pure.comparison_cells import Cell, Cells
from bench.pure.sides import Side
from bench.report.html.model import Phrase
from bench.report.html.texts import short_name

BASE, HEAD = "base", "head"


class ComparedParts(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison, the sides that it was made of, and the Dockerfiles of each side's variants that are still there."""

    comparison: Comparison
    base: Side
    head: Side
    keep_disturbed: bool = False
    dockerfiles: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})

    @property
    def is_one_run(self) -> bool:
        """Whether both sides are of one run, built in turns."""
        return self.base.run.id == self.head.run.id


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A row by its place, with the cells that were held against each other; None where a side does not have it."""

    place: int
    row: ComparedRow
    base: Cell | None
    head: Cell | None

    @property
    def phrase(self) -> Phrase:
        """The row's name, that leads to its details."""
        return Phrase(text=f"{short_name(self.row.name)}, {self.row.state}", variant=self.place)

    @property
    def sides(self) -> tuple[tuple[str, Cell | None], tuple[str, Cell | None]]:
        """Both cells with what their sides are called."""
        return (BASE, self.base), (HEAD, self.head)


def held_rows(parts: ComparedParts) -> tuple[Held, ...]:
    """The rows of a comparison in their order."""
    ours, theirs = (
        _Lookup(Cells(side, keep_disturbed=parts.keep_disturbed), side.run.plan.variants)
        for side in (parts.base, parts.head)
    )
    return tuple(
        Held(place=place, row=row, base=ours.cell(row.base, row.state), head=theirs.cell(row.head, row.state))
        for place, row in enumerate(parts.comparison.rows)
    )


class _Lookup:
    def __init__(self, cells: Cells, variants: Sequence[Variant]) -> None:
        self._cells = cells
        self._variants = {variant.id: variant for variant in variants}

    def cell(self, side: RowSide | None, state: State) -> Cell | None:
        return None if side is None else self._cells.cell(self._variants[side.variant], state)
