"""`buildmark export`: a run in the format that another tool reads, printed or written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import choice
from bench.cli.out import write_out
from bench.cli.show import RESULTS, KeepDisturbedOption, ResultsOption, RunArgument
from bench.report.choices import ExportFormat

ExportFormatOption = Annotated[
    ExportFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=choice(ExportFormat, "--format", "there is no format"),
        help=f"What to make: {', '.join(ExportFormat)}.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Write FILE, whole or not at all, instead of printing.", show_default=False
    ),
]
MetricOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="METRIC,…",
        help="The metrics to put in, by the names that `show --format json` has. May be repeated.",
        show_default="the format's",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("export")
    def export(
        run: RunArgument,
        *,
        form: ExportFormatOption,
        out: OutOption = None,
        metric: MetricOption = None,
        results: ResultsOption = RESULTS,
        keep_disturbed: KeepDisturbedOption = False,
    ) -> None:
        """Give a run to other tools: what each reads, and what of a run it can hold, is in docs/EXPORTS.md.

        A run that is under way, or was interrupted, is exported as far as it goes.
        """
        text = _text(run, results, form, metric or [], keep_disturbed=keep_disturbed)
        if out is None:
            typer.echo(text, nl=False)
        else:
            write_out(out, text.encode())


def _text(run: str, results: Path, form: ExportFormat, metrics: list[str], *, keep_disturbed: bool) -> str:
    import msgspec

    from bench.ports.run_store import RunStore
    from bench.report.export_formats import render_export
    from bench.report.export_records import load_records, parse_metrics

    records = load_records(RunStore(results).open(run), keep_disturbed=keep_disturbed)
    chosen = parse_metrics(metrics, records.summary)
    return render_export(msgspec.structs.replace(records, metrics=chosen), form)
