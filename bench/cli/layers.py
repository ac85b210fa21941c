"""`buildmark layers`: what the images of a run are made of, and what of them is waste."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.show import RESULTS, ResultsOption, RunArgument, terminal_width
from bench.report.choices import LayersFormat, parse_layers_format

_FORMATS = ", ".join(LayersFormat)

VariantArgument = Annotated[
    str | None, typer.Argument(metavar="[VARIANT]", help="One variant's id.", show_default="all variants")
]
FormatOption = Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {_FORMATS}.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("layers")
    def layers(
        run: RunArgument = "latest",
        variant: VariantArgument = None,
        *,
        results: ResultsOption = RESULTS,
        form: FormatOption = LayersFormat.TABLE.value,
    ) -> None:
        """Show the layers of each variant's image: what made them, their size, and what of it is waste.

        Waste is what a later layer overwrites or deletes: it is stored, pushed and pulled, and never seen.
        """
        typer.echo(_show(run, variant, results, form), nl=False)


def _show(name: str, variant: str | None, results: Path, form: str) -> str:
    from bench.ports.run_store import RunStore
    from bench.pure.layers_report import layers_report
    from bench.report.layers import render_layers_json, render_layers_table

    chosen = parse_layers_format(form)
    folder = RunStore(results).open(name)
    run = folder.read_run()
    report = layers_report(run, folder.read_trials(run).trials, variant=variant)
    if chosen is LayersFormat.JSON:
        return render_layers_json(report)
    return render_layers_table(report, width=terminal_width())
