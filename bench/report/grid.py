"""Lays cells out as a table: for a terminal of some width, or as Markdown. Knows nothing of what the cells mean."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from bench.report.bars import BLANK
from bench.report.units import plain_text

_NARROWEST = 12
_MARKDOWN = str.maketrans({"\\": "\\\\", "|": "\\|", "<": "&lt;"})


class GridColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column and its cells. The one with the highest `drop` goes first when the width is short; 0 always stays.

    `metrics` is for whoever explains the table: it is not laid out.
    """

    header: str
    cells: tuple[str, ...]
    drop: int = 0
    left: bool = False
    metrics: tuple[str, ...] = ()


def terminal_grid(columns: Sequence[GridColumn], *, width: int, breaks: Collection[int] = ()) -> str:
    """A table that fits into `width` where it can; a line stands before each row whose number is in `breaks`."""
    return _laid_out(fitting(columns, width=width), "simple", breaks).replace(BLANK, " ")


def folded(text: str, width: int) -> str:
    """A text in lines of `width` characters at most, for a cell; only a word that is longer is broken."""
    lines = (
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False) or [""]
    )
    return "\n".join(line[at : at + width] for line in lines for at in range(0, max(len(line), 1), width))


def folded_grid(columns: Sequence[GridColumn], *, width: int, fold: Collection[str]) -> str:
    """As `terminal_grid`; the cells of the columns headed `fold` are folded into the room that the others leave."""
    kept = fitting(
        [_narrowed(column, _NARROWEST) if column.header in fold else column for column in columns], width=width
    )
    headers = [column.header for column in kept]
    kept = [column for column in columns if column.header in headers]
    flexible = [column for column in kept if column.header in fold]
    if flexible and (_width(kept) > width):
        room = width - _width([column for column in kept if column not in flexible]) - 2 * len(flexible)
        kept = [
            _narrowed(column, max(room // len(flexible), _NARROWEST)) if column in flexible else column
            for column in kept
        ]
    return _laid_out(kept, "simple", ()).replace(BLANK, " ")


def _narrowed(column: GridColumn, width: int) -> GridColumn:
    return msgspec.structs.replace(column, cells=tuple(folded(cell, width) for cell in column.cells))


def fitting(columns: Sequence[GridColumn], *, width: int) -> list[GridColumn]:
    """The columns that a table of `width` has room for."""
    kept = list(columns)
    while _width(kept) > width and any(column.drop for column in kept):
        kept.remove(max(kept, key=lambda column: column.drop))
    return kept


def _width(columns: Sequence[GridColumn]) -> int:
    return max(map(len, _laid_out(columns, "simple", ()).splitlines()), default=0)


def markdown_grid(columns: Sequence[GridColumn]) -> str:
    """A Markdown table of every column. A cell is data: nothing in it breaks the table or becomes a tag."""
    escaped = [
        msgspec.structs.replace(
            column, header=markdown_text(column.header), cells=tuple(map(markdown_text, column.cells))
        )
        for column in columns
    ]
    return _laid_out(escaped, "github", ())


def markdown_text(text: str) -> str:
    """A text of whatever origin as one line of Markdown, also within a table."""
    return plain_text(text).translate(_MARKDOWN)


def _laid_out(columns: Sequence[GridColumn], style: str, breaks: Collection[int]) -> str:
    import tabulate  # noqa: PLC0415 - not needed for JSON and CSV

    # Otherwise every column is at least two wider than its header, and less fits into a terminal.
    tabulate.MIN_PADDING = 0
    lines: list[Any] = []
    for number, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
        if number in breaks:
            lines.append(tabulate.SEPARATING_LINE)
        lines.append(list(row))
    align = ["left" if column.left else "right" for column in columns]
    headers = [column.header for column in columns]
    return tabulate.tabulate(
        lines, headers=headers, tablefmt=style, colalign=align if lines else None, disable_numparse=True
    )
