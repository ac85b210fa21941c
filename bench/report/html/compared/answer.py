"""The answer of a comparison in words made from its rows: how many are slower, by how much, what is to blame.

Neighbours: `words` has a row in words, `bench.pure.comparison` decides the exit code.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from bench.errors import ExitCode
from bench.model.comparison import ComparedRow, Comparison
from bench.model.verdict import Verdict
from bench.pure.comparison import exit_code_of_comparison
from bench.pure.metrics import WALL
from bench.report.comparison_columns import medians_text
from bench.report.html.compared.held import Held
from bench.report.html.compared.model import ComparedAnswer, Outcome
from bench.report.html.compared.words import blame_texts, blame_title, change_text, decide_text, judgement_of
from bench.report.html.model import Phrase
from bench.report.units import count_text, share_text
from bench.report.verdict_words import NOT_JUDGED, verdict_word

_GRAVEST = (Verdict.SLOWER, Verdict.UNDECIDED, None, Verdict.FASTER, Verdict.SAME)
_BOTH = 2
_DECIDED = (Verdict.SLOWER, Verdict.FASTER)


def answer_of(comparison: Comparison, held: Sequence[Held]) -> ComparedAnswer:
    """What a comparison says, what is worse first."""
    order = sorted(held, key=lambda one: (_rank(one.row), -_distance(one.row)))
    return ComparedAnswer(
        lead=tuple(_lead(comparison, order)),
        outcomes=tuple(_outcome(one, comparison) for one in order),
        exit_text=_exit_text(comparison),
    )


def _rank(row: ComparedRow) -> int:
    return -1 if row.head_broke else _GRAVEST.index(row.verdict)


def _distance(row: ComparedRow) -> float:
    return abs(math.log(row.ratio)) if row.ratio else 0.0


def _outcome(held: Held, comparison: Comparison) -> Outcome:
    row = held.row
    broke = "builds failed that did not fail in the base; " if row.head_broke else ""
    return Outcome(
        row=held.phrase,
        text=f"{broke}{change_text(row, comparison)}",
        judgement=judgement_of(row),
        medians=medians_text(row, comparison.unit),
        blame_title=blame_title(row, comparison),
        blame=blame_texts(row, comparison),
        decide=decide_text(row, comparison),
    )


def _lead(comparison: Comparison, order: Sequence[Held]) -> list[Phrase]:
    broken = [one for one in order if one.row.head_broke]
    phrases: list[Phrase] = []
    if broken:
        phrases = [Phrase(text="Builds of the head failed where none of the base's did: "), broken[0].phrase]
        phrases.append(Phrase(text=f" and {len(broken) - 1} more. " if broken[1:] else ". "))
    if len(order) == 1:
        return [*phrases, *_is(order[0], comparison)]
    phrases.append(Phrase(text=_counts(comparison, order)))
    largest = next((one for one in order if one.row.verdict in _DECIDED), None)
    return phrases if largest is None else [*phrases, Phrase(text=" The largest change: "), *_is(largest, comparison)]


def _is(held: Held, comparison: Comparison) -> list[Phrase]:
    by = "" if comparison.metric == WALL else f", by {comparison.metric},"
    return [held.phrase, Phrase(text=f"{by} is {change_text(held.row, comparison)}.")]


def _counts(comparison: Comparison, order: Sequence[Held]) -> str:
    counts = Counter(one.row.verdict for one in order)
    parts = [(verdict, counts[verdict]) for verdict in _GRAVEST if counts[verdict]]
    rows = count_text(len(order), "row")
    if len(parts) == 1:
        return f"{'Both rows' if len(order) == _BOTH else f'All {rows}'} are {_word(parts[0][0], comparison)}."
    told = [f"{count} {'is' if count == 1 else 'are'} {_word(verdict, comparison)}" for verdict, count in parts]
    return f"Of {rows}, {', '.join(told[:-1])} and {told[-1]}."


def _word(verdict: Verdict | None, comparison: Comparison) -> str:
    if verdict is None:
        return NOT_JUDGED
    if verdict is Verdict.SAME:
        return f"the same within {share_text(comparison.margin)}"
    return verdict_word(verdict, comparison.metric)


def _exit_text(comparison: Comparison) -> str:
    code = exit_code_of_comparison(comparison)
    why = {
        ExitCode.OK: "nothing is worse, and nothing is undecided",
        ExitCode.REGRESSION: f"something is {verdict_word(Verdict.SLOWER, comparison.metric)}",
        ExitCode.UNDECIDED: "something is undecided, or measured on one side only",
        ExitCode.BUILD_FAILED: "builds of the head failed that did not fail in the base",
    }
    return f"buildmark compare ends with exit code {int(code)}: {why[code]}."
