"""A summary as text: for a terminal of some width, or as Markdown. Returns text; somebody else prints or writes it."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from typing import Any

from bench.model.summary import Row, RunSummary, Summary
from bench.report.choices import SortColumn
from bench.report.columns import Column, columns_of, sorted_rows
from bench.report.effects import HEADING, effect_headers, effect_rows
from bench.report.notes import note_text

DEFAULT_WIDTH = 120
SIMPLE, GITHUB = "simple", "github"


def render_table(summary: Summary, *, width: int = DEFAULT_WIDTH, sort: SortColumn = SortColumn.TIME) -> str:
    """Tables for a terminal. Columns are dropped, the least telling first, until a table fits into `width`."""
    columns, rows = columns_of(summary), sorted_rows(summary, sort)
    table = _variants(columns, rows, SIMPLE)
    while (droppable := max(columns, key=lambda column: column.drop)).drop and _width_of(table) > width:
        columns.remove(droppable)
        table = _variants(columns, rows, SIMPLE)
    parts = [_wrapped_headline(summary.run, width), table]
    if summary.axes:
        parts.append("\n".join([*_wrapped(HEADING, width), _effects(summary, SIMPLE)]))
    notes = [line for note in summary.notes for line in _wrapped(note_text(note), width, bullet="- ")]
    if notes:
        parts.append("\n".join(notes))
    return "\n\n".join(parts) + "\n"


def render_markdown(summary: Summary, *, sort: SortColumn = SortColumn.TIME) -> str:
    """The same as a Markdown document, with every column."""
    parts = [f"# {summary.run.id}", headline(summary.run)]
    parts.append(_variants(columns_of(summary), sorted_rows(summary, sort), GITHUB))
    if summary.axes:
        parts += [f"## {HEADING}", _effects(summary, GITHUB)]
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
    breaks = {number for number in range(1, len(rows)) if rows[number].state is not rows[number - 1].state}
    return _table([column.header for column in columns], cells, [column.left for column in columns], style, breaks)


def _effects(summary: Summary, style: str) -> str:
    return _table(effect_headers(summary), effect_rows(summary), [True] * len(effect_headers(summary)), style)


def _table(
    headers: Sequence[str],
    cells: Sequence[Sequence[str]],
    left: Sequence[bool],
    style: str,
    breaks: Collection[int] = (),
) -> str:
    """Lay out a table; in a terminal, a line stands before each row whose number is in `breaks`."""
    import tabulate  # noqa: PLC0415 - not needed for JSON and CSV

    # Otherwise every column is at least two wider than its header, and less fits into a terminal.
    tabulate.MIN_PADDING = 0
    lines: list[Any] = []
    for number, row in enumerate(cells):
        if style == SIMPLE and number in breaks:
            lines.append(tabulate.SEPARATING_LINE)
        lines.append([cell.replace("|", "\\|") for cell in row] if style == GITHUB else row)
    align = ["left" if one else "right" for one in left]
    return tabulate.tabulate(
        lines, headers=headers, tablefmt=style, colalign=align if lines else None, disable_numparse=True
    )


def _width_of(table: str) -> int:
    return max((len(line) for line in table.splitlines()), default=0)


def _wrapped_headline(run: RunSummary, width: int) -> str:
    """Break between the parts of the headline and not within them."""
    glued = headline(run).replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}", " · ")
    return "\n".join(_wrapped(glued, width)).replace("\N{NO-BREAK SPACE}", " ")


def _wrapped(text: str, width: int, *, bullet: str = "") -> list[str]:
    """Lines that fit, a word longer than the width (a path) left whole so that it can be copied."""
    return textwrap.wrap(
        bullet + text,
        width=max(width, 40),
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
