"""A summary as text: for a terminal of some width, or as Markdown. Returns text; somebody else prints or writes it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bench.model.summary import Row, RunSummary, Summary
from bench.report.columns import Column, SortColumn, columns_of, sorted_rows
from bench.report.effects import HEADING, effect_headers, effect_rows
from bench.report.notes import note_text

DEFAULT_WIDTH = 120


def render_table(summary: Summary, *, width: int = DEFAULT_WIDTH, sort: SortColumn = SortColumn.TIME) -> str:
    """Tables for a terminal. Columns are dropped, the least telling first, until a table fits into `width`."""
    columns, rows = columns_of(summary), sorted_rows(summary, sort)
    table = _variants(columns, rows, "simple")
    while (droppable := max(columns, key=lambda column: column.drop)).drop and _width_of(table) > width:
        columns.remove(droppable)
        table = _variants(columns, rows, "simple")
    parts = ["\n".join(_wrapped(headline(summary.run), width)), table]
    if summary.axes:
        parts.append("\n".join([*_wrapped(HEADING, width), _effects(summary, "simple")]))
    notes = [line for note in summary.notes for line in _wrapped(note_text(note), width, bullet="- ")]
    if notes:
        parts.append("\n".join(notes))
    return "\n\n".join(parts) + "\n"


def render_markdown(summary: Summary, *, sort: SortColumn = SortColumn.TIME) -> str:
    """The same as a Markdown document, with every column."""
    parts = [f"# {summary.run.id}", headline(summary.run)]
    parts.append(_variants(columns_of(summary), sorted_rows(summary, sort), "github"))
    if summary.axes:
        parts += [f"## {HEADING}", _effects(summary, "github")]
    if summary.notes:
        parts += ["## Notes", "\n".join(f"- {note_text(note)}" for note in summary.notes)]
    return "\n\n".join(parts) + "\n"


def headline(run: RunSummary) -> str:
    """What was measured, where and how, in a line; with the axes that had one level only."""
    fixed = [f"{axis} {levels[0]}" for axis, levels in run.axes.items() if len(levels) == 1]
    words = [
        f"{run.scenario}: {run.title}",
        f"run {run.id}",
        *([", ".join(fixed)] if fixed else []),
        f"{run.rounds} rounds" if run.rounds != 1 else "1 round",
        f"{run.engine} engine {run.engine_version} ({run.builder}, {run.storage_driver})",
        f"{run.cpus} CPUs",
    ]
    return " · ".join(words)


def _variants(columns: Sequence[Column], rows: Sequence[Row], style: str) -> str:
    cells = [[column.text(row) for column in columns] for row in rows]
    return _table([column.header for column in columns], cells, [column.left for column in columns], style)


def _effects(summary: Summary, style: str) -> str:
    return _table(effect_headers(summary), effect_rows(summary), [True] * len(effect_headers(summary)), style)


def _table(headers: Sequence[str], cells: Sequence[Sequence[str]], left: Sequence[bool], style: str) -> str:
    from tabulate import tabulate  # noqa: PLC0415 - not needed for JSON and CSV

    if style == "github":
        cells = [[cell.replace("|", "\\|") for cell in row] for row in cells]
    align = ["left" if one else "right" for one in left]
    return tabulate(cells, headers=headers, tablefmt=style, colalign=align if cells else None, disable_numparse=True)


def _width_of(table: str) -> int:
    return max((len(line) for line in table.splitlines()), default=0)


def _wrapped(text: str, width: int, *, bullet: str = "") -> list[str]:
    """Lines that fit, a word longer than the width (a path) left whole so that it can be copied."""
    return textwrap.wrap(
        bullet + text,
        width=max(width, 40),
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
