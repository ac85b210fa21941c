"""A run as OpenMetrics text, for Prometheus (its text-file collector, a push gateway) and whatever else reads that.

A gauge per metric with its median, and two more with the ends of its interval. Source: the OpenMetrics specification
1.0, https://github.com/prometheus/OpenMetrics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.model.summary import Row
from bench.pure.metrics import in_order, unit_of
from bench.report.export_records import RunRecords

PREFIX = "buildmark"
UNITS = {"s": "seconds", "bytes": "bytes", "ratio": "ratio", "layers": "layers"}
COUNTS = {
    "planned": "n_planned",
    "valid": "n_valid",
    "invalid": "n_invalid",
    "failed": "n_failed",
    "timeout": "n_timeout",
    "unavailable": "n_unavailable",
    "disturbed": "n_disturbed",
}
_SAID_BY_NAME = re.compile(r"_(s|bytes|ratio|layers)$")
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_]")

Labels = Mapping[str, str]


def render_openmetrics(records: RunRecords) -> str:
    """Every metric that was measured (those that were asked for), the counts of trials, and the run itself."""
    rows = [(_labels(records, row), row) for row in records.summary.rows]
    names = dict.fromkeys(name for row in records.summary.rows for name in row.metrics)
    wanted = [name for name in in_order(names) if not records.metrics or name in records.metrics]
    lines = [line for name in wanted for line in _metric(name, rows)]
    return "\n".join([*lines, *_trials(rows), *_run(records), "# EOF"]) + "\n"


def _metric(name: str, rows: Sequence[tuple[Labels, Row]]) -> Iterator[str]:
    unit = UNITS[unit_of(name)]
    stem = _name(_SAID_BY_NAME.sub("", name))
    for ending, field, what in (
        ("", "median", "Median"),
        ("_low", "low", "Lower end of the interval of the median"),
        ("_high", "high", "Upper end of the interval of the median"),
    ):
        samples = [(labels, getattr(row.metrics[name], field)) for labels, row in rows if name in row.metrics]
        yield from _family(
            f"{PREFIX}_{stem}{ending}_{unit}", f"{what} of {name} over the trials that count.", samples, unit
        )


def _trials(rows: Sequence[tuple[Labels, Row]]) -> Iterator[str]:
    samples = [
        ({**labels, "status": status}, float(getattr(row, field)))
        for labels, row in rows
        for status, field in COUNTS.items()
    ]
    yield from _family(
        f"{PREFIX}_trials", "Trials by how they ended; failed includes timeout and unavailable.", samples
    )


def _run(records: RunRecords) -> Iterator[str]:
    run = records.run
    info = {
        "run": run.id,
        "scenario": run.plan.scenario,
        "version": run.buildmark_version,
        "engine": run.engine.kind.value,
        "engine_version": run.engine.server_version,
        "builder": run.builder.value,
        "storage_driver": run.engine.storage_driver,
        "machine": run.machine.hostname,
    }
    name = f"{PREFIX}_run"
    yield f"# TYPE {name} info"
    yield f"# HELP {name} The run that the numbers are from."
    yield f"{name}_info{_braces(info)} 1"
    started = f"{PREFIX}_run_started_timestamp_seconds"
    when = [({"scenario": run.plan.scenario}, run.created_at.timestamp())]
    yield from _family(started, "When the run began, in seconds since 1970.", when, "seconds")


def _family(name: str, text: str, samples: Iterable[tuple[Labels, float]], unit: str | None = None) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {_escaped(text)}"
    for labels, value in samples:
        yield f"{name}{_braces(labels)} {value!r}"


def _labels(records: RunRecords, row: Row) -> dict[str, str]:
    """What makes a series. The run is not among them: each would begin new ones."""
    labels = {"scenario": records.run.plan.scenario, "variant": row.variant, "state": row.state.value}
    for axis in records.run.axes:
        label = f"axis_{_name(axis)}"
        while label in labels:
            label += "_"
        labels[label] = row.levels.get(axis, "")
    return labels


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _name(text: str) -> str:
    return _NOT_A_NAME.sub("_", text)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
