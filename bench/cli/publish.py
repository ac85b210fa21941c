"""`buildmark publish`: the history of all runs as a static site for any web server, or for the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.history import BranchOption, IndexOption, chosen_index, chosen_metrics
from bench.cli.show import RESULTS, ReadResultsOption, from_here
from bench.errors import DiskError, UsageError
from bench.report.choices import SITE_METRICS, SITE_TITLE

if TYPE_CHECKING:
    from bench.report.site.publish import Published

METRICS = ",".join(SITE_METRICS)

TitleOption = Annotated[str, typer.Option("--title", metavar="TEXT", help="What the site is called.")]
SiteMetricOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="METRIC,…",
        help="What trends are shown of: wall_s, cpu_s, image_size_bytes and others. May be repeated.",
        show_default=METRICS,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("publish")
    def publish(
        folder: Annotated[
            Path,
            typer.Argument(
                metavar="DIR",
                help="The folder of the site: a new one, an empty one, or one that was published before.",
                show_default=False,
            ),
        ],
        *,
        title: TitleOption = SITE_TITLE,
        metric: SiteMetricOption = None,
        branch: BranchOption = None,
        anew: Annotated[bool, typer.Option("--anew", help="Write also what has not changed.")] = False,
        open_: Annotated[bool, typer.Option("--open", help="Open the site in a browser.")] = False,
        results: ReadResultsOption = RESULTS,
        index: IndexOption = None,
    ) -> None:
        """Make a static site of all runs: trends with their steps and commits, and the report of each run.

        It works from the disk and from any folder of a web server, and fetches nothing from elsewhere. Published again,
        it writes only what has changed.
        """
        from bench.ports.browser import open_in_browser
        from bench.ports.history_update import open_index
        from bench.ports.site_folder import SiteFolder
        from bench.report.site.publish import INDEX, SiteOptions
        from bench.report.site.publish import publish as bring_up_to_date

        options = SiteOptions(title=title, metrics=chosen_metrics(metric or [METRICS]), branch=branch, anew=anew)
        named = chosen_index(index)
        try:
            with SiteFolder(folder) as site, open_index(named, results) as opened:
                if named is None and site.keys and not results.is_dir():
                    raise UsageError(
                        f"there is no folder {results}, and the site in {folder} shows runs of one",
                        remedy="name it with --results",
                    )
                done = bring_up_to_date(opened, results, site, options, shared=named is not None)
        except DiskError as error:
            if _is_within(error.path, folder, results):
                error.remedy = "name a folder that you may write, on a disk with room"
            raise
        say_problems(done)
        typer.echo(f"{from_here(folder / INDEX)}: {summary_of(done)}")
        if open_ and not open_in_browser(folder / INDEX):
            typer.echo("no browser could be started: open that file yourself", err=True)


def _is_within(path: Path, site: Path, results: Path) -> bool:
    """Whether a path is of the site, and not of the runs where these lie in its folder."""
    return path.is_relative_to(site) and not (results.is_relative_to(site) and path.is_relative_to(results))


def say_problems(done: Published) -> None:
    """Name the runs that have no page, on standard error."""
    from bench.report.units import plain_text

    for run, reason in done.problems:
        typer.echo(f"not shown: {plain_text(run)}: {plain_text(reason)}", err=True)


def summary_of(done: Published) -> str:
    """What became of a site, in a line."""
    from bench.report.units import bytes_text, count_text

    parts = [
        f"{count_text(done.n_runs, 'run')} on {count_text(done.n_targets, 'target')}",
        f"{len(done.written):,} of {count_text(done.n_files, 'file')} written",
        *([f"{len(done.removed):,} removed"] if done.removed else []),
        f"{bytes_text(done.size_bytes)} in all",
    ]
    return ", ".join(parts)
