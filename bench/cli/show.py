"""`buildmark show`: the tables of a run, and the list of runs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.model.scenario import State

if TYPE_CHECKING:
    from bench.ports.run_store import RunListing

LATEST = "latest"
WIDTH_WITHOUT_TERMINAL = 120
FORMATS = ("table", "markdown", "csv", "json")
SORTS = ("time", "size", "cpu", "memory", "disk", "hits", "variant")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("show")
    def show(
        run: Annotated[
            str,
            typer.Argument(metavar="RUN", help="A run's folder, its id, the beginning of its id, or `latest`."),
        ] = LATEST,
        *,
        results: Annotated[Path, typer.Option("--results", metavar="DIR", help="The folder of runs.")] = Path(
            "results"
        ),
        form: Annotated[
            str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {', '.join(FORMATS)}.")
        ] = "table",
        sort: Annotated[
            str,
            typer.Option("--sort", metavar="COLUMN", help=f"Sort the rows of each state by: {', '.join(SORTS)}."),
        ] = "time",
        state: Annotated[
            list[str] | None,
            typer.Option(
                "--state",
                metavar="STATE,…",
                help="Show only these cache states. May be repeated.",
                show_default="all",
            ),
        ] = None,
        list_runs: Annotated[bool, typer.Option("--list", help="List the runs instead, the newest first.")] = False,
    ) -> None:
        """Show the tables of a run: time, hits, size, CPU, memory and disk of each variant, and each axis's effect.

        Works on a run that is still under way, and on one that was interrupted.
        """
        typer.echo(_runs(results) if list_runs else _tables(run, results, form, sort, state or ()), nl=False)


def _tables(run: str, results: Path, form: str, sort: str, states: Sequence[str]) -> str:
    from bench.ports.run_store import RunStore
    from bench.pure.summary import only_states
    from bench.report.columns import parse_sort
    from bench.report.summaries import load_summary, render_summary

    chosen_form, column, chosen_states = parse_format(form), parse_sort(sort), _parse_states(states)
    summary = only_states(load_summary(RunStore(results).open(run)), chosen_states)
    return render_summary(summary, chosen_form, width=terminal_width(), sort=column)
