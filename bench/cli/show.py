"""`buildmark show`: the tables of a run, and the list of runs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.bars import Bars, BarsOption, bars_wanted
from bench.errors import UsageError
from bench.report.choices import SortColumn, SummaryFormat, parse_format, parse_sort

RESULTS = Path("results")
WIDTH_WITHOUT_TERMINAL = 120
_FORMATS = ", ".join(SummaryFormat)
_SORTS = ", ".join(SortColumn)

RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's folder, its id, the beginning of its id, or `latest`."),
]
ResultsOption = Annotated[Path, typer.Option("--results", metavar="DIR", help="The folder of runs.")]


def _named_is_there(context: typer.Context, parameter: typer.CallbackParam, value: Path) -> Path:
    """Raise UsageError for a folder that was named and is not there: a slip would pass for a folder without runs."""
    source = context.get_parameter_source(parameter.name or "")
    is_named = source is not None and source.name != "DEFAULT"
    if is_named and not context.resilient_parsing and not value.exists():
        raise UsageError(f"there is no folder {value}", remedy="name the folder of runs with --results")
    return value


ReadResultsOption = Annotated[
    Path, typer.Option("--results", metavar="DIR", help="The folder of runs.", callback=_named_is_there)
]
"""For commands that only read runs: the folder may be missing only where nobody named it."""
ShowFormatOption = Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {_FORMATS}.")]
SortOption = Annotated[str, typer.Option("--sort", metavar="COLUMN", help=f"Sort the rows of each state by: {_SORTS}.")]
StatesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--state", metavar="STATE,…", help="Show only these cache states. May be repeated.", show_default="all"
    ),
]
KeepDisturbedOption = Annotated[
    bool, typer.Option("--keep-disturbed", help="Summarise also the trials during which other work took much CPU.")
]
ListOption = Annotated[bool, typer.Option("--list", help="List the runs instead, the newest first.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("show")
    def show(
        run: RunArgument = "latest",
        *,
        results: ReadResultsOption = RESULTS,
        form: ShowFormatOption = SummaryFormat.TABLE.value,
        sort: SortOption = SortColumn.TIME.value,
        state: StatesOption = None,
        keep_disturbed: KeepDisturbedOption = False,
        bars: BarsOption = Bars.AUTO,
        list_runs: ListOption = False,
    ) -> None:
        """Show the tables of a run: what each variant takes in each state, and what each level of an axis changes.

        Works on a run that is still under way, too, and on one that was interrupted.
        """
        if list_runs:
            shown = _list(results)
        else:
            shown = _show(run, results, form, sort, state or (), keep=keep_disturbed, bars=bars)
        typer.echo(shown, nl=False)


def terminal_width() -> int:
    """The width to make tables for: the terminal's, or `$COLUMNS`, or 120 where there is neither."""
    return shutil.get_terminal_size(fallback=(WIDTH_WITHOUT_TERMINAL, 24)).columns


def from_here(path: Path) -> str:
    """A path as it is typed from the current folder, where it lies below that."""
    here, there = Path.cwd(), path.resolve()
    return str(there.relative_to(here) if there.is_relative_to(here) else there)


def _show(run: str, results: Path, form: str, sort: str, states: Sequence[str], *, keep: bool, bars: Bars) -> str:
    from bench.ports.run_store import RunStore
    from bench.pure.planning import parse_states
    from bench.pure.summary import only_states
    from bench.report.summaries import load_summary, render_summary

    chosen_form, column, chosen_states = parse_format(form), parse_sort(sort), parse_states(states, ())
    drawn = bars_wanted(bars, is_table=chosen_form is SummaryFormat.TABLE)
    folder = RunStore(results).open(run)
    summary = only_states(load_summary(folder, keep_disturbed=keep), chosen_states)
    return render_summary(
        summary, chosen_form, width=terminal_width(), sort=column, folder=from_here(folder.path), bars=drawn
    )


def _list(results: Path) -> str:
    from bench.ports.run_store import RunStore
    from bench.report.listing import render_listing

    runs = RunStore(results).list_runs()
    if not runs:
        return f"There is no run in {results} yet. Make one with: buildmark run quick\n"
    if not any(run.is_adaptive for run in runs):
        return render_listing(runs, width=terminal_width())
    from bench.ports.history_update import known_complete  # slow to load

    return render_listing(runs, width=terminal_width(), known_complete=known_complete(results))
