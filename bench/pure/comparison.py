"""Two sides → a Comparison: a verdict for each variant and state, with all that it rests on.

`compare` is for two runs or two variants, `compare_axis` for the levels of an axis of one interleaved run. The rows are
made in `comparison_rows`; what needs the whole table is done here. Neighbours: `bench.pure.sides` has what goes in,
`bench.report.comparison` renders what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

import msgspec

from bench.errors import ExitCode, UsageError, did_you_mean
from bench.model.comparison import ComparedRow, ComparedSide, Comparison, Method
from bench.model.scenario import REVISION_AXIS, State
from bench.model.verdict import Verdict
from bench.pure.comparability import check_comparable
from bench.pure.comparison_cells import Cells
from bench.pure.comparison_looks import Looked, looked_rows, place_of, with_look
from bench.pure.comparison_noise import canary_logs
from bench.pure.comparison_notes import notes_of_comparison
from bench.pure.comparison_rows import Draft, Origin, draft
from bench.pure.metrics import MORE_IS_BETTER, ORDER, unit_of
from bench.pure.sides import Match, Question, Side, is_same_run, match_levels, match_sides
from bench.pure.statistics import fewest_rounds, holm, rounds_to_decide
from bench.pure.verdicts import exit_code, judge

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DIGITS_OF_COMMIT = 12


def compare(base: Side, head: Side, question: Question | None = None) -> Comparison:
    """Compare two runs variant by variant, or two variants.

    Raises IncomparableError where what must match does not and the question does not ask for it, UsageError where the
    two have nothing in common or the question names what there is not.
    """
    return _compare(base, head, match_sides(base, head), question or Question(), axis=None)


def compare_axis(side: Side, axis: str, question: Question | None = None) -> Comparison:
    """Compare each level of an axis after the first with the first, in pairs by round, variant by variant.

    Raises UsageError for an axis of which there is nothing to compare.
    """
    matches = match_levels(side.run, axis)
    reference, *levels = side.run.axes[axis]
    base, head = (msgspec.structs.replace(side, label=_label(axis, names)) for names in ([reference], levels))
    return _compare(base, head, matches, question or Question(), axis=axis)


def _label(axis: str, levels: Sequence[str]) -> str:
    """`base alpine-3.23, debian-12`; of a revision that goes by its commit, as many digits as tell commits apart."""
    if axis == REVISION_AXIS:
        levels = [level[:_DIGITS_OF_COMMIT] if _COMMIT.fullmatch(level) else level for level in levels]
    return f"{axis} {', '.join(levels)}"


def exit_code_of_comparison(comparison: Comparison) -> ExitCode:
    """What the process ends with: builds that only the head fails go first, then slower, then undecided.

    A row of which one side measured nothing is undecided; one that neither side has measured, or only one side has at
    all, is told and does not count. A comparison without any verdict is undecided.
    """
    rows = comparison.rows
    if any(row.head_broke for row in rows):
        return ExitCode.BUILD_FAILED
    given = [row.verdict or Verdict.UNDECIDED for row in rows if _is_measured(row)]
    return exit_code(given) if given else ExitCode.UNDECIDED


def _is_measured(row: ComparedRow) -> bool:
    if row.base is None or row.head is None:
        return False
    return row.base.median is not None or row.head.median is not None


def _compare(base: Side, head: Side, matches: Sequence[Match], question: Question, *, axis: str | None) -> Comparison:
    _check_metric(question.metric, (base, head))
    states = _states(base, head, question.states)
    differing = check_comparable(base, head, matches, states, question.across)
    same_run = is_same_run(base, head)
    canaries = None if same_run else canary_logs(base, head, keep_disturbed=question.keep_disturbed)
    origin = Origin(same_run=same_run, canaries=canaries)
    ours, theirs = (Cells(side, keep_disturbed=question.keep_disturbed) for side in (base, head))
    drafts = [
        draft(
            match.name,
            state,
            ours.cell(match.base, state),
            theirs.cell(match.head, state),
            metric=question.metric,
            origin=origin,
        )
        for match in matches
        for state in states
    ]
    looked = looked_rows(base.run, matches, (ours, theirs), question) if same_run else {}
    rows = _judged([one for one in drafts if one.row.base or one.row.head], question, looked)
    if not any(row.base and row.head for row in rows):
        raise UsageError(
            f"{base.label} and {head.label} have no variant and state in common",
            remedy=f"name one of each: buildmark compare {base.run.id}:VARIANT {head.run.id}:VARIANT",
        )
    return Comparison(
        metric=question.metric,
        unit=unit_of(question.metric),
        margin=question.margin,
        level=question.level,
        axis=axis,
        base=_side(base),
        head=_side(head),
        rows=rows,
        notes=notes_of_comparison(base, head, rows, differing, looked=looked.keys()),
    )


def _check_metric(metric: str, sides: tuple[Side, ...]) -> None:
    known = dict.fromkeys(ORDER) | {name: None for side in sides for trial in side.trials for name in trial.resources}
    if metric not in known:
        raise UsageError(f"there is no metric '{metric}'{did_you_mean(metric, known)}", remedy="--metric wall_s")


def _states(base: Side, head: Side, wanted: tuple[State, ...]) -> tuple[State, ...]:
    """The states of both sides in the order of a round; of those that are named, all."""
    there = {*base.run.plan.states, *head.run.plan.states}
    return tuple(state for state in State if state in there and (not wanted or state in wanted))


def _side(side: Side) -> ComparedSide:
    return ComparedSide(
        label=side.label,
        run=side.run.id,
        created_at=side.run.created_at,
        scenario=side.run.plan.scenario,
        rounds=side.run.plan.rounds,
    )


def _judged(drafts: Sequence[Draft], question: Question, looked: Looked) -> tuple[ComparedRow, ...]:
    """The rows with their verdicts. p-values are adjusted over all that have one and were not looked at on the way."""
    looks = [looked.get(place_of(one.row)) for one in drafts]
    tested = [one for one, look in zip(drafts, looks, strict=True) if one.row.p_value is not None and look is None]
    adjusted = dict(zip(map(id, tested), holm([one.row.p_value or 0.0 for one in tested]), strict=True))
    return tuple(
        _with_verdict(one, adjusted.get(id(one)), len(tested), question)
        if look is None
        else _turned_row(with_look(one.row, look), question.metric)
        for one, look in zip(drafts, looks, strict=True)
    )


def _with_verdict(one: Draft, p_adjusted: float | None, tests: int, question: Question) -> ComparedRow:
    if one.estimate is None:
        return one.row
    verdict = judge(one.estimate, margin=question.margin, p_adjusted=p_adjusted, level=question.level)
    more = _more_rounds(one, tests, question) if verdict is Verdict.UNDECIDED else None
    row = msgspec.structs.replace(one.row, verdict=verdict, p_adjusted=p_adjusted, more_rounds=more)
    return _turned_row(row, question.metric)


def _turned_row(row: ComparedRow, metric: str) -> ComparedRow:
    """A row with the verdict that a rise of its metric means."""
    if row.verdict is None or metric not in MORE_IS_BETTER:
        return row
    return msgspec.structs.replace(row, verdict=_turned(row.verdict))


def _turned(verdict: Verdict) -> Verdict:
    """The verdict on a metric of which more is better: slower stands for worse."""
    match verdict:
        case Verdict.FASTER:
            return Verdict.SLOWER
        case Verdict.SLOWER:
            return Verdict.FASTER
        case Verdict.SAME | Verdict.UNDECIDED:
            return verdict
        case _:
            assert_never(verdict)


def _more_rounds(one: Draft, tests: int, question: Question) -> int | None:
    """How many more rounds would decide a row, if they came out as those so far.

    They have to be enough for the smallest p to pass the level after Holm's adjustment, and for the interval to shrink
    to where it decides. Only for pairs: more rounds of two runs do not bring their times together.
    """
    if one.row.method is not Method.PAIRED or one.estimate is None:
        return None
    wanted = max(fewest_rounds(question.level / tests), rounds_to_decide(one.estimate, question.margin) or 0)
    return max(1, wanted - one.estimate.n)
