"""A run for other programs, in full precision: its summary as JSON and CSV, its trials as JSON lines.

docs/FORMAT.md documents and promises the keys. Neighbours: `bench.report.export_*` have what other tools read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

from bench.model.run import Run
from bench.model.summary import Row, Summary
from bench.model.trial import Trial
from bench.pure.metrics import ORDER as KNOWN_METRICS
from bench.pure.metrics import in_order, unit_of
from bench.report.choices import SortColumn
from bench.report.columns import sorted_rows

_COUNTS = (
    "n_planned",
    "n_valid",
    "n_invalid",
    "n_failed",
    "n_timeout",
    "n_unavailable",
    "n_disturbed",
    "relative_to_best",
)
_STATISTICS = ("median", "low", "high")


def render_json(summary: Summary, *, sort: SortColumn = SortColumn.TIME) -> str:
    """The whole summary as JSON."""
    ordered = msgspec.structs.replace(summary, rows=sorted_rows(summary, sort))
    return msgspec.json.format(msgspec.json.encode(ordered), indent=2).decode() + "\n"


def render_csv(summary: Summary, *, sort: SortColumn = SortColumn.TIME) -> str:
    """The rows as CSV: a line per variant and state, an empty cell for what was not measured.

    Every known metric has its three columns, whether this run has it or not, so that files of many runs fit together.
    """
    metrics = in_order(dict.fromkeys([*KNOWN_METRICS, *(name for row in summary.rows for name in row.metrics)]))
    names = [f"{_with_unit(metric)}_{statistic}" for metric in metrics for statistic in _STATISTICS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    axes = list(summary.run.axes)
    writer.writerow(["run", "scenario", "variant", *(f"axis_{axis}" for axis in axes), "state", *_COUNTS, *names])
    for row in sorted_rows(summary, sort):
        levels = [row.levels.get(axis, "") for axis in axes]
        counts = ["" if (count := getattr(row, name)) is None else count for name in _COUNTS]
        cells = [_cell(row, metric, statistic) for metric in metrics for statistic in _STATISTICS]
        writer.writerow([summary.run.id, summary.run.scenario, row.variant, *levels, row.state.value, *counts, *cells])
    return text.getvalue()


def render_jsonl(run: Run, trials: Iterable[Trial]) -> str:
    """The trials, whatever became of them, one a line with the run's id and scenario before the trial's own keys."""
    head = {"run": run.id, "scenario": run.plan.scenario}
    lines = (msgspec.json.encode({**head, **msgspec.to_builtins(trial)}) for trial in trials)
    return "".join(f"{line.decode()}\n" for line in lines)


def _with_unit(metric: str) -> str:
    """Every name says its unit already, but for ratios that do not say so."""
    return metric if unit_of(metric) != "ratio" or "ratio" in metric else f"{metric}_ratio"


def _cell(row: Row, metric: str, statistic: str) -> float | str:
    found = row.metrics.get(metric)
    return "" if found is None else float(getattr(found, statistic))
