"""What the site shows of many runs: each scenario on each target with its series, and where they changed.

`bench.app.following` makes these of the index, `bench.report.site` lays them out.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.history import Change, Point, RunEntry, SeriesName, Target


class FollowedSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of a series on one target: its points, the oldest first, and its steps.

    `keys` are those of the points' runs. `is_short`: too few runs for any step to be found. `has_zero`: it holds a
    value that is not above 0, and is not searched.
    """

    name: SeriesName
    metric: str
    unit: str
    keys: tuple[int, ...]
    points: tuple[Point, ...]
    changes: tuple[Change, ...]
    is_short: bool
    has_zero: bool


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario on one target. `runs` are the keys of its runs, the oldest first, those without a value included."""

    scenario: str
    title: str
    target: Target
    runs: tuple[int, ...]
    series: tuple[FollowedSeries, ...]


class FollowedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """All runs by their keys, the newest first, and what they tell together, by scenario and the newest target first.

    `metrics` are in the order in which they are shown.
    """

    metrics: tuple[str, ...]
    runs: Mapping[int, RunEntry]
    followed: tuple[Followed, ...]
