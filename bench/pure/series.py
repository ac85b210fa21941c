"""Runs → what the index keeps of them, and what it keeps → the points of a series.

A series never mixes machines: its runs agree in everything that must match for two runs to be compared
(`bench.pure.fingerprint_fields`), and in the choices that change what is measured. Neighbours:
`bench.ports.history_index` stores what is made here, `bench.pure.trends` looks for changes.
"""

from __future__ import annotations

import fnmatch
import hashlib
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bench.model.environment import Fact
from bench.model.history import IndexedRun, IndexedTrial, Point, RunEntry, SeriesName, Target
from bench.model.run import Run, Source
from bench.model.trial import Trial
from bench.pure.fingerprint import fingerprint_of, value_text
from bench.pure.fingerprint_fields import FIELDS, Comparison, Unit
from bench.pure.metrics import (
    CPU,
    DISK_WRITTEN,
    HIT_RATIO,
    IMAGE_COMPRESSED,
    IMAGE_SIZE,
    MEMORY_PEAK,
    WALL,
    counts,
    metric_values,
    weighed_values,
)
from bench.pure.schedule import is_complete
from bench.pure.statistics import median_estimate

METRICS = (
    WALL,
    CPU,
    MEMORY_PEAK,
    "disk_read_bytes",
    DISK_WRITTEN,
    "network_received_bytes",
    "cache_growth_bytes",
    IMAGE_SIZE,
    IMAGE_COMPRESSED,
    HIT_RATIO,
    "context_bytes",
    "phase_steps_s",
)
"""The metrics that the index keeps. Another one needs a new version of its schema (`bench.ports.history_schema`)."""

NOT_RECORDED = Source(absent="the run did not record it")
_OF_REVISIONS = Source(absent="the run compares revisions, each with a commit of its own")
_CHOICES = {
    "builder": "builder",
    "platform": "platform",
    "drop_page_cache": "page cache emptied",
    "local_registry": "local registry",
}
_GLOB = set("*?[")
_BY_PLACE = operator.itemgetter(0, 1)

Sample = Sequence[Any]
"""The key of a run, the key of a series, then a value for each metric that was asked for, None where there is none."""


def indexed(run: Run, trials: Iterable[Trial], *, name: str) -> IndexedRun:
    """What the index keeps of a run whose folder is called `name`.

    A run that compares revisions measured several commits and stands for none: it has no place in a series.
    """
    recorded = tuple(trials)
    valid = [trial for trial in recorded if counts(trial)]
    target = target_of(run)
    entry = RunEntry(
        name=name,
        scenario=run.plan.scenario,
        title=run.title,
        created_at=run.created_at if run.created_at.tzinfo else run.created_at.replace(tzinfo=UTC),
        source=_OF_REVISIONS if run.revisions else run.git or NOT_RECORDED,
        target=target.digest,
        n_planned=len(run.plan.trials),
        n_recorded=len(recorded),
        n_valid=len(valid),
        is_complete=is_complete(run, recorded),
        bases={base.name: base.digest for base in run.bases},
        revisions=tuple(revision.name for revision in run.revisions),
        buildmark_version=run.buildmark_version,
    )
    kept = () if run.revisions else valid
    return IndexedRun(entry=entry, target=target, trials=tuple(map(_indexed_trial, kept)))


def _indexed_trial(trial: Trial) -> IndexedTrial:
    readings = {**metric_values(trial), **weighed_values(trial)}
    return IndexedTrial(
        variant=trial.variant,
        state=trial.state,
        number=trial.number,
        round=trial.round,
        values=tuple(float(readings[name].value) if name in readings else None for name in METRICS),
    )


def target_of(run: Run) -> Target:
    """Where and how a run was built, as far as its numbers stand or fall with it.

    A field that is not known is told apart from every value of it, whatever the reason: nobody knows that it matches.
    """
    known = fingerprint_of(run)
    facts = {
        name: known[name]
        for name, field in FIELDS.items()
        if field.comparison is Comparison.MUST_MATCH and name in known and known[name].value is not None
    }
    choices = {name: getattr(run, name) for name in _CHOICES}
    facts |= {name: Fact(value=value) for name, value in choices.items() if value is not None}
    plain = sorted((name, fact.value) for name, fact in facts.items())
    return Target(digest=hashlib.sha256(msgspec.json.encode(plain)).hexdigest()[:16], facts=facts)


def target_difference(first: Target, second: Target) -> str:
    """What differs between two targets, as of one place at two times: `Docker was 28.5.2, is 29.0.1`."""
    names = [name for name in (*FIELDS, *_CHOICES) if name in first.facts or name in second.facts]
    return "; ".join(
        f"{_title(name)} was {_fact_text(name, first)}, is {_fact_text(name, second)}"
        for name in names
        if first.facts.get(name) != second.facts.get(name)
    )


def _title(name: str) -> str:
    return FIELDS[name].title if name in FIELDS else _CHOICES[name]


def _fact_text(name: str, target: Target) -> str:
    fact = target.facts.get(name)
    if fact is None or fact.value is None:
        return "not known" if name in FIELDS else "the engine's own"
    return value_text(fact.value, FIELDS[name].unit if name in FIELDS else Unit.TEXT)


def matching(names: Iterable[SeriesName], pattern: str) -> tuple[SeriesName, ...]:
    """The series that a pattern names, sorted: a glob over the whole name, or any part of it; all for an empty one."""
    if _GLOB & set(pattern):
        return tuple(sorted(name for name in names if fnmatch.fnmatchcase(name.text, pattern)))
    exact = [name for name in names if name.text == pattern]
    return tuple(exact or sorted(name for name in names if pattern in name.text))


def point(entry: RunEntry, samples: Sequence[float]) -> Point:
    """A run's point of a series: at least one sample."""
    estimate = median_estimate(samples)
    return Point(
        run=entry.name,
        created_at=entry.created_at,
        commit=entry.source.commit,
        branch=entry.source.branch,
        dirty=entry.source.dirty,
        target=entry.target,
        median=estimate.median,
        low=estimate.low,
        high=estimate.high,
        coverage=estimate.coverage,
        n=estimate.n,
    )


def medians(samples: Iterable[Sample]) -> Iterator[tuple[int, int, list[float | None]]]:
    """The key of a run, the key of a series, and the median of each metric: for samples that come by run and series.

    A metric of which no trial has a value has the median None.
    """
    for (run, series), group in itertools.groupby(samples, key=_BY_PLACE):
        columns = list(zip(*group, strict=True))[2:]
        yield run, series, [_median(column) for column in columns]


def _median(column: Sequence[float | None]) -> float | None:
    values = sorted([value for value in column if value is not None])
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def time_order(entry: RunEntry) -> tuple[datetime, str]:
    """What sorts runs by time; the name decides between runs of one moment."""
    return entry.created_at, entry.name


def in_time_order(entries: Mapping[int, RunEntry]) -> dict[int, int]:
    """The rank of each run in time, by its key, the oldest first."""
    ordered = sorted(entries, key=lambda key: time_order(entries[key]))
    return {key: rank for rank, key in enumerate(ordered)}
