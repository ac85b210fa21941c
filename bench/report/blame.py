"""The tables of what is to blame: the parts of a build that made the difference, the largest first.

`bench.pure.blame` finds the parts. Which rows are worth a table is decided here: those that were decided, those that
may well be, and those where the cache or a layer changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec

from bench.model.blame import Blame, BlamedPart, PartKind, StepChange, StepSide
from bench.model.comparison import ComparedRow, Comparison
from bench.model.verdict import Verdict
from bench.pure.blame import cache_changed, layer_changed, layer_sizes
from bench.pure.metrics import WALL
from bench.report.explain import miss_text
from bench.report.grid import GridColumn
from bench.report.markdown import markdown_code, markdown_safe
from bench.report.units import (
    ABSENT,
    MINUS,
    bytes_text,
    percent_text,
    plain_text,
    seconds_text,
    signed_seconds_text,
)

MOST_PARTS = 5
_LONGEST_STEP = 48
_APART = 0.2
_OTHERS = "everything else"
STEP = "step"
"""The title of parts that explain no difference."""
_TITLES = {
    Verdict.SLOWER: "to blame",
    Verdict.FASTER: "where the time was saved",
    Verdict.UNDECIDED: "where the difference lies",
}
_BESIDE = {
    PartKind.CONTEXT: "reading the Dockerfile, sending the context",
    PartKind.PULL: "fetching and unpacking bases",
    PartKind.ENGINE: "engine: making the image, looking into the cache",
    PartKind.IDLE_GAPS: "idle: between the engine's steps",
    PartKind.IDLE_CLIENT: "idle: the client's start and end",
    PartKind.REST: "what nobody told anything of",
}
_CHANGES = {
    StepChange.SAME: "",
    StepChange.CHANGED: "its text",
    StepChange.ADDED: "added",
    StepChange.REMOVED: "removed",
}


class Blamed(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one row that are shown, under a heading.

    `title` says what the parts are: to blame, or less than that. `others` is the sum of the other parts, so that all
    add up to the difference. It is None where there is no difference to explain, and the parts are there for what the
    cache or a layer did.
    """

    heading: str
    title: str
    parts: tuple[BlamedPart, ...]
    others: BlamedPart | None


def blamed_rows(comparison: Comparison) -> Iterator[Blamed]:
    """The rows whose parts are worth a table, five parts at most."""
    for row in comparison.rows:
        if (blamed := blamed_row(row, comparison)) is not None:
            yield blamed


def blamed_row(row: ComparedRow, comparison: Comparison) -> Blamed | None:
    """The parts of one row that are worth a table, None where none are."""
    if row.blame is None:
        return None
    explains = comparison.metric == WALL and _differs(row, comparison.margin)
    matters = [part for part in row.blame.parts if part.matters]
    parts = matters if explains else sorted(filter(_is_notable, matters), key=_layer_difference, reverse=True)
    shown = parts[:MOST_PARTS]
    if not shown:
        return None
    others = [part for part in row.blame.parts if part not in shown]
    return Blamed(
        heading=plain_text(_heading(row, row.blame, comparison, explains=explains)),
        title=_title(row, explains=explains),
        parts=tuple(shown),
        others=_sum(others) if explains and others else None,
    )


def part_title(kind: PartKind) -> str:
    """What a build did beside its steps, in words."""
    return _BESIDE.get(kind, kind.value)


def _heading(row: ComparedRow, found: Blame, comparison: Comparison, *, explains: bool) -> str:
    if not explains:
        return f"{row.name}, {row.state}: steps that the cache or their layers tell apart"
    doubt = " (undecided: it may be chance)" if row.verdict is Verdict.UNDECIDED else ""
    difference = signed_seconds_text(found.difference_s)
    which = _which_trials(row, found, paired=comparison.base.run == comparison.head.run)
    return f"{row.name}, {row.state}: {difference} of wall time in the typical trials{which}{doubt}, of which"


def _which_trials(row: ComparedRow, found: Blame, *, paired: bool) -> str:
    """Which the typical trials are, and how far the row's medians lie apart, where that is something else by much."""
    if row.base is None or row.head is None or row.base.median is None or row.head.median is None:
        return ""
    medians_s = row.head.median - row.base.median
    if abs(medians_s - found.difference_s) <= _APART * max(abs(medians_s), abs(found.difference_s)):
        return ""
    which = f"the middle {found.n} of {row.n} pairs" if paired else "the middle half of each side"
    return f" ({which}; the medians of all differ by {signed_seconds_text(medians_s)})"


def _title(row: ComparedRow, *, explains: bool) -> str:
    """What the parts of a row are. Only what is slower for sure has something to blame."""
    return STEP if row.verdict is None or not explains else _TITLES[row.verdict]


def blame_columns(blamed: Blamed, *, markdown: bool = False) -> list[GridColumn]:
    """A part a row; columns that would be empty are left out, and shares where there is no difference."""
    others = () if blamed.others is None else (blamed.others,)
    parts = (*blamed.parts, *others)
    labels = (*(_label(part, markdown=markdown) for part in blamed.parts), *(_OTHERS for _ in others))
    differences = [
        GridColumn(header="difference", cells=tuple(signed_seconds_text(part.difference_s) for part in parts)),
        GridColumn(header="share", cells=tuple(_share(part) for part in parts)),
    ]
    columns = [
        GridColumn(header=blamed.title, cells=labels, left=True),
        *(differences if others else ()),
        GridColumn(header="base → head", cells=_cells(parts, _times), drop=3),
        GridColumn(header="changed", cells=_cells(parts, _what_changed), left=True, drop=1),
        GridColumn(header="layer", cells=_cells(parts, _layer), left=True, drop=4),
        GridColumn(header="why", cells=_cells(parts, _why, markdown=markdown), left=True, drop=2),
    ]
    return [column for column in columns if any(column.cells)]


def _sum(parts: Sequence[BlamedPart]) -> BlamedPart:
    shares = [part.share for part in parts if part.share is not None]
    return BlamedPart(
        kind=PartKind.REST,
        base_s=math.fsum(part.base_s for part in parts),
        head_s=math.fsum(part.head_s for part in parts),
        difference_s=math.fsum(part.difference_s for part in parts),
        share=math.fsum(shares) if shares else None,
        matters=False,
    )


def _is_notable(part: BlamedPart) -> bool:
    return cache_changed(part) or layer_changed(part)


def _differs(row: ComparedRow, margin: float) -> bool:
    if row.verdict in {Verdict.SLOWER, Verdict.FASTER}:
        return True
    outside = row.ratio is not None and max(row.ratio, 1 / row.ratio) > 1 + margin
    return row.verdict is Verdict.UNDECIDED and outside


def _layer_difference(part: BlamedPart) -> int:
    sizes = layer_sizes(part)
    return abs(sizes[1] - sizes[0]) if sizes else 0


def _cells(
    parts: Sequence[BlamedPart], text: Callable[[BlamedPart], str], *, markdown: bool = False
) -> tuple[str, ...]:
    return tuple(markdown_safe(text(part)) if markdown else text(part) for part in parts)


def _label(part: BlamedPart, *, markdown: bool) -> str:
    """What a part is called: the step as the head has it, where it has."""
    step = part.head or part.base
    if step is None:
        return part_title(part.kind)
    text = _shortened(_step_text(step), "" if part.base is None else _step_text(part.base))
    return markdown_code(text) if markdown else text


def _step_text(step: StepSide) -> str:
    where = " ".join(str(word) for word in (step.stage, step.position) if word is not None)
    return plain_text(f"[{where}] {step.name}" if where else step.name)


def _shortened(text: str, before: str) -> str:
    """A text that fits, cut at its end; where it changed behind that, cut so that what changed is seen."""
    if len(text) <= _LONGEST_STEP:
        return text
    differs = next((at for at, pair in enumerate(zip(text, before, strict=False)) if pair[0] != pair[1]), len(before))
    if not before or text == before or differs < _LONGEST_STEP // 2:
        return f"{text[: _LONGEST_STEP - 1]}…"
    head, tail = _LONGEST_STEP // 3, differs - _LONGEST_STEP // 6
    rest = text[tail : tail + _LONGEST_STEP - head - 2]
    return f"{text[:head]}…{rest}…" if tail + len(rest) < len(text) else f"{text[:head]}…{rest}"


def _times(part: BlamedPart) -> str:
    base = ABSENT if part.change is StepChange.ADDED else _seconds(part.base_s)
    head = ABSENT if part.change is StepChange.REMOVED else _seconds(part.head_s)
    return f"{base} → {head}"


def _seconds(seconds: float) -> str:
    """The rest can be less than nothing."""
    return f"{MINUS}{seconds_text(-seconds)}" if seconds < 0 else seconds_text(seconds)


def _share(part: BlamedPart) -> str:
    if part.share is None:
        return ABSENT
    text = percent_text(abs(part.share))
    return f"{MINUS}{text}" if part.share < 0 and text != percent_text(0.0) else text


def _what_changed(part: BlamedPart) -> str:
    words = [_CHANGES[part.change]] if part.change else []
    if cache_changed(part) and part.base and part.head:
        words.append(f"cache {part.base.cache} → {part.head.cache}")
    return ", ".join(filter(None, words))


def _layer(part: BlamedPart) -> str:
    sizes = layer_sizes(part)
    if sizes is None or not layer_changed(part):
        return ""
    return f"{bytes_text(sizes[0])} → {bytes_text(sizes[1])}"


def _why(part: BlamedPart) -> str:
    """Why the head's cache did not have the step, where the base's did."""
    return miss_text(part.head.why) if part.head and part.head.why and cache_changed(part) else ""
