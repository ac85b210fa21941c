"""A gate's answer as text: for a terminal, as Markdown, as JSON. Returns text; somebody else prints it."""

from __future__ import annotations

from collections import Counter
from typing import assert_never

import msgspec

from bench.model.gate import Gate, Passed
from bench.report.choices import ComparisonFormat
from bench.report.comparison import render_comparison_markdown, render_comparison_table
from bench.report.tables import wrapped
from bench.report.units import count_text

SHORT = 12


def render_gate(gate: Gate, form: ComparisonFormat, *, width: int, bars: bool = False) -> str:
    """The answer in words, then what each campaign measured."""
    campaigns = [one for one in (gate.first, gate.second) if one is not None]
    match form:
        case ComparisonFormat.TABLE:
            tables = (render_comparison_table(one, width=width, bars=bars) for one in campaigns)
            parts = [wrapped(_answer(gate), width), *tables]
            return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"
        case ComparisonFormat.MARKDOWN:
            parts = [f"**{_answer(gate)}**", *map(render_comparison_markdown, campaigns)]
            return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"
        case ComparisonFormat.JSON:
            return msgspec.json.format(msgspec.json.encode(gate), indent=2).decode() + "\n"
        case _:
            assert_never(form)


def _answer(gate: Gate) -> str:
    """`gate: passed, 8 rows measured: …`."""
    head = "the working tree" if gate.head is None else gate.head[:SHORT]
    counts = Counter(row.passed for row in gate.rows)
    told = ", ".join(f"{counts[passed]} {_WORDS[passed]}" for passed in Passed if counts[passed])
    outcome = "passed"
    if counts[Passed.REGRESSION]:
        outcome = "stopped"
    elif counts[Passed.UNDECIDED]:
        outcome = "undecided"
    return f"gate {outcome}: {head} against {gate.base[:SHORT]}, of {count_text(len(gate.rows), 'row')} {told}"


_WORDS = {
    Passed.RECENT: "as recent runs let expect",
    Passed.MEASURED: "not slower",
    Passed.NOT_CONFIRMED: "slower once and not again",
    Passed.UNDECIDED: "undecided",
    Passed.REGRESSION: "slower in both campaigns",
}
