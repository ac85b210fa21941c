"""A summary as text: for a terminal of some width, or as Markdown. Returns text; somebody else prints or writes it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import msgspec

from bench.model.summary import Note, Row, RunSummary, Summary
from bench.pure.fingerprint import environment_line
from bench.report.bars import LINE, WITHIN
from bench.report.choices import PlotKind, SortColumn
from bench.report.columns import BAR_HEADER, at_most, columns_of, sorted_rows
from bench.report.effects import HEADING, effect_columns
from bench.report.grid import GridColumn, fitting, markdown_grid, terminal_grid
from bench.report.markdown import markdown_safe
from bench.report.notes import note_output, note_text, notes_about
from bench.report.units import count_text

DEFAULT_WIDTH = 120
GLUE = "\N{NO-BREAK SPACE}"


def render_table(
    summary: Summary,
    *,
    width: int = DEFAULT_WIDTH,
    sort: SortColumn = SortColumn.TIME,
    folder: str = "",
    bars: bool = False,
) -> str:
    """Tables for a terminal. Columns are dropped, the least telling first, until a table fits into `width`.

    `folder` is the run's, as the reader can type it; it goes before the paths of logs. With `bars`, times and effects
    are drawn too, by letters that not every terminal has, where the width has room for that.
    """
    rows = sorted_rows(summary, sort)
    breaks = {number for number in range(1, len(rows)) if rows[number].state is not rows[number - 1].state}
    columns = fitting(_variant_columns(summary, rows, bars=bars), width=width)
    parts = [
        "\n".join(wrapped(_glued(line), width) for line in _headlines(summary.run)),
        "\n".join([terminal_grid(columns, width=width, breaks=breaks), *_bars_told(columns, width)]),
    ]
    if summary.axes:
        effects = terminal_grid(effect_columns(summary, bars=bars), width=width)
        parts.append(f"{wrapped(HEADING, width)}\n{effects}")
    if notes := list(notes_about(summary.notes, _metrics_of(columns))):
        parts.append("\n".join(_noted(_located(note, folder), width) for note in notes))
    return "\n\n".join(parts) + "\n"


def render_markdown(
    summary: Summary, *, sort: SortColumn = SortColumn.TIME, pictures: Mapping[PlotKind, str] | None = None
) -> str:
    """The same as a Markdown document, with every column. Paths of logs are relative to the run's folder, its place.

    `pictures` are pieces of Markdown that show some (`bench.report.markdown_pictures`); each stands with its table.
    """
    shown = {kind: [text] for kind, text in (pictures or {}).items()}
    columns = _variant_columns(summary, sorted_rows(summary, sort))
    heads = [f"# {markdown_safe(summary.run.id)}", *map(markdown_safe, _headlines(summary.run))]
    parts = [*heads, *shown.get(PlotKind.TRADEOFF, ()), markdown_grid(_safe(columns))]
    if summary.axes:
        table = markdown_grid(_safe(effect_columns(summary)))
        parts += [f"## {HEADING}", *shown.get(PlotKind.EFFECTS, ()), table]
    if phases := shown.get(PlotKind.PHASES):
        parts += ["## Where the time goes", *phases]
    if notes := list(notes_about(summary.notes, _metrics_of(columns))):
        parts += ["## Notes", "\n".join(map(_noted_in_markdown, notes))]
    return "\n\n".join(parts) + "\n"


def _safe(columns: Sequence[GridColumn]) -> list[GridColumn]:
    """The same with names that are data: nothing in a cell ends its row or is taken for Markdown."""
    return [
        msgspec.structs.replace(
            one, header=markdown_safe(one.header), cells=tuple(markdown_safe(cell) for cell in one.cells)
        )
        for one in columns
    ]


def _noted(note: Note, width: int) -> str:
    lines = [wrapped(note_text(note), width, bullet="- ")]
    return "\n".join([*lines, *(wrapped(line, width, bullet="    | ") for line in note_output(note))])


def _noted_in_markdown(note: Note) -> str:
    """A list item; what a program printed is a block of code within it, so that none of it is taken for Markdown."""
    output = "".join(f"\n      {line}" for line in note_output(note))
    return f"- {markdown_safe(note_text(note))}" + (f"\n{output}\n" if output else "")


def _located(note: Note, folder: str) -> Note:
    return msgspec.structs.replace(note, log=f"{folder.rstrip('/')}/{note.log}") if note.log and folder else note


def _metrics_of(columns: Sequence[GridColumn]) -> set[str]:
    return {metric for column in columns for metric in column.metrics}


def headline(run: RunSummary) -> str:
    """What was measured, where and how, in a line; with the axes that had one level only."""
    fixed = [f"{axis} {levels[0]}" for axis, levels in run.axes.items() if len(levels) == 1]
    words = [
        f"{run.scenario}: {run.title}",
        f"run {run.id}",
        *([", ".join(fixed)] if fixed else []),
        f"{at_most(run)}{count_text(run.rounds, 'round')}",
        f"{run.engine} engine {run.engine_version} ({run.builder}, {run.storage_driver})",
        count_text(run.cpus, "CPU"),
        *(["page cache emptied before each build"] if run.drop_page_cache else []),
    ]
    return " · ".join(words)


def _bars_told(columns: Sequence[GridColumn], width: int) -> list[str]:
    """What the bars of a table mean, where it has any."""
    headers = [column.header for column in columns]
    if BAR_HEADER not in headers:
        return []
    spread = "interval" if any("interval" in header for header in headers) else "range"
    return [
        wrapped(f"A bar ends at the median; {WITHIN} and {LINE} go from one end of its {spread} to the other.", width)
    ]


def _variant_columns(summary: Summary, rows: Sequence[Row], *, bars: bool = False) -> list[GridColumn]:
    return [
        GridColumn(
            header=column.header,
            cells=tuple(column.text(row) for row in rows),
            drop=column.drop,
            left=column.left,
            metrics=column.metrics,
        )
        for column in columns_of(summary, bars=bars)
    ]


def _headlines(run: RunSummary) -> list[str]:
    """The headline, and under it the machine where the run recorded it."""
    return [line for line in (headline(run), environment_line(run.fingerprint)) if line]


def _glued(line: str) -> str:
    """A line that breaks between its parts and not within them."""
    return line.replace(" ", GLUE).replace(f"{GLUE}·{GLUE}", f"{GLUE}· ")


def wrapped(text: str, width: int, *, bullet: str = "") -> str:
    """Lines that fit, a word longer than the width (a path) left whole so that it can be copied."""
    lines = textwrap.wrap(
        bullet + text.replace(" %", f"{GLUE}%"),
        width=max(width, 40),
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(GLUE, " ")
