"""The notes under a comparison in words. `bench.pure.comparison_notes` decides what is worth saying."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.model.comparison import ComparedRow, Comparison, ComparisonNote, ComparisonNoteKind
from bench.pure.comparison_changes import WATCHED
from bench.report.units import count_text, plain_text, share_text

_MOST_SUBJECTS = 4
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_BEFORE_NEXT_UNIT = 2


def comparison_note_texts(comparison: Comparison) -> list[str]:
    """Every note as one line without control characters: what could not be judged first, what a mark means last."""
    lines = [*_not_judged(comparison), *(_sentence(note, comparison) for note in comparison.notes), *_marks(comparison)]
    return [plain_text(line) for line in lines]


def _sentence(note: ComparisonNote, comparison: Comparison) -> str:
    text = _SENTENCES[note.kind](note)
    if note.kind is not ComparisonNoteKind.DISTURBED:
        return text
    return f"{text} Count them: {keep_disturbed_text(comparison)}"


def keep_disturbed_text(comparison: Comparison) -> str:
    """How to count what was disturbed: of levels of a run, by comparing what it recorded, never by measuring again."""
    again = f"buildmark compare {comparison.base.run} --axis {comparison.axis} " if comparison.axis else ""
    return f"{again}--keep-disturbed"


def _not_judged(comparison: Comparison) -> Iterator[str]:
    """The rows without a verdict that both sides have, by the reason that they share."""
    by_reason: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.verdict is None and row.base is not None and row.head is not None:
            by_reason.setdefault(f"{row.reason}{_reasons(row)}", []).append(f"{row.name} {row.state}")
    for reason, names in by_reason.items():
        yield f"Not judged: {_some(names)}, for {reason}."


def _reasons(row: ComparedRow) -> str:
    sides = (("base", row.base), ("head", row.head))
    found = [f"{word}: {side.reason}" for word, side in sides if side is not None and side.reason]
    return f" ({'; '.join(found)})" if found else ""


def _across(note: ComparisonNote) -> str:
    return f"The sides differ in {note.detail}: you asked for that, and every ratio holds its effect too."


def _different_times(note: ComparisonNote) -> str:
    return (
        f"The two runs began {_apart(int(note.detail))} apart. What drifted between them is in the ratios, and not all "
        "of that in the intervals. To be sure, measure both in one interleaved run: buildmark compare --rev BASE "
        "--rev HEAD; or make them two levels of one axis: buildmark compare RUN --axis AXIS."
    )


def _differs(note: ComparisonNote) -> str:
    return f"The runs differ: {note.detail}."


def _unfinished(note: ComparisonNote) -> str:
    what = "is still under way" if note.detail == "running" else "is not finished"
    return f"The run {note.subjects[0]} {what}: {_trials(note)} missing."


def _cut_off(note: ComparisonNote) -> str:
    return f"{note.detail}."


def _lost(note: ComparisonNote) -> str:
    reason = f": {note.detail}" if note.detail else ""
    return f"{_trials(note)} failed or invalid, in no number ({_some(note.subjects)}){reason}."


def _disturbed(note: ComparisonNote) -> str:
    return f"{_trials(note)} disturbed by other work, in no number ({_some(note.subjects)})."


def _only_base(note: ComparisonNote) -> str:
    return f"Only the base has: {_some(note.subjects)}."


def _only_head(note: ComparisonNote) -> str:
    return f"Only the head has: {_some(note.subjects)}."


def _few_rounds(note: ComparisonNote) -> str:
    return (
        f"With {count_text(int(note.detail), 'round')} no difference could be shown, however large "
        f"({_some(note.subjects)}): where a row names more rounds, those are the least that could."
    )


def _other_pairs(note: ComparisonNote) -> str:
    return (
        f"The run ended when each variant was decided against {note.detail}. Other pairs, as in "
        f"{count_text(note.count, 'row')} here ({_some(note.subjects)}), are judged at the levels of its looks: its "
        "end favours no answer, but undecided may only mean that nothing waited for them."
    )


def _controlled(note: ComparisonNote) -> str:
    rows = count_text(note.count, "row")
    return (
        f"In {rows} {' and '.join(note.subjects)} explained a part of the noise, which was taken off: pairs spread "
        f"up to {note.detail} less."
    )


def _canaries(note: ComparisonNote) -> str:
    return (
        f"{count_text(note.count, 'row')} of two runs: each build was divided by its round's canary, so what slowed "
        "all builds of a day is not in the ratios."
    )


_SENTENCES: Mapping[ComparisonNoteKind, Callable[[ComparisonNote], str]] = {
    ComparisonNoteKind.ACROSS: _across,
    ComparisonNoteKind.DIFFERENT_TIMES: _different_times,
    ComparisonNoteKind.DIFFERS: _differs,
    ComparisonNoteKind.UNFINISHED: _unfinished,
    ComparisonNoteKind.CUT_OFF: _cut_off,
    ComparisonNoteKind.LOST: _lost,
    ComparisonNoteKind.DISTURBED: _disturbed,
    ComparisonNoteKind.ONLY_BASE: _only_base,
    ComparisonNoteKind.ONLY_HEAD: _only_head,
    ComparisonNoteKind.FEW_ROUNDS: _few_rounds,
    ComparisonNoteKind.OTHER_PAIRS: _other_pairs,
    ComparisonNoteKind.CONTROLLED: _controlled,
    ComparisonNoteKind.CANARIES: _canaries,
}


def _marks(comparison: Comparison) -> Iterator[str]:
    """What stands beside the metric, where anything of it is marked."""
    if any(change.marked for row in comparison.rows for change in row.changes):
        sizes, use = (share_text(share) for share in sorted({watched.share for watched in WATCHED}))
        yield (
            f"Beside the verdict, ratios of medians without a test: sizes from a change of {sizes} on, times, CPU, "
            f"memory and disk from {use} on; = is less than that."
        )


def _apart(seconds: int) -> str:
    """A time between two runs, in the largest unit of which there are two or more."""
    for unit, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= _BEFORE_NEXT_UNIT * unit:
            return count_text(round(seconds / unit), word)
    return count_text(seconds, "second")


def _trials(note: ComparisonNote) -> str:
    return count_text(note.count, "trial")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_SUBJECTS])
    more = len(names) - _MOST_SUBJECTS
    return f"{shown} and {more} more" if more > 0 else shown
