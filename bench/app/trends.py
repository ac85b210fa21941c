"""Looks for changes in every series of the index: one pass over its samples, then one series at a time.

Neighbours: `bench.pure.trends` judges one series, `bench.ports.history_queries` gives the samples.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from bench.app.history import chosen_series, runs_of
from bench.model.history import RunEntry, SeriesName, SeriesTrend, Trends
from bench.model.scenario import State
from bench.ports.history_index import HistoryIndex
from bench.ports.history_queries import samples, targets
from bench.pure.series import in_time_order, medians, time_order
from bench.pure.trends import LEVEL, Value, is_short, since, trend_of


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which series to look at, and how: all that a pattern names, less those that the other fields leave out.

    `since` leaves out changes, not runs: what lies before is what a step is a step from.
    """

    metrics: Sequence[str]
    pattern: str = ""
    scenarios: Sequence[str] = ()
    variants: Sequence[str] = ()
    states: Sequence[State] = ()
    branch: str | None = None
    since: datetime | None = None
    level: float = LEVEL


class _Columns:
    """The medians of one metric of one series, as they come: few bytes each, for there may be millions."""

    __slots__ = ("medians", "ranks")

    def __init__(self) -> None:
        self.ranks = array("l")
        self.medians = array("d")

    def values(self, ordered: Sequence[RunEntry]) -> list[Value]:
        """In the order of time, which `ordered` is in and ranks are places of."""
        return [Value(ordered[rank], median) for rank, median in sorted(zip(self.ranks, self.medians, strict=True))]


class _Judged(msgspec.Struct, frozen=True, kw_only=True):
    trend: SeriesTrend
    is_short: bool
    has_zero: bool


def find_trends(index: HistoryIndex, search: Search) -> Trends:
    """Every series that has changed, by name and metric. Raises UsageError where the search names no series."""
    names = {key: name for key, name in chosen_series(index, search.pattern).items() if _is_wanted(name, search)}
    judged = list(_judge(index, search, names))
    return Trends(
        level=search.level,
        n_searched=len(judged),
        n_short=sum(one.is_short for one in judged),
        n_with_zero=sum(one.has_zero for one in judged),
        series=tuple(one.trend for one in judged if one.trend.changes),
    )


def _judge(index: HistoryIndex, search: Search, names: Mapping[int, SeriesName]) -> Iterator[_Judged]:
    entries = runs_of(index, names.values(), branch=search.branch)
    ordered = sorted(entries.values(), key=time_order)
    columns = _gather(index, search.metrics, names, in_time_order(entries))
    known = targets(index)
    for key, name in names.items():
        for number, metric in enumerate(search.metrics):
            if gathered := columns.pop((key, number), None):
                values = gathered.values(ordered)
                trend = trend_of(name.text, metric, values, known, level=search.level)
                yield _Judged(
                    trend=trend if search.since is None else since(trend, search.since),
                    is_short=is_short(values),
                    has_zero=any(value.median <= 0 for value in values),
                )


def _is_wanted(name: SeriesName, search: Search) -> bool:
    return (
        (not search.scenarios or name.scenario in search.scenarios)
        and (not search.variants or name.variant in search.variants)
        and (not search.states or name.state in search.states)
    )


def _gather(
    index: HistoryIndex, metrics: Sequence[str], names: Mapping[int, SeriesName], rank: Mapping[int, int]
) -> dict[tuple[int, int], _Columns]:
    """The medians of every run, by the key of the series and the number of the metric."""
    columns: dict[tuple[int, int], _Columns] = {}
    for run, series, values in medians(samples(index, metrics, series=list(names))):
        if run not in rank:
            continue
        for number, value in enumerate(values):
            if value is not None:
                place = columns.get((series, number))
                if place is None:
                    place = columns[series, number] = _Columns()
                place.ranks.append(rank[run])
                place.medians.append(value)
    return columns
