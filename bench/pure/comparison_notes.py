"""The notes under a comparison, as data: what a reader must know before believing a verdict.

Rendered late, in `bench.report.comparison_notes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bench.model.comparison import ComparedRow, ComparisonNote, ComparisonNoteKind, Method, RowSide
from bench.model.run import Run
from bench.model.scenario import REVISION_AXIS
from bench.model.verdict import Verdict
from bench.pure.comparison_looks import decided_pairs, place_of
from bench.pure.quantities import percent_text
from bench.pure.repeated_looks import Place
from bench.pure.schedule import due_trials
from bench.pure.sides import Side, is_same_run


def notes_of_comparison(
    base: Side,
    head: Side,
    rows: Sequence[ComparedRow],
    differing: Sequence[ComparisonNote],
    *,
    looked: Collection[Place] = (),
) -> tuple[ComparisonNote, ...]:
    """Everything worth saying, the gravest first. `differing` is what `check_comparable` found.

    `looked` are the rows that were judged look for look.
    """
    one = is_same_run(base, head)
    sides = (base,) if one else (base, head)
    return (
        *(note for note in differing if note.kind is ComparisonNoteKind.ACROSS),
        *_times(base, head, rows),
        *(note for note in differing if note.kind is not ComparisonNoteKind.ACROSS),
        *(note for side in sides for note in _progress(side)),
        *_counted_out(rows, same_run=one),
        *_only(rows),
        *_few_rounds(rows),
        *_other_pairs(base.run, [row for row in rows if place_of(row) in looked]),
        *_noise(rows),
    )


def _times(base: Side, head: Side, rows: Sequence[ComparedRow]) -> Iterator[ComparisonNote]:
    """Two runs were measured at two times: how far apart they began, in seconds."""
    if any(row.method in {Method.GROUPED, Method.CANARY} for row in rows):
        apart_s = round((head.run.created_at - base.run.created_at).total_seconds())
        yield ComparisonNote(
            kind=ComparisonNoteKind.DIFFERENT_TIMES, subjects=(base.run.id, head.run.id), detail=str(abs(apart_s))
        )


def _progress(side: Side) -> Iterator[ComparisonNote]:
    missing = len({planned.number for planned in side.run.plan.trials} - {trial.number for trial in side.trials})
    if due_trials(side.run, side.trials):
        yield ComparisonNote(
            kind=ComparisonNoteKind.UNFINISHED,
            subjects=(side.run.id,),
            detail="running" if side.being_written else "interrupted",
            count=missing,
        )
    if side.warning is not None and not side.being_written:
        yield ComparisonNote(kind=ComparisonNoteKind.CUT_OFF, subjects=(side.run.id,), detail=side.warning)


def _counted_out(rows: Sequence[ComparedRow], *, same_run: bool) -> Iterator[ComparisonNote]:
    """Trials that are in no number, on either side: the invalid and failed ones, and the disturbed.

    Why all of a row were lost is told with the row; the detail is the reason of those that were lost beside others.
    """
    sides = _sides(rows, same_run=same_run)
    lost = {place: side for place, side in sides.items() if side.n_invalid or side.n_failed}
    if lost:
        yield ComparisonNote(
            kind=ComparisonNoteKind.LOST,
            subjects=tuple(
                f"{place}: {side.n_failed} failed, {side.n_invalid} invalid" for place, side in lost.items()
            ),
            detail=next((side.reason for side in lost.values() if side.reason and side.median is not None), ""),
            count=sum(side.n_invalid + side.n_failed for side in lost.values()),
        )
    disturbed = {place: side.n_disturbed for place, side in sides.items() if side.n_disturbed}
    if disturbed:
        yield ComparisonNote(
            kind=ComparisonNoteKind.DISTURBED,
            subjects=tuple(f"{place}: {count}" for place, count in disturbed.items()),
            detail="",
            count=sum(disturbed.values()),
        )


def _sides(rows: Sequence[ComparedRow], *, same_run: bool) -> dict[str, RowSide]:
    """Every side of every row once, by what it is called: of an axis, many rows share their base."""
    return {
        f"{side.variant} {row.state}" + ("" if same_run else f" of the {word}"): side
        for row in rows
        for side, word in ((row.base, "base"), (row.head, "head"))
        if side is not None
    }


def _only(rows: Sequence[ComparedRow]) -> Iterator[ComparisonNote]:
    """The rows that one side lacks."""
    for kind, found in (
        (ComparisonNoteKind.ONLY_BASE, [row for row in rows if row.head is None]),
        (ComparisonNoteKind.ONLY_HEAD, [row for row in rows if row.base is None]),
    ):
        if found:
            yield ComparisonNote(
                kind=kind, subjects=tuple(f"{row.name} {row.state}" for row in found), detail="", count=len(found)
            )


def _few_rounds(rows: Sequence[ComparedRow]) -> Iterator[ComparisonNote]:
    """Rows so small that nothing could have decided them."""
    few = [row for row in rows if row.verdict is Verdict.UNDECIDED and row.low is None]
    if few:
        yield ComparisonNote(
            kind=ComparisonNoteKind.FEW_ROUNDS,
            subjects=tuple(f"{row.name} {row.state}" for row in few),
            detail=", ".join(map(str, sorted({row.n for row in few}))),
            count=len(few),
        )


def _other_pairs(run: Run, looked: Sequence[ComparedRow]) -> Iterator[ComparisonNote]:
    """Rows of a run that stopped when it knew enough, of which it did not ask whether it knew enough."""
    decided = decided_pairs(run)
    others = [row for row in looked if row.base and row.head and (row.base.variant, row.head.variant) not in decided]
    if others:
        yield ComparisonNote(
            kind=ComparisonNoteKind.OTHER_PAIRS,
            subjects=tuple(f"{row.name} {row.state}" for row in others),
            detail=run.axes.get(REVISION_AXIS, (run.plan.variants[0].id,))[0],
            count=len(others),
        )


def _noise(rows: Sequence[ComparedRow]) -> Iterator[ComparisonNote]:
    """Where what was recorded beside the builds made the noise less, and by how much at the most."""
    controlled = [row for row in rows if row.control is not None and row.shrink is not None]
    if controlled:
        yield ComparisonNote(
            kind=ComparisonNoteKind.CONTROLLED,
            subjects=tuple(dict.fromkeys(row.control for row in controlled if row.control)),
            detail=percent_text(1 - min(row.shrink for row in controlled if row.shrink is not None)),
            count=len(controlled),
        )
    canaries = [row for row in rows if row.method is Method.CANARY]
    if canaries:
        yield ComparisonNote(kind=ComparisonNoteKind.CANARIES, subjects=(), detail="", count=len(canaries))
