"""`buildmark report`: runs as one HTML file for people who get a link or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.out import write_out
from bench.cli.show import RESULTS, KeepDisturbedOption, ResultsOption, from_here

REPORT_FILE = "report.html"

RunsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN…", help="Runs: folders, ids, beginnings of ids, or `latest`. Each has its part of the page."
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Where to write the page.",
        show_default=f"{REPORT_FILE} in the first run's folder",
    ),
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("report")
    def report(
        runs: RunsArgument,
        *,
        out: OutOption = None,
        open_: OpenOption = False,
        results: ResultsOption = RESULTS,
        keep_disturbed: KeepDisturbedOption = False,
    ) -> None:
        """Make a page of runs: the answer in words, tables, every variant's steps, layers and Dockerfile.

        It is one HTML file that fetches nothing: send it, archive it, or open it from the disk.
        """
        from bench.ports.browser import open_in_browser
        from bench.ports.run_store import RunStore
        from bench.report.html.load import report_html
        from bench.report.units import bytes_text

        store = RunStore(results)
        folders = list({folder.path: folder for folder in map(store.open, runs)}.values())
        page = report_html(folders, keep_disturbed=keep_disturbed).encode()
        path = out or folders[0].path / REPORT_FILE
        write_out(path, page)
        typer.echo(f"{from_here(path)}: {bytes_text(len(page))}")
        if open_ and not open_in_browser(path):
            typer.echo("no browser could be started: open that file yourself", err=True)
