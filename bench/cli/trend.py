"""`buildmark trend`: where a series has changed over its runs: when, how much, and between which commits."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.history import BranchOption, IndexOption, MetricOption, chosen_index, chosen_metrics
from bench.cli.options import moment
from bench.cli.show import RESULTS, ReadResultsOption, terminal_width
from bench.errors import ExitCode, UsageError
from bench.report.choices import TrendFormat, parse_choice

_LEVEL = 0.01
_FORMATS = ", ".join(TrendFormat)


def _level(word: str | float) -> float:
    try:
        level = float(word)
    except ValueError:
        level = 0.0
    if not 0 < level < 1:
        raise UsageError(f"--level takes a share between 0 and 1, not '{word}'", remedy=f"--level {_LEVEL}")
    return level


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("trend")
    def trend(
        series: Annotated[
            str,
            typer.Argument(
                metavar="SERIES",
                help="Only series with this in their name SCENARIO/VARIANT/STATE, or a pattern: 'quick/*/cold'.",
                show_default="all",
            ),
        ] = "",
        *,
        scenario: Annotated[
            list[str] | None,
            typer.Option(
                "--scenario", metavar="NAME,…", help="Only these scenarios. May be repeated.", show_default="all"
            ),
        ] = None,
        variant: Annotated[
            list[str] | None,
            typer.Option("--variant", metavar="ID,…", help="Only these variants. May be repeated.", show_default="all"),
        ] = None,
        state: Annotated[
            list[str] | None,
            typer.Option(
                "--state", metavar="STATE,…", help="Only these cache states. May be repeated.", show_default="all"
            ),
        ] = None,
        metric: MetricOption = None,
        branch: BranchOption = None,
        since: Annotated[
            str | None,
            typer.Option(
                "--since",
                metavar="WHEN",
                help="Tell only of changes since a date or an age: 2026-11-01, 30d. Older runs still count.",
                show_default=False,
            ),
        ] = None,
        level: Annotated[
            float,
            typer.Option(
                "--level",
                metavar="P",
                parser=_level,
                help="The share of series without any step in which one may be found.",
            ),
        ] = _LEVEL,
        fail_on_step: Annotated[
            bool, typer.Option("--fail-on-step", help="Exit with 1 when a step to the worse is told of.")
        ] = False,
        results: ReadResultsOption = RESULTS,
        index: IndexOption = None,
        form: Annotated[
            str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {_FORMATS}.")
        ] = TrendFormat.TABLE.value,
    ) -> None:
        """Find the steps of every series over its runs: when, how big, and between which commits.

        A run is one value: the median of its trials that count. A step takes three runs on each side of it, all on one
        machine; where the machine changed, that is said, and never taken for a step.
        """
        from bench.app.trends import Search, find_trends
        from bench.ports.clock import SystemClock
        from bench.ports.history_update import open_index
        from bench.pure.planning import parse_states, split_list
        from bench.pure.trends import is_worse
        from bench.report.trend import render_trends

        shown = parse_choice(form, TrendFormat, "--format", "there is no format")
        search = Search(
            metrics=chosen_metrics(metric),
            pattern=series,
            scenarios=[name for word in scenario or () for name in split_list(word)],
            variants=[name for word in variant or () for name in split_list(word)],
            states=parse_states(state or (), ()),
            branch=branch,
            since=None if since is None else moment(since, "--since", SystemClock().now()),
            level=level,
        )
        with open_index(chosen_index(index), results) as opened:
            trends = find_trends(opened, search)
        typer.echo(render_trends(trends, shown, width=terminal_width()), nl=False)
        if fail_on_step and not trends.n_searched:
            raise UsageError(
                f"there is no series to search for steps in {results}",
                remedy="name the folder of runs with --results; `buildmark history list` shows what the index holds",
            )
        if fail_on_step and any(is_worse(change, one) for one in trends.series for change in one.changes):
            raise typer.Exit(ExitCode.REGRESSION)
