"""A row of a comparison in words: what it came to, what is to blame for that, and what would decide it.

Neighbours: `bench.report.blame` chooses the parts to blame, `answer` puts the words together.
"""

from __future__ import annotations

import math

from bench.model.comparison import ComparedRow, Comparison, Method
from bench.model.verdict import Verdict
from bench.report.blame import STEP, Blamed, blame_columns, blamed_row
from bench.report.comparison_columns import more_text
from bench.report.comparison_notes import keep_disturbed_text
from bench.report.html.effect_words import percent_change, signed_change
from bench.report.html.model import Judgement
from bench.report.html.texts import visible
from bench.report.units import ABSENT, DASH, MINUS, TIMES, count_text, ratio_number, share_text
from bench.report.verdict_words import NOT_JUDGED, verdict_word

_TWICE = 2.0
_JUDGED = {
    Verdict.SLOWER: Judgement.WORSE,
    Verdict.FASTER: Judgement.BETTER,
    Verdict.SAME: Judgement.SAME,
    Verdict.UNDECIDED: Judgement.UNDECIDED,
}


def judgement_of(row: ComparedRow) -> Judgement:
    """What a row comes to for somebody who wants fast builds; what is not judged is undecided."""
    if row.head_broke:
        return Judgement.WORSE
    return _JUDGED[row.verdict or Verdict.UNDECIDED]


def verdict_text(row: ComparedRow, comparison: Comparison) -> str:
    """What its verdict is called in the metric that is judged."""
    return NOT_JUDGED if row.verdict is None else verdict_word(row.verdict, comparison.metric)


def change_text(row: ComparedRow, comparison: Comparison) -> str:
    """What a row came to: `12 % slower (+10 % to +14 %)`, `the same within 3 % (+0.1 % to +0.4 %)`."""
    if row.verdict is None:
        return visible(f"not judged: {row.reason}{_reasons(row)}")
    interval = _interval(row)
    match row.verdict:
        case Verdict.SAME:
            return f"the same within {share_text(comparison.margin)}{interval}"
        case Verdict.UNDECIDED:
            return f"undecided{interval}"
        case Verdict.SLOWER | Verdict.FASTER:
            return f"{_size_of(row)} {verdict_word(row.verdict, comparison.metric)}{interval}"


def decide_text(row: ComparedRow, comparison: Comparison) -> str:
    """What would decide an undecided row, or let it be judged; nothing where it is decided."""
    if row.verdict is None and any(side is not None and side.n_disturbed for side in (row.base, row.head)):
        how = keep_disturbed_text(comparison)
        return visible(f"Count the disturbed trials all the same: {how}; or measure again on a quiet machine.")
    return _what_more(row) if row.verdict is Verdict.UNDECIDED else ""


def _what_more(row: ComparedRow) -> str:
    if row.method in {Method.GROUPED, Method.CANARY}:
        return (
            "More rounds do not bring two runs' times together. Measure both in one interleaved run: "
            "buildmark compare --rev BASE --rev HEAD."
        )
    if row.low is None and row.more_rounds is not None:
        return f"{count_text(row.n, 'round')} could not show any difference; it takes {_more(row)} more at the least."
    if row.more_rounds is not None:
        return f"About {_more(row)} more rounds would decide it, if they came out as those so far."
    if row.method is Method.COUNTED:
        return "Its builds differ among themselves: what makes them differ has to go first."
    return f"Its campaign ended undecided after {count_text(row.n, 'round')}: allow more (--max-rounds, --budget)."


def blame_title(row: ComparedRow, comparison: Comparison) -> str:
    """What the parts under it are: those that made a difference of times, or that the cache or a layer tells apart."""
    blamed = blamed_row(row, comparison)
    if blamed is None or blamed.title == STEP:
        return "Steps that the cache or their layers tell apart:"
    doubt = ", if it is no chance" if row.verdict is Verdict.UNDECIDED else ""
    return f"{blamed.title.capitalize()}{doubt}:"


def blame_texts(row: ComparedRow, comparison: Comparison) -> tuple[str, ...]:
    """The parts of the build that made the difference, the largest first, in the words of the terminal's table."""
    blamed = blamed_row(row, comparison)
    return () if blamed is None else tuple(visible(text) for text in _lines(blamed))


def _lines(blamed: Blamed) -> list[str]:
    columns = {column.header: column.cells for column in blame_columns(blamed)}
    names = next(iter(columns.values()))
    told = [_words({header: cells[at] for header, cells in columns.items()}) for at in range(len(blamed.parts))]
    return [f"{name}: {'; '.join(words)}" if words else name for name, words in zip(names, told, strict=False)]


def _words(cells: dict[str, str]) -> list[str]:
    difference, share = cells.get("difference", ""), cells.get("share", ABSENT)
    words = [difference if share == ABSENT else f"{difference}, {share} of the difference"]
    words += [f"{cells['base → head']}"] if cells.get("base → head") else []
    words += [f"changed: {cells['changed']}"] if cells.get("changed") else []
    words += [f"layer {cells['layer']}"] if cells.get("layer") else []
    words += [cells["why"]] if cells.get("why") else []
    return [word for word in words if word]


def _size_of(row: ComparedRow) -> str:
    """How large a change is that is sure."""
    ratio = row.ratio or 1.0
    return f"{ratio_number(ratio)} times the base's," if ratio >= _TWICE else percent_change(abs(ratio - 1))


def _interval(row: ComparedRow) -> str:
    if row.ratio is None:
        return ""
    if row.low is None or row.high is None:
        return f" ({signed_change(row.ratio)} in {count_text(row.n, 'round')})"
    if math.isclose(row.low, row.high, rel_tol=1e-6):
        return "" if row.verdict in {Verdict.SLOWER, Verdict.FASTER} else f" ({signed_change(row.ratio)})"
    if row.ratio >= _TWICE:
        return f" ({TIMES}{ratio_number(row.low)}{DASH}{ratio_number(row.high)})"
    ends = [signed_change(end) for end in (row.low, row.high)]
    if ends[0] == ends[1]:
        ends = [f"{(end - 1) * 100:+.1f} %".replace("-", MINUS) for end in (row.low, row.high)]
    return f" ({ends[0]} to {ends[1]})"


def _more(row: ComparedRow) -> str:
    return more_text(row.more_rounds)


def _reasons(row: ComparedRow) -> str:
    sides = (("base", row.base), ("head", row.head))
    found = [f"{word}: {side.reason}" for word, side in sides if side is not None and side.reason]
    return f" ({'; '.join(found)})" if found else ""
