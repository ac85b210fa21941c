"""What changed beside the metric that is judged: sizes and resources, as ratios of medians, without a test."""

from __future__ import annotations

import statistics

import msgspec

from bench.model.comparison import MetricChange
from bench.pure.comparison_cells import Cell, values_of
from bench.pure.metrics import CPU, DISK_WRITTEN, IMAGE_COMPRESSED, IMAGE_SIZE, MEMORY_PEAK, WALL, unit_of

_SIZE, _USE = 0.01, 0.05
_MEGABYTE = 1e6


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that is looked at: from which share on a change is marked, and from which difference in its unit."""

    metric: str
    share: float
    least: float


WATCHED = (
    Watched(metric=WALL, share=_USE, least=0.01),
    Watched(metric=IMAGE_SIZE, share=_SIZE, least=1.0),
    Watched(metric=IMAGE_COMPRESSED, share=_SIZE, least=1.0),
    Watched(metric=CPU, share=_USE, least=0.05),
    Watched(metric=MEMORY_PEAK, share=_USE, least=_MEGABYTE),
    Watched(metric=DISK_WRITTEN, share=_USE, least=_MEGABYTE),
)
"""Sizes are counted, so little of a change is enough; use varies, and small amounts of it do by much."""


def changes_of(base: Cell, head: Cell, *, judged: str) -> tuple[MetricChange, ...]:
    """The watched metrics that both sides have, without the one that is judged."""
    found = (_change(watched, base, head) for watched in WATCHED if watched.metric != judged)
    return tuple(change for change in found if change is not None)


def _change(watched: Watched, base: Cell, head: Cell) -> MetricChange | None:
    values = [values_of(cell, watched.metric).values() for cell in (base, head)]
    if not all(values):
        return None
    ours, theirs = map(statistics.median, values)
    smaller, larger = sorted((ours, theirs))
    return MetricChange(
        metric=watched.metric,
        unit=unit_of(watched.metric),
        base=ours,
        head=theirs,
        ratio=theirs / ours if ours else None,
        marked_above=watched.share,
        marked=larger - smaller >= watched.least and larger >= smaller * (1 + watched.share),
    )
