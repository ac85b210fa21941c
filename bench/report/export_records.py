"""What the exports are made of: a run's records and summary, and the metrics that were asked for.

Neighbours: `bench.report.export_formats` has the registry of formats, `export_*` one serialiser each. They are pure:
records in, text out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bench.errors import UsageError, did_you_mean
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.summary import Row, Summary
from bench.model.trial import Trial, TrialStatus
from bench.ports.run_folder import RunFolder
from bench.pure.metrics import (
    CACHE_SAVED,
    CPU,
    IMAGE_SIZE,
    MEMORY_PEAK,
    MORE_IS_BETTER,
    ORDER,
    WALL,
    counts,
    metric_values,
    unit_of,
)
from bench.pure.planning import split_list
from bench.pure.summary import summarise
from bench.report.units import count_text

WATCHED = (WALL, IMAGE_SIZE, CPU, MEMORY_PEAK)
"""What services that keep a chart per metric are given unless they are to have others."""


class RunRecords(msgspec.Struct, frozen=True, kw_only=True):
    """A run, its trials as far as they go, and what they say together. `metrics` is empty where none was asked for."""

    run: Run
    trials: tuple[Trial, ...]
    summary: Summary
    metrics: tuple[str, ...] = ()


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One variant in one state, and its trials that count, in the order in which they ended."""

    row: Row
    trials: tuple[Trial, ...]

    def values(self, metric: str) -> list[float]:
        """What the trials have of a metric, in its unit."""
        return [readings[metric].value for readings in map(metric_values, self.trials) if metric in readings]


def load_records(folder: RunFolder, *, keep_disturbed: bool = False) -> RunRecords:
    """Read a run's files as they are now, also while it is being written. Raises StorageError."""
    being_written = folder.is_being_written()
    run = folder.read_run()
    read = folder.read_trials(run)
    trials = read.trials
    if keep_disturbed:
        trials = tuple(msgspec.structs.replace(trial, disturbed=None) for trial in trials)
    summary = summarise(
        run, read.trials, being_written=being_written, warning=read.warning, keep_disturbed=keep_disturbed
    )
    return RunRecords(run=run, trials=trials, summary=summary)


def series_of(records: RunRecords) -> Iterator[Series]:
    """Every variant and state of the run, in the summary's order, those without a valid trial too."""
    for row in records.summary.rows:
        yield Series(row=row, trials=tuple(_counted(records.trials, row.variant, row.state)))


def _counted(trials: Iterable[Trial], variant: str, state: State) -> Iterator[Trial]:
    return (trial for trial in trials if counts(trial) and (trial.variant, trial.state) == (variant, state))


def nothing_counts(records: RunRecords) -> str:
    """Why an export has no numbers, in a line, where there are trials and none counts; empty where one does."""
    if not records.trials or any(counts(trial) for trial in records.trials):
        return ""
    disturbed = sum(1 for trial in records.trials if trial.status is TrialStatus.VALID)
    ends = Counter(trial.status.value for trial in records.trials if trial.status is not TrialStatus.VALID)
    why = ", ".join(f"{count} {word}" for word, count in (("disturbed", disturbed), *ends.items()) if count)
    remedy = "; for those that were disturbed: --keep-disturbed" if disturbed else ""
    return f"none of {count_text(len(records.trials), 'trial')} counts, so there are no numbers ({why}){remedy}"


def parse_metrics(words: Sequence[str], summary: Summary) -> tuple[str, ...]:
    """Read `METRIC,METRIC`, given any number of times. Raises UsageError with the nearest one."""
    known = dict.fromkeys([*ORDER, *(name for row in summary.rows for name in row.metrics)])
    chosen: list[str] = []
    for word in words:
        if not split_list(word):
            raise UsageError(f"'--metric {word}' names no metric", remedy=f"--metric {WALL}")
        chosen += split_list(word)
    for name in chosen:
        if name not in known:
            raise UsageError(f"there is no metric '{name}'{did_you_mean(name, known)}", remedy=f"one of: {_few(known)}")
    return tuple(dict.fromkeys(chosen))


def seconds_metric(records: RunRecords, form: str) -> str:
    """The one metric of a format that holds samples in seconds: the wall time, or what was asked for.

    Raises UsageError for more than one, and for one that is not in seconds or has no value per trial.
    """
    if not records.metrics:
        return WALL
    metric, *more = records.metrics
    if more or unit_of(metric) != "s" or metric == CACHE_SAVED:
        raise UsageError(
            f"--format {form} holds the samples of one metric in seconds, not {', '.join(records.metrics)}",
            remedy=f"--metric {WALL}, or --format csv for every metric",
        )
    return metric


def refuse_metrics(records: RunRecords, form: str) -> None:
    """Raise UsageError where a format that is always whole was to have some metrics only."""
    if records.metrics:
        raise UsageError(f"--format {form} always has every metric", remedy="leave out --metric")


def watched_metrics(records: RunRecords, form: str) -> tuple[str, ...]:
    """The metrics of a service that reads every rise as a fall in quality. Raises UsageError for others."""
    wrong = [name for name in records.metrics if name in MORE_IS_BETTER]
    if wrong:
        raise UsageError(
            f"--format {form} reads every rise as worse, and a higher {wrong[0]} is better",
            remedy="leave it out, or --format openmetrics",
        )
    return records.metrics or WATCHED


def series_parameters(records: RunRecords, series: Series) -> Mapping[str, str]:
    """What tells a series from the run's others: its state and its level on each axis."""
    return {"state": series.row.state.value, **{axis: series.row.levels.get(axis, "") for axis in records.run.axes}}


def json_text(value: object) -> str:
    """A value as readable JSON with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _few(known: Iterable[str]) -> str:
    return ", ".join(known)
