"""The steps of two builds beside each other in the order of their Dockerfiles, matched as what is to blame was.

Blame (`bench.pure.blame`) holds only steps against each other that are parts of the difference; a FROM, a LABEL and the
like are matched here. Neighbour: `bench.pure.step_alignment`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bench.model.blame import Blame, BlamedPart, PartKind, StepChange, StepSide
from bench.model.build import Step
from bench.pure.step_alignment import align_steps, step_text

Places = dict[tuple[str, int, str], int]
"""The place of a step among those of its build, by what names it."""


class MatchedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step by its place in both builds, None where one does not have it; `part` is what it is of the difference."""

    base: int | None
    head: int | None
    change: StepChange
    part: BlamedPart | None = None


def matched_steps(base: Sequence[Step], head: Sequence[Step], found: Blame | None) -> tuple[MatchedStep, ...]:
    """Every step of two builds once, in the order of the head's; what only the base has stands behind its neighbour."""
    places = _places(base), _places(head)
    parts = [part for part in found.parts if part.kind is PartKind.STEP] if found else []
    told = [one for part in parts if (one := _told(part, *places)) is not None]
    rest = _align(_untold(base, [one.base for one in told]), _untold(head, [one.head for one in told]))
    return _ordered([*told, *rest])


def _places(steps: Sequence[Step]) -> Places:
    return {_key(step): place for place, step in enumerate(steps)}


def _key(step: Step | StepSide) -> tuple[str, int, str]:
    return step.stage or "", step.position or 0, step.name


def _told(part: BlamedPart, base: Places, head: Places) -> MatchedStep | None:
    """None for a step that neither of the two builds has: another trial of that side had it."""
    ours, theirs = (
        None if side is None else places.get(_key(side)) for side, places in ((part.base, base), (part.head, head))
    )
    if part.change is None or (ours is None and theirs is None):
        return None
    return MatchedStep(base=ours, head=theirs, change=part.change, part=part)


def _untold(steps: Sequence[Step], told: Sequence[int | None]) -> list[tuple[int, Step]]:
    return [(place, step) for place, step in enumerate(steps) if place not in told]


def _align(base: Sequence[tuple[int, Step]], head: Sequence[tuple[int, Step]]) -> list[MatchedStep]:
    places = {id(step): place for place, step in (*base, *head)}
    pairs = align_steps([step for _, step in base], [step for _, step in head])
    return [
        MatchedStep(
            base=None if ours is None else places[id(ours)],
            head=None if theirs is None else places[id(theirs)],
            change=_change(ours, theirs),
        )
        for ours, theirs in pairs
    ]


def _change(base: Step | None, head: Step | None) -> StepChange:
    if base is None:
        return StepChange.ADDED
    if head is None:
        return StepChange.REMOVED
    return StepChange.SAME if step_text(base) == step_text(head) else StepChange.CHANGED


def _ordered(steps: Sequence[MatchedStep]) -> tuple[MatchedStep, ...]:
    order = sorted((one for one in steps if one.head is not None), key=lambda one: one.head or 0)
    for removed in sorted((one for one in steps if one.head is None), key=lambda one: one.base or 0):
        order.insert(_behind(order, removed.base or 0), removed)
    return tuple(order)


def _behind(order: Sequence[MatchedStep], place: int) -> int:
    """Where a step of the base belongs: behind the one that is next before it there."""
    before = [(one.base, at) for at, one in enumerate(order) if one.base is not None and one.base < place]
    return max(before)[1] + 1 if before else 0
