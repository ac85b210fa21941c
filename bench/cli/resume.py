"""`buildmark resume`: finish a run that was stopped."""

from __future__ import annotations

import typer

from bench.cli.bars import Bars, BarsOption, bars_wanted
from bench.cli.show import RESULTS, KeepDisturbedOption, ResultsOption, RunArgument, ShowFormatOption, SortOption
from bench.report.choices import SortColumn, SummaryFormat, parse_format, parse_sort


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("resume")
    def resume(
        run: RunArgument = "latest",
        *,
        results: ResultsOption = RESULTS,
        form: ShowFormatOption = SummaryFormat.TABLE.value,
        sort: SortOption = SortColumn.TIME.value,
        keep_disturbed: KeepDisturbedOption = False,
        bars: BarsOption = Bars.AUTO,
    ) -> None:
        """Run exactly the trials of a run that are missing, then print its tables.

        The engine and the bases must still be what the run began with.
        """
        from bench.app.session import resume_run
        from bench.cli.world import make_world, report
        from bench.ports.base_catalogue import load_catalogue

        shown, column = parse_format(form), parse_sort(sort)
        drawn = bars_wanted(bars, is_table=shown is SummaryFormat.TABLE)
        folder = resume_run(run, results, make_world(load_catalogue()))
        raise typer.Exit(report(folder, shown, column, keep_disturbed=keep_disturbed, bars=drawn))
