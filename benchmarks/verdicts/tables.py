"""What a table is: a title, lines of markdown, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import tabulate


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table and what must be known to read it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def rendered(table: Table) -> str:
    """The table in markdown, with its notes."""
    lines = tabulate.tabulate(table.rows, headers=table.head, tablefmt="github", disable_numparse=True)
    return "\n".join([f"### {table.title}", "", lines, "", *(f"- {note}" for note in table.notes), ""])


def percent(share: float) -> str:
    """A share as a percentage with one digit."""
    return f"{share:.1%}".replace("%", " %")


def row(*cells: object, rest: Iterable[str] = ()) -> tuple[str, ...]:
    """Cells as text."""
    return (*(str(cell) for cell in cells), *rest)


def first_at_least(counts: Sequence[int], powers: Sequence[float], wanted: float) -> int | None:
    """The first count from which on every power is as large as is wanted; None where the last one is not."""
    found: int | None = None
    for count, power in zip(counts, powers, strict=True):
        if power < wanted:
            found = None
        elif found is None:
            found = count
    return found
