"""The two sides of a comparison, what is asked about them, and which variants stand against each other.

Neighbours: `bench.pure.comparability` says whether they may be compared, `bench.pure.comparison` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bench.errors import UsageError, did_you_mean
from bench.model.run import Run
from bench.model.scenario import State, Variant
from bench.model.trial import Trial
from bench.pure.metrics import WALL
from bench.pure.verdicts import DEFAULT_LEVEL, DEFAULT_MARGIN


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side: a run with the trials that it has recorded, and the only variant of it that is meant, if it is one.

    `being_written` and `warning` are what reading its files said (see `bench.pure.summary.summarise`).
    """

    label: str
    run: Run
    trials: tuple[Trial, ...]
    variant: str | None = None
    being_written: bool = False
    warning: str | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: which metric, in which states (all when none is named), and how sure the answer has to be.

    `margin` is the share up to which a difference counts as none, `level` the risk of a false alarm. `across` names the
    fields in which the sides may differ because that is the point (`bench.pure.comparability.ALL` for whatever).
    """

    metric: str = WALL
    margin: float = DEFAULT_MARGIN
    level: float = DEFAULT_LEVEL
    states: tuple[State, ...] = ()
    across: tuple[str, ...] = ()
    keep_disturbed: bool = False


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A variant of the base and the one of the head that it is compared with; None where that side has none."""

    name: str
    base: Variant | None
    head: Variant | None


def is_same_run(base: Side, head: Side) -> bool:
    """Whether both sides are of one run. Two servers may give runs of the same second the same id: those are two."""
    return base.run == head.run


def match_sides(base: Side, head: Side) -> tuple[Match, ...]:
    """The variants of two sides by their id, or the two that are named. A side that names none has the other's.

    Raises UsageError for a variant that a run does not have, and where a run would be compared with itself.
    """
    wanted = base.variant or head.variant, head.variant or base.variant
    if is_same_run(base, head) and wanted[0] == wanted[1]:
        raise UsageError(
            f"BASE and HEAD are both {head.label}",
            remedy=f"two variants of it: buildmark compare {base.run.id}:VARIANT :VARIANT",
        )
    if wanted[0] is not None and wanted[1] is not None:
        pair = variant_of(base.run, wanted[0]), variant_of(head.run, wanted[1])
        name = pair[1].id if pair[0].id == pair[1].id else f"{pair[1].id} instead of {pair[0].id}"
        return (Match(name=name, base=pair[0], head=pair[1]),)
    ours, theirs = ({variant.id: variant for variant in side.run.plan.variants} for side in (base, head))
    names = dict.fromkeys([*ours, *theirs])
    return tuple(Match(name=name, base=ours.get(name), head=theirs.get(name)) for name in names)


def match_levels(run: Run, axis: str) -> tuple[Match, ...]:
    """Each level of an axis after the first against the first, variant by variant: twins differ in nothing else.

    Raises UsageError for an axis that the run does not have, or has one level of.
    """
    if axis not in run.axes:
        raise UsageError(
            f"the run {run.id} has no axis '{axis}'{did_you_mean(axis, run.axes)}",
            remedy=f"one of: {', '.join(run.axes)}" if run.axes else None,
        )
    if len(run.axes[axis]) == 1:
        raise UsageError(
            f"the run {run.id} has only one level of the axis {axis}, {run.axes[axis][0]}",
            remedy="measure two or more of them in one run",
        )
    return tuple(_level_matches(run, axis))


def variant_of(run: Run, name: str) -> Variant:
    """A variant by its id. Raises UsageError with the nearest one."""
    known = {variant.id: variant for variant in run.plan.variants}
    if name not in known:
        raise UsageError(
            f"the run {run.id} has no variant '{name}'{did_you_mean(name, known)}",
            remedy=f"one of: {', '.join(list(known)[:20])}",
        )
    return known[name]


def _level_matches(run: Run, axis: str) -> Iterator[Match]:
    reference, *levels = run.axes[axis]
    by_levels = {frozenset(variant.levels.items()): variant for variant in run.plan.variants}
    others = dict.fromkeys(
        tuple((name, level) for name, level in variant.levels.items() if name != axis) for variant in run.plan.variants
    )
    for other in others:
        base = by_levels.get(frozenset({*other, (axis, reference)}))
        for level in levels:
            head = by_levels.get(frozenset({*other, (axis, level)}))
            if base is not None or head is not None:
                rest = "-".join(each for _, each in other)
                yield Match(name=_level_name(rest, level, reference, alone=len(levels) == 1), base=base, head=head)


def _level_name(rest: str, level: str, reference: str, *, alone: bool) -> str:
    """What a row is called: the levels of the other axes, and the level where there are several to tell apart."""
    if not rest:
        return f"{level} instead of {reference}"
    return rest if alone else f"{rest}, {level}"
