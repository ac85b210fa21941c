"""`buildmark history`: the runs that there are, a series over them, and bringing runs in and taking old ones out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import age
from bench.cli.show import RESULTS, ReadResultsOption, ResultsOption, from_here, terminal_width
from bench.errors import ExitCode, UsageError, did_you_mean
from bench.report.choices import HistoryFormat, parse_choice

if TYPE_CHECKING:
    from bench.app.history import OldRuns

INDEX_VARIABLE = "BUILDMARK_INDEX"
_FORMATS = ", ".join(HistoryFormat)

history_app = typer.Typer(
    help="List the runs that there are with their commits, follow a series over them, import and prune runs.",
    no_args_is_help=True,
)

IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="URL",
        help="The index to use instead of history.sqlite in the folder of runs: sqlite:////PATH, or "
        f"postgresql://USER@HOST/DATABASE for one that machines share. Also ${INDEX_VARIABLE}.",
        show_default=False,
    ),
]
HistoryFormatOption = Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {_FORMATS}.")]
BranchOption = Annotated[
    str | None,
    typer.Option("--branch", metavar="NAME", help="Only runs of this git branch.", show_default=False),
]
MetricOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="METRIC,…",
        help="What to look at: wall_s, cpu_s, image_size_bytes and others. May be repeated.",
        show_default="wall_s",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.add_typer(history_app, name="history")


def chosen_index(word: str | None) -> str | None:
    """The index that the user names, on the command line or in the environment; None for the one beside the runs."""
    return word or os.environ.get(INDEX_VARIABLE) or None


def chosen_metrics(words: Sequence[str] | None) -> tuple[str, ...]:
    """The metrics that `--metric` names. Raises UsageError for one that the index does not keep."""
    from bench.pure.metrics import WALL
    from bench.pure.planning import split_list
    from bench.pure.series import METRICS

    named = [name for word in words or () for name in split_list(word)]
    for name in named:
        if name not in METRICS:
            raise UsageError(
                f"the index keeps no metric '{name}'{did_you_mean(name, METRICS)}",
                remedy=f"one of: {', '.join(METRICS)}",
            )
    return tuple(dict.fromkeys(named)) or (WALL,)


@history_app.command("list")
def list_runs(
    *,
    results: ReadResultsOption = RESULTS,
    index: IndexOption = None,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="NAME", help="Only runs of this scenario.", show_default=False),
    ] = None,
    branch: BranchOption = None,
    form: HistoryFormatOption = HistoryFormat.TABLE.value,
) -> None:
    """List the runs with their commits and how many of their trials count, the newest first."""
    from bench.app.history import list_history
    from bench.ports.history_update import open_index
    from bench.report.history import render_runs

    shown = parse_choice(form, HistoryFormat, "--format", "there is no format")
    with open_index(chosen_index(index), results) as opened:
        runs = list_history(opened, scenario=scenario, branch=branch)
    typer.echo(render_runs(runs, shown, width=terminal_width()), nl=False)


@history_app.command("show")
def show(
    series: Annotated[
        str,
        typer.Argument(
            metavar="SERIES",
            help="A series as SCENARIO/VARIANT/STATE, any part of such a name, or a pattern: 'quick/*/cold'.",
        ),
    ],
    *,
    metric: MetricOption = None,
    branch: BranchOption = None,
    results: ReadResultsOption = RESULTS,
    index: IndexOption = None,
    form: HistoryFormatOption = HistoryFormat.TABLE.value,
) -> None:
    """Show a series run by run: the median of the trials that count, its interval, and the commit."""
    from bench.app.history import show_series
    from bench.ports.history_update import open_index
    from bench.report.history import render_series

    shown = parse_choice(form, HistoryFormat, "--format", "there is no format")
    metrics = chosen_metrics(metric)
    with open_index(chosen_index(index), results) as opened:
        found = show_series(opened, series, metrics, branch=branch)
    typer.echo(render_series(found, shown, width=terminal_width()), nl=False)


@history_app.command("rebuild")
def rebuild(*, results: ReadResultsOption = RESULTS, index: IndexOption = None) -> None:
    """Make the index anew from the run folders. Of a shared index, only what came from this folder of runs."""
    from bench.app.history import rebuild_index

    done = rebuild_index(chosen_index(index), results)
    typer.echo(f"{_runs(len(done))} read from {from_here(results)}")


@history_app.command("import")
def import_runs(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER", help="Run folders, or folders that hold some.", show_default=False),
    ],
    *,
    results: ResultsOption = RESULTS,
    index: IndexOption = None,
) -> None:
    """Copy run folders into the folder of runs: from another machine, or from what a CI job kept.

    A run that is there already, with the same content, is passed over; one of that id with other content is refused.
    """
    from bench.app.history import import_runs as bring_in
    from bench.ports.history_update import open_index

    done = bring_in(folders, results)
    open_index(chosen_index(index), results).close()
    for name in done.new:
        typer.echo(f"imported {name}")
    for name in done.known:
        typer.echo(f"{name} is there already")


@history_app.command("prune")
def prune(
    *,
    older_than: Annotated[
        str,
        typer.Option("--older-than", metavar="AGE", help="How old a run must be: 90d, 12h, 2w.", show_default=False),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Delete them. Without it, they are only listed.")] = False,
    results: ReadResultsOption = RESULTS,
    index: IndexOption = None,
) -> None:
    """List the runs that are older than an age, and with --yes delete their folders and forget them."""
    from bench.app.history import old_runs
    from bench.app.history import prune as delete
    from bench.ports.clock import SystemClock
    from bench.ports.history_update import open_index

    named = chosen_index(index)
    shared = named is not None
    before = SystemClock().now() - age(older_than, "--older-than")
    with open_index(named, results) as opened:
        old = old_runs(opened, results, before, shared=shared)
        _say_old(old, delete=yes)
        if not yes:
            return
        failures = delete(opened, results, old, shared=shared)
    for failure in failures:
        typer.echo(f"error: {failure}", err=True)
    if failures:
        raise typer.Exit(ExitCode.ENVIRONMENT)


def _say_old(old: OldRuns, *, delete: bool) -> None:
    """What is going to be deleted, or would be."""
    for name, why in old.kept:
        typer.echo(f"kept: {name}: {why}", err=True)
    if not old.folders and not old.remembered:
        typer.echo("no run is that old")
        return
    for path in old.folders:
        typer.echo(f"{'deleting' if delete else 'would delete'} {from_here(path)}")
    for name in old.remembered:
        typer.echo(f"{'forgetting' if delete else 'would forget'} {name} (its folder has gone)")
    if not delete:
        typer.echo(
            f"nothing was deleted; to delete {_runs(len(old.folders) + len(old.remembered))}: add --yes", err=True
        )


def _runs(count: int) -> str:
    return f"{count:,} run{'' if count == 1 else 's'}"
