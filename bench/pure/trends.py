"""The values of a series over its runs → its steps, and where its machine changed.

Steps are looked for in the runs of one target at a time, so that a change of machine is never taken for one.
Neighbours: `bench.pure.change_points` finds the steps, `bench.pure.series` makes the values.
"""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from bench.model.history import Change, ChangeKind, Place, RunEntry, SeriesTrend, Target
from bench.model.plan import CANARY
from bench.pure.metrics import HIT_RATIO, unit_of
from bench.pure.series import target_difference

LEVEL = 0.01
LEAST_RUNS = 6
"""Of one target, for a step to be found: three on each side (`bench.pure.change_points`)."""
_MORE_IS_BETTER = {HIT_RATIO}


class Value(msgspec.Struct, frozen=True, gc=False):
    """What a series was in one run: the median of the trials that count."""

    entry: RunEntry
    median: float


def trend_of(
    series: str, metric: str, values: Sequence[Value], targets: Mapping[str, Target], *, level: float = LEVEL
) -> SeriesTrend:
    """The changes of a series, whose values are in the order of time. Steps need positive values; others have none."""
    by_target: defaultdict[str, list[Value]] = defaultdict(list)
    for value in values:
        by_target[value.entry.target].append(value)
    changes = [change for group in by_target.values() for change in _steps(group, level)]
    if len(by_target) > 1:
        changes += _machine_changes(values, targets)
    return SeriesTrend(
        series=series,
        metric=metric,
        unit=unit_of(metric),
        n_runs=len(values),
        n_targets=len(by_target),
        changes=tuple(sorted(changes, key=lambda change: (change.at.created_at, change.kind))),
    )


def is_short(values: Sequence[Value]) -> bool:
    """Whether no machine has enough runs of a series for a step to be found."""
    if len(values) < LEAST_RUNS:
        return True
    names = [value.entry.target for value in values]
    return all(names.count(name) < LEAST_RUNS for name in set(names))


def since(trend: SeriesTrend, moment: datetime) -> SeriesTrend:
    """A series with those of its changes that were seen at the moment or later."""
    kept = tuple(change for change in trend.changes if change.at.created_at >= moment)
    return msgspec.structs.replace(trend, changes=kept)


def is_worse(change: Change, trend: SeriesTrend) -> bool:
    """Whether a change is a step to what nobody wants: slower, bigger, fewer hits.

    A step of the canary, which is the same build in every run, says something of the machine and nothing of the code.
    """
    bad = ChangeKind.STEP_DOWN if trend.metric in _MORE_IS_BETTER else ChangeKind.STEP_UP
    return change.kind is bad and f"/{CANARY}/" not in trend.series


def _steps(values: Sequence[Value], level: float) -> list[Change]:
    """The steps among runs of one target."""
    from bench.pure.change_points import find_changes  # noqa: PLC0415 - loads numpy, which most commands do not need

    medians = [value.median for value in values]
    if len(medians) < LEAST_RUNS or min(medians) <= 0:
        return []
    found = find_changes(medians, level=level)
    edges = [0, *(step.index for step in found), len(medians)]
    levels = [statistics.median(medians[first:last]) for first, last in itertools.pairwise(edges)]
    return [
        Change(
            kind=ChangeKind.STEP_UP if step.ratio > 1 else ChangeKind.STEP_DOWN,
            after=_place(values[step.index - 1].entry),
            at=_place(values[step.index].entry),
            ratio=step.ratio,
            low=step.low,
            high=step.high,
            p_value=step.p_value,
            before_median=levels[number],
            after_median=levels[number + 1],
        )
        for number, step in enumerate(found)
    ]


def _machine_changes(values: Sequence[Value], targets: Mapping[str, Target]) -> list[Change]:
    """Where a target is first seen: machines that take turns are told once, and not at every turn."""
    seen = {values[0].entry.target}
    changes: list[Change] = []
    for before, here in itertools.pairwise(values):
        if here.entry.target in seen:
            continue
        seen.add(here.entry.target)
        known = (targets.get(before.entry.target), targets.get(here.entry.target))
        detail = target_difference(known[0], known[1]) if known[0] and known[1] else ""
        after, at = _place(before.entry), _place(here.entry)
        changes.append(Change(kind=ChangeKind.MACHINE, after=after, at=at, detail=detail))
    return changes


def _place(entry: RunEntry) -> Place:
    source = entry.source
    return Place(run=entry.name, created_at=entry.created_at, commit=source.commit, dirty=source.dirty)
