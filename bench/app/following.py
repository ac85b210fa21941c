"""Follows every series of the index, on each target by itself: one pass over the samples of each scenario.

Neighbours: `bench.pure.trends` judges one series, `bench.report.site` shows what comes out.
"""

from __future__ import annotations

import itertools
import operator
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bench.model.followed import Followed, FollowedRuns, FollowedSeries
from bench.model.history import RunEntry, SeriesName, Target
from bench.ports.history_index import HistoryIndex
from bench.ports.history_queries import runs, samples, series_names, targets
from bench.pure.metrics import unit_of
from bench.pure.series import Sample, in_time_order, point, time_order
from bench.pure.trends import LEVEL, Value, is_short, trend_of

_BY_PLACE = operator.itemgetter(0, 1)


class _Place(msgspec.Struct, frozen=True, order=True):
    """A series on a target, by their keys, and which of the metrics."""

    target: str
    series: int
    metric: int


class _Measured(msgspec.Struct, frozen=True):
    """A run's values of a series."""

    key: int
    values: tuple[float, ...]


def follow(
    index: HistoryIndex, metrics: Sequence[str], *, branch: str | None = None, level: float = LEVEL
) -> FollowedRuns:
    """Every scenario on every target that has a run, with the series that have a value of a metric."""
    entries = runs(index, branch=branch)
    by_scenario: defaultdict[str, dict[int, RunEntry]] = defaultdict(dict)
    for key, entry in entries.items():
        if entry.problem is None:
            by_scenario[entry.scenario][key] = entry
    names: defaultdict[str, dict[int, SeriesName]] = defaultdict(dict)
    for key, name in series_names(index).items():
        names[name.scenario][key] = name
    known = targets(index)
    found: list[Followed] = []
    for scenario in sorted(by_scenario):
        ours = names[scenario]
        rows = samples(index, metrics, series=list(ours)) if ours else ()
        measured = _gather(rows, by_scenario[scenario])
        series = {
            place: _series(ours[place.series], metrics[place.metric], measured[place], entries, level)
            for place in sorted(measured, key=lambda place: (ours[place.series], place.metric))
        }
        found += _by_target(by_scenario[scenario], series, known)
    return FollowedRuns(metrics=tuple(metrics), runs=entries, followed=tuple(found))


def _by_target(
    entries: Mapping[int, RunEntry], series: Mapping[_Place, FollowedSeries], known: Mapping[str, Target]
) -> list[Followed]:
    """One scenario on each of its targets, that of the newest run first."""
    by_target: defaultdict[str, list[int]] = defaultdict(list)
    for key in sorted(entries, key=lambda key: time_order(entries[key]), reverse=True):
        by_target[entries[key].target].append(key)
    return [
        Followed(
            scenario=entries[ours[0]].scenario,
            title=entries[ours[0]].title,
            target=known.get(digest, Target(digest=digest, facts={})),
            runs=tuple(reversed(ours)),
            series=tuple(one for place, one in series.items() if place.target == digest),
        )
        for digest, ours in by_target.items()
    ]


def _gather(rows: Iterable[Sample], entries: Mapping[int, RunEntry]) -> dict[_Place, list[_Measured]]:
    """The values of each run, in the order of time."""
    found: defaultdict[_Place, list[_Measured]] = defaultdict(list)
    for (run, series), group in itertools.groupby(rows, key=_BY_PLACE):
        if run not in entries:
            continue
        for number, column in enumerate(list(zip(*group, strict=True))[2:]):
            values = tuple(value for value in column if value is not None)
            if values:
                found[_Place(entries[run].target, series, number)].append(_Measured(run, values))
    rank = in_time_order(entries)
    return {place: sorted(ours, key=lambda one: rank[one.key]) for place, ours in found.items()}


def _series(
    name: SeriesName, metric: str, measured: Sequence[_Measured], entries: Mapping[int, RunEntry], level: float
) -> FollowedSeries:
    values = [Value(entries[one.key], statistics.median(one.values)) for one in measured]
    return FollowedSeries(
        name=name,
        metric=metric,
        unit=unit_of(metric),
        keys=tuple(one.key for one in measured),
        points=tuple(point(entries[one.key], one.values) for one in measured),
        changes=trend_of(name.text, metric, values, {}, level=level).changes,
        is_short=is_short(values),
        has_zero=any(value.median <= 0 for value in values),
    )
