"""The formats that a run can be exported in: the one registry from a format's name to what makes its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from bench.report.choices import ExportFormat, PlotKind
from bench.report.export_hyperfine import render_hyperfine
from bench.report.export_junit import render_junit
from bench.report.export_openmetrics import render_openmetrics
from bench.report.export_pytest import render_pytest_benchmark
from bench.report.export_records import RunRecords, refuse_metrics
from bench.report.export_services import render_bencher, render_github_action_benchmark
from bench.report.exports import render_csv, render_json, render_jsonl
from bench.report.tables import render_markdown

WHOLE = (ExportFormat.JSON, ExportFormat.JSONL, ExportFormat.CSV, ExportFormat.MARKDOWN, ExportFormat.JUNIT)


def render_export(  # noqa: C901, PLR0911  (a line for each format)
    records: RunRecords, form: ExportFormat, *, pictures: Mapping[PlotKind, str] | None = None
) -> str:
    """The run in a format, as text that ends with a newline. Raises UsageError for metrics that it cannot hold.

    `pictures` are those of the Markdown document (see `bench.report.tables.render_markdown`).
    """
    if form in WHOLE:
        refuse_metrics(records, form)
    match form:
        case ExportFormat.JSON:
            return render_json(records.summary)
        case ExportFormat.JSONL:
            return render_jsonl(records.run, records.trials)
        case ExportFormat.CSV:
            return render_csv(records.summary)
        case ExportFormat.MARKDOWN:
            return render_markdown(records.summary, pictures=pictures)
        case ExportFormat.PYTEST_BENCHMARK:
            return render_pytest_benchmark(records)
        case ExportFormat.HYPERFINE:
            return render_hyperfine(records)
        case ExportFormat.GITHUB_ACTION_BENCHMARK:
            return render_github_action_benchmark(records)
        case ExportFormat.BENCHER:
            return render_bencher(records)
        case ExportFormat.OPENMETRICS:
            return render_openmetrics(records)
        case ExportFormat.JUNIT:
            return render_junit(records)
        case _:
            assert_never(form)
