"""`buildmark serve`: the site of all runs in a browser on this machine, made anew when a run lands."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli.history import BranchOption, IndexOption, chosen_index, chosen_metrics
from bench.cli.options import whole_number
from bench.cli.publish import METRICS, SiteMetricOption, TitleOption, say_problems, summary_of
from bench.cli.show import RESULTS, ResultsOption
from bench.errors import BuildmarkError, UsageError
from bench.report.choices import SITE_TITLE

if TYPE_CHECKING:
    from bench.report.site.publish import SiteOptions

_PORT = 8137
_BIND = "127.0.0.1"
_MOST = 65_535
_FOLDER = ".site"
_KEY_LETTERS = 12


def _port(word: str | int) -> int:
    number = whole_number("--port", _PORT, least=0)(str(word))
    if number > _MOST:
        raise UsageError(f"--port takes {_MOST} at most, not {number}", remedy=f"--port {_PORT}")
    return number


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("serve")
    def serve(
        *,
        port: Annotated[
            int, typer.Option("--port", metavar="N", parser=_port, help="The port; 0 takes one that is free.")
        ] = _PORT,
        bind: Annotated[
            str,
            typer.Option(
                "--bind",
                metavar="ADDRESS",
                help="The address to answer on. Others than this machine's own loopback "
                "let everybody read who reaches it.",
            ),
        ] = _BIND,
        open_: Annotated[bool, typer.Option("--open", help="Open the site in a browser.")] = False,
        title: TitleOption = SITE_TITLE,
        metric: SiteMetricOption = None,
        branch: BranchOption = None,
        results: ResultsOption = RESULTS,
        index: IndexOption = None,
    ) -> None:
        """Show the site of all runs in browsers on this machine, until Ctrl-C; make it anew when a run lands.

        Open pages reload by themselves. While a run is being measured nothing is done beside it. The site lies in
        .site in the folder of runs; to give it to others, see `buildmark publish`.
        """
        from bench.ports.results_watch import watch_results
        from bench.ports.signals import endings_interrupt
        from bench.ports.site_server import EVENTS, SiteServer, is_loopback
        from bench.report.site.publish import SiteOptions

        if not results.is_dir():
            raise UsageError(f"there is no folder {results}", remedy="name one with --results, or: buildmark run quick")
        if not is_loopback(bind):
            typer.echo(f"note: whoever reaches {bind} can read the site", err=True)
        options = SiteOptions(title=title, metrics=chosen_metrics(metric or [METRICS]), branch=branch, events=EVENTS)
        site = _Served(results, options, chosen_index(index))
        with endings_interrupt(), watch_results(results, made=_FOLDER) as watch:
            try:
                site.renew()
                with SiteServer(site.shown, bind=bind, port=port) as server:
                    _show(server.address, open_=open_)
                    while True:
                        watch.wait()
                        site.try_to_renew()
            except KeyboardInterrupt:
                typer.echo("ended", err=True)


class _Served:
    """The site that is shown, and how it is brought up to date."""

    def __init__(self, results: Path, options: SiteOptions, named: str | None) -> None:
        from bench.ports.site_server import ShownSite

        own = hashlib.sha256(msgspec.json.encode(options)).hexdigest()[:_KEY_LETTERS]
        self._results = results
        self._options = options
        self._named = named
        # Each way of showing has a folder of its own: two servers of one would take turns in writing every page.
        self.shown = ShownSite(results.resolve() / _FOLDER / own)

    def renew(self) -> None:
        """Bring it up to date, and say what became of it. Raises StorageError, UsageError."""
        from bench.ports.history_update import open_index
        from bench.ports.site_folder import SiteFolder
        from bench.report.site.publish import publish

        with (
            SiteFolder(self.shown.folder, told=self.shown.tell, patient=True) as site,
            open_index(self._named, self._results) as opened,
        ):
            if site.keys:  # else its folder was deleted, and all that open pages show is made again
                self.shown.know(site.keys)
            done = publish(opened, self._results, site, self._options, shared=self._named is not None)
            self.shown.know(site.keys)
        say_problems(done)
        if done.written or done.removed:
            typer.echo(summary_of(done))

    def try_to_renew(self) -> None:
        """The same; what goes wrong is said, and the site stays as it was until the next news."""
        try:
            self.renew()
        except BuildmarkError as error:
            typer.echo(f"error: {error.message}", err=True)


def _show(address: str, *, open_: bool) -> None:
    from bench.ports.browser import open_address

    typer.echo(f"{address} (Ctrl-C ends)")
    if open_ and not open_address(address):
        typer.echo("no browser could be started: open that address yourself", err=True)
