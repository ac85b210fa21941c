"""A run for two services that keep a chart per benchmark: github-action-benchmark and Bencher.

Both watch medians and read every rise as worse. Sources: the README of benchmark-action/github-action-benchmark (tool
`customSmallerIsBetter`), and Bencher's reference of the Bencher Metric Format.
"""

from __future__ import annotations

import hashlib
from typing import Any

from bench.model.summary import MetricSummary, Row
from bench.pure.metrics import WALL
from bench.report.export_records import RunRecords, json_text, watched_metrics
from bench.report.units import DASH

LONGEST_BENCHMARK = 1024
LONGEST_MEASURE = 64
BUILD_TIME = "build-time"
"""Bencher's own measure of a build's wall time, in seconds."""


def render_github_action_benchmark(records: RunRecords) -> str:
    """A list of entries, one per variant, state and metric that was measured, as JSON."""
    return json_text(
        [
            _entry(records, row, name, row.metrics[name])
            for name in watched_metrics(records, "github-action-benchmark")
            for row in records.summary.rows
            if name in row.metrics
        ]
    )


def _entry(records: RunRecords, row: Row, name: str, metric: MetricSummary) -> dict[str, Any]:
    run = records.run
    return {
        "name": f"{_benchmark(records, row)}: {name}",
        "unit": metric.unit,
        "value": metric.median,
        "range": f"{metric.low:.10g}{DASH}{metric.high:.10g}",
        "extra": f"run {run.id}\nmedian of {metric.n} of {row.n_planned} planned trials\n"
        f"the range covers the true median with {metric.coverage * 100:.1f} %\n"
        f"{run.engine.kind} engine {run.engine.server_version}, {run.builder}",
    }


def render_bencher(records: RunRecords) -> str:
    """Benchmark → measure → median and its interval, as JSON. The wall time is Bencher's own measure `build-time`."""
    metrics = watched_metrics(records, "bencher")
    return json_text(
        {
            _shortened(_benchmark(records, row), LONGEST_BENCHMARK): measures
            for row in records.summary.rows
            if (measures := {_measure(name): _value(row.metrics[name]) for name in metrics if name in row.metrics})
        }
    )


def _benchmark(records: RunRecords, row: Row) -> str:
    return f"{records.run.plan.scenario}/{row.variant}/{row.state}"


def _measure(name: str) -> str:
    return BUILD_TIME if name == WALL else _shortened(name.replace("_", "-"), LONGEST_MEASURE)


def _value(metric: MetricSummary) -> dict[str, float]:
    return {"value": metric.median, "lower_value": metric.low, "upper_value": metric.high}


def _shortened(name: str, most: int) -> str:
    """A name that the service takes; a longer one is cut, and a digest of the whole keeps it apart from others."""
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: most - len(digest) - 1]}-{digest}"
