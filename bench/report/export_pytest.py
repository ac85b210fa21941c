"""A run as what `pytest --benchmark-json` writes, for `pytest-benchmark compare` and whatever else reads that.

One benchmark per variant and state, grouped by state, for times of different states do not compare. Source of the
fields: pytest-benchmark's own (ionelmc/pytest-benchmark, src/pytest_benchmark/plugin.py and stats.py).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from bench.model.run import Run, Source
from bench.report.export_records import RunRecords, Series, json_text, seconds_metric, series_of, series_parameters

FORMAT_OF = "5.1.0"
"""The version of pytest-benchmark whose format this is."""


def render_pytest_benchmark(records: RunRecords) -> str:
    """The benchmarks as JSON. A variant and state without a valid trial has no sample, so it is not among them."""
    metric = seconds_metric(records, "pytest-benchmark")
    run = records.run
    return json_text(
        {
            "machine_info": _machine(run),
            "commit_info": _commit(run),
            "benchmarks": [_benchmark(records, one, metric) for one in series_of(records) if one.values(metric)],
            "datetime": run.created_at.isoformat(),
            "version": FORMAT_OF,
        }
    )


def _machine(run: Run) -> dict[str, Any]:
    return {
        "node": run.machine.hostname,
        "processor": run.machine.cpu_model,
        "machine": run.engine.architecture,
        "release": run.machine.kernel,
        "system": "Linux",
        "cpu": {"brand_raw": run.machine.cpu_model, "count": run.machine.cpus},
    }


def _commit(run: Run) -> dict[str, Any]:
    """The commit that the scenario was at, in the words that pytest-benchmark has where there is none."""
    source = run.git or Source()
    at = source.committed_at.isoformat() if source.committed_at else None
    return {
        "id": source.commit or "unversioned",
        "time": at,
        "author_time": at,
        "dirty": bool(source.dirty),
        "project": run.plan.scenario,
        "branch": source.branch or "(unknown)",
    }


def _benchmark(records: RunRecords, series: Series, metric: str) -> dict[str, Any]:
    row = series.row
    name = f"{row.variant}[{row.state}]"
    return {
        "group": row.state.value,
        "name": name,
        "fullname": f"{records.run.plan.scenario}::{name}",
        "params": series_parameters(records, series),
        "param": row.state.value,
        "extra_info": {
            "run": records.run.id,
            "metric": metric,
            "engine": f"{records.run.engine.kind} {records.run.engine.server_version}",
            "builder": records.run.builder.value,
            "n_planned": row.n_planned,
            **{name: metric.median for name, metric in row.metrics.items()},
        },
        "options": {
            "disable_gc": False,
            "timer": "monotonic",
            "min_rounds": row.n_planned,
            "max_time": 0.0,
            "min_time": 0.0,
            "warmup": False,
        },
        "stats": sample_stats(series.values(metric)),
    }


def sample_stats(samples: Sequence[float]) -> dict[str, Any]:
    """The statistics that a benchmark of one or more samples, in seconds, has in that format."""
    ordered = sorted(samples)
    mean, stddev = statistics.fmean(ordered), statistics.stdev(ordered) if len(ordered) > 1 else 0.0
    q1, _, q3 = statistics.quantiles(ordered, method="inclusive") if len(ordered) > 1 else ordered * 3
    within = [sample for sample in ordered if q1 - 1.5 * (q3 - q1) <= sample <= q3 + 1.5 * (q3 - q1)]
    far = sum(abs(sample - mean) > stddev for sample in ordered)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": stddev,
        "rounds": len(ordered),
        "median": statistics.median(ordered),
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": len(ordered) - len(within),
        "stddev_outliers": far,
        "outliers": f"{far};{len(ordered) - len(within)}",
        "ld15iqr": within[0],
        "hd15iqr": within[-1],
        "ops": 1 / mean if mean else 0.0,
        "total": sum(ordered),
        "data": list(samples),
        "iterations": 1,
    }
