"""A comparison as text: for a terminal of some width, as Markdown, as JSON. The first line is the answer in words.

Neighbours: `comparison_columns` has the table of verdicts, `blame` that of the parts to blame, `comparison_notes` the
notes in words.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from bench.model.comparison import Comparison, Method
from bench.pure.metrics import WALL
from bench.report.blame import blame_columns, blamed_rows
from bench.report.choices import ComparisonFormat
from bench.report.comparison_columns import comparison_columns
from bench.report.comparison_notes import comparison_note_texts
from bench.report.grid import markdown_grid, terminal_grid
from bench.report.markdown import markdown_safe
from bench.report.tables import DEFAULT_WIDTH, wrapped
from bench.report.units import plain_text, share_text
from bench.report.verdict_words import answer_text


def render_comparison(
    comparison: Comparison,
    form: ComparisonFormat = ComparisonFormat.TABLE,
    *,
    width: int = DEFAULT_WIDTH,
    bars: bool = False,
) -> str:
    """A comparison as text that ends with a newline. `width` is the terminal's, in characters.

    `bars`: the table's intervals are drawn, where there is room.
    """
    match form:
        case ComparisonFormat.TABLE:
            return render_comparison_table(comparison, width=width, bars=bars)
        case ComparisonFormat.MARKDOWN:
            return render_comparison_markdown(comparison)
        case ComparisonFormat.JSON:
            return render_comparison_json(comparison)
        case _:
            assert_never(form)


def render_comparison_table(comparison: Comparison, *, width: int = DEFAULT_WIDTH, bars: bool = False) -> str:
    """The answer, the table of verdicts, what is to blame, and the notes."""
    breaks = {
        number for number, row in enumerate(comparison.rows) if number and row.name != comparison.rows[number - 1].name
    }
    columns = comparison_columns(comparison, bars=bars)
    parts = [
        wrapped(answer_text(comparison.rows, comparison.metric), width),
        wrapped(headline(comparison), width),
        terminal_grid(columns, width=width, breaks=breaks if _has_states(comparison) else ()),
    ]
    parts += [
        f"{wrapped(blamed.heading, width)}\n{terminal_grid(blame_columns(blamed), width=width)}"
        for blamed in blamed_rows(comparison)
    ]
    if notes := comparison_note_texts(comparison):
        parts.append("\n".join(wrapped(note, width, bullet="- ") for note in notes))
    return "\n\n".join(parts) + "\n"


def render_comparison_markdown(comparison: Comparison) -> str:
    """The same as Markdown with every column, for a job's summary or a comment."""
    parts = [
        f"**{markdown_safe(answer_text(comparison.rows, comparison.metric))}**",
        markdown_safe(headline(comparison)),
        markdown_grid(comparison_columns(comparison, cell=markdown_safe)),
    ]
    for blamed in blamed_rows(comparison):
        parts += [markdown_safe(blamed.heading), markdown_grid(blame_columns(blamed, markdown=True))]
    if notes := comparison_note_texts(comparison):
        parts.append("\n".join(f"- {markdown_safe(note)}" for note in notes))
    return "\n\n".join(parts) + "\n"


def render_comparison_json(comparison: Comparison) -> str:
    """All of it as JSON, in full precision; docs/FORMAT.md promises the keys."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode() + "\n"


def headline(comparison: Comparison) -> str:
    """What was held against what, in which metric, and how sure the answer is."""
    methods = {row.method for row in comparison.rows}
    words = [
        f"{comparison.head.label} against {comparison.base.label}",
        "wall time" if comparison.metric == WALL else comparison.metric,
        *(["paired by round"] if Method.PAIRED in methods else []),
        *(["measured at different times"] if Method.GROUPED in methods else []),
        *(["measured at different times, by their canaries"] if Method.CANARY in methods else []),
        f"margin {share_text(comparison.margin)}",
    ]
    if comparison.axis is not None:
        words.insert(1, f"run {comparison.base.run}")
    return plain_text(" · ".join(words))


def _has_states(comparison: Comparison) -> bool:
    return len({row.state for row in comparison.rows}) > 1
