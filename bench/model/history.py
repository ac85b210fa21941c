"""What many runs say together: the entries of the index, the points of a series, and what changed along it.

The index (`bench.ports.history_index`) is made of run folders and can always be made again; `bench.pure.series` turns
runs into its entries and entries into points, `bench.pure.trends` finds the changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from bench.model.environment import Fact
from bench.model.run import Source
from bench.model.scenario import State


class SeriesName(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One variant of one scenario in one state, over many runs and whatever machines they ran on."""

    scenario: str
    variant: str
    state: State

    @property
    def text(self) -> str:
        """The name as a user types it: `quick/debian-12-single/cold`."""
        return f"{self.scenario}/{self.variant}/{self.state}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how a run was built, as far as its numbers stand or fall with it.

    `facts` are the fields of the fingerprint that must match, and the choices of the run that matter as much. Values
    of two runs belong to one series only where the `digest` is the same.
    """

    digest: str
    facts: Mapping[str, Fact]


class RunEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the index knows it. `name` is its folder's.

    `n_valid` counts the trials that count: valid, and not disturbed. `is_complete`: it needs no more trials, which it
    may need no more before all that were planned are recorded (`bench.pure.schedule`). `target` is a digest, `bases`
    are those of the base images by their names. `revisions` are the names of those that it compares. `present` is False
    where the folder has gone and a shared index remembers the run. `problem` says why the record cannot be read; then
    the scenario is empty, the numbers are 0, and it is not complete.
    """

    name: str
    scenario: str
    title: str
    created_at: datetime
    source: Source
    target: str
    n_planned: int
    n_recorded: int
    n_valid: int
    is_complete: bool
    bases: Mapping[str, str] = {}
    revisions: tuple[str, ...] = ()
    buildmark_version: str = ""
    present: bool = True
    problem: str | None = None


class IndexedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that counts. `values` are in the order of `bench.pure.series.METRICS`, None where there is none."""

    variant: str
    state: State
    number: int
    round: int
    values: tuple[float | None, ...]


class IndexedRun(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the index takes from one run folder."""

    entry: RunEntry
    target: Target
    trials: tuple[IndexedTrial, ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a series: the median of its `n` trials that count, with its interval and what that covers."""

    run: str
    created_at: datetime
    commit: str | None
    branch: str | None
    dirty: bool | None
    target: str
    median: float
    low: float
    high: float
    coverage: float
    n: int


class SeriesHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of a series, the oldest run first."""

    series: str
    metric: str
    unit: str
    points: tuple[Point, ...]


class RunList(msgspec.Struct, frozen=True, kw_only=True):
    """What `buildmark history list` tells: the runs of the index, the newest first."""

    runs: tuple[RunEntry, ...]


class SeriesList(msgspec.Struct, frozen=True, kw_only=True):
    """What `buildmark history show` tells: the series that were asked for, by name."""

    series: tuple[SeriesHistory, ...]


class ChangeKind(StrEnum):
    """What can happen along a series."""

    STEP_UP = "step-up"
    STEP_DOWN = "step-down"
    MACHINE = "machine-changed"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside a change, and the commit that it was of, where that is known."""

    run: str
    created_at: datetime
    commit: str | None
    dirty: bool | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a series after the run `after`, and at or before the run `at`.

    For a step, `before_median` and `after_median` are medians of the runs between this step and its neighbours, and
    `ratio` is how big it is, with its interval and its p-value. `detail` names what else changed with it: the base
    image, Buildmark itself. Where the machine changed the numbers are None, and `detail` names what differs.
    """

    kind: ChangeKind
    after: Place
    at: Place
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    before_median: float | None = None
    after_median: float | None = None
    detail: str = ""


class SeriesTrend(msgspec.Struct, frozen=True, kw_only=True):
    """A series and its changes, the oldest first. `n_runs` is how many runs have a value."""

    series: str
    metric: str
    unit: str
    n_runs: int
    n_targets: int
    changes: tuple[Change, ...]


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    """What `buildmark trend` found. `series` holds those with a change, by name; `n_searched` counts all.

    `n_short` counts those that have too few runs on one machine for any step to be found, `n_with_zero` those that
    hold a value that is not above 0, of which nothing is a multiple.
    """

    level: float
    n_searched: int
    n_short: int
    n_with_zero: int
    series: tuple[SeriesTrend, ...]
