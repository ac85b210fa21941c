"""When a gate raises an alarm: never on one campaign's word. Neighbour: `bench.app.gate` measures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from bench.errors import ExitCode
from bench.model.comparison import ComparedRow, Comparison
from bench.model.gate import GatedRow, Passed
from bench.model.verdict import Verdict


def is_suspicious(comparison: Comparison) -> bool:
    """Whether anything is slower, so that it has to be measured again."""
    return any(row.verdict is Verdict.SLOWER for row in comparison.rows)


def gated_rows(first: Comparison, second: Comparison | None) -> tuple[GatedRow, ...]:
    """How each row came through: an alarm is what both campaigns found slower."""
    again = {} if second is None else {(row.name, row.state): row for row in second.rows}
    return tuple(
        GatedRow(name=row.name, state=row.state, passed=_passed(row, again.get((row.name, row.state))))
        for row in first.rows
    )


def _passed(row: ComparedRow, again: ComparedRow | None) -> Passed:
    match row.verdict:
        case Verdict.SAME | Verdict.FASTER:
            return Passed.MEASURED
        case Verdict.UNDECIDED | None:
            return Passed.UNDECIDED
        case Verdict.SLOWER:
            return _confirmed(again)
        case _:
            assert_never(row.verdict)


def _confirmed(again: ComparedRow | None) -> Passed:
    """What a second campaign makes of a row that the first one found slower."""
    verdict = None if again is None else again.verdict
    if verdict is Verdict.SLOWER:
        return Passed.REGRESSION
    return Passed.UNDECIDED if verdict in {None, Verdict.UNDECIDED} else Passed.NOT_CONFIRMED


def exit_code_of_gate(rows: Iterable[GatedRow]) -> ExitCode:
    """A confirmed regression, else undecided where any row is, else fine."""
    passed = {row.passed for row in rows}
    if Passed.REGRESSION in passed:
        return ExitCode.REGRESSION
    return ExitCode.UNDECIDED if Passed.UNDECIDED in passed else ExitCode.OK
