"""A run as what `hyperfine --export-json` writes, for the scripts and programs that read that.

One result per variant and state, its `times` the raw wall times of the trials that count. Source of the fields:
hyperfine's own export (sharkdp/hyperfine, src/benchmark/benchmark_result.rs), 1.15 and later.
"""

from __future__ import annotations

import statistics
from typing import Any

from bench.pure.metrics import MEMORY_PEAK
from bench.report.export_records import RunRecords, Series, json_text, seconds_metric, series_of, series_parameters


def render_hyperfine(records: RunRecords) -> str:
    """The results as JSON. A variant and state without a valid trial has no time, so it cannot be in this format."""
    metric = seconds_metric(records, "hyperfine")
    results = [_result(records, series, metric) for series in series_of(records) if series.values(metric)]
    return json_text({"results": results})


def _result(records: RunRecords, series: Series, metric: str) -> dict[str, Any]:
    times = series.values(metric)
    memory = [round(peak) for peak in series.values(MEMORY_PEAK)]
    return {
        "command": f"{records.run.plan.scenario} {series.row.variant} {series.row.state}",
        "mean": statistics.fmean(times),
        "stddev": statistics.stdev(times) if len(times) > 1 else None,
        "median": statistics.median(times),
        "user": _mean(series.values("cpu_user_s")),
        "system": _mean(series.values("cpu_system_s")),
        "min": min(times),
        "max": max(times),
        "times": times,
        **({"memory_usage_byte": memory} if len(memory) == len(times) else {}),
        "exit_codes": [0] * len(times),
        "parameters": series_parameters(records, series),
    }


def _mean(values: list[float]) -> float | None:
    """None where nothing metered it: 0 would be a claim."""
    return statistics.fmean(values) if values else None
