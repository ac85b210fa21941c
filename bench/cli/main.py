"""The command line's front door: one app, one place where errors become words and exit codes."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from bench import __version__
from bench.cli import (
    bases,
    bisect,
    compare,
    doctor,
    engine,
    explain,
    export,
    gate,
    history,
    init,
    layers,
    plan,
    plot,
    publish,
    render,
    report,
    resume,
    run,
    scenarios,
    schema,
    serve,
    show,
    trend,
)
from bench.cli.streams import forgive, lost_output
from bench.errors import BuildmarkError, ExitCode

app = typer.Typer(
    name="buildmark",
    help="Benchmark how container images are built: base images, Dockerfile shapes, servers. No number without proof.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
MEASURING = (run, resume, gate, bisect)
READING = (show, report, compare, explain, layers, export, plot, history, trend, publish, serve)
PREPARING = (init, plan, render, scenarios, schema, bases, engine, doctor)
for module in (*MEASURING, *READING, *PREPARING):
    module.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"buildmark {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log every program that is started, to standard error.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    del version
    if verbose or os.environ.get("BUILDMARK_DEBUG"):
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
        logging.getLogger("bench").setLevel(logging.DEBUG)


def main() -> None:
    """Run the command line; the only place that exits."""
    out = forgive()
    code = _run()
    sys.stdout.flush()
    lost = lost_output(out)
    if lost is not None:
        print_error(lost)
        code = code or lost.exit_code
    sys.exit(code)


def _run() -> int:
    """Run the command and return what it exits with."""
    try:
        app(prog_name="buildmark")  # however it was started
    except BuildmarkError as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except SystemExit as end:
        code = int(end.code or 0)
        if code == ExitCode.INTERRUPTED:  # what Typer makes of KeyboardInterrupt, without a word
            typer.echo("interrupted", err=True)
        return code
    return ExitCode.OK


def print_error(error: BuildmarkError) -> None:
    """Say what happened, then what to do next, on standard error."""
    typer.echo(f"error: {error.message}", err=True)
    if error.remedy:
        typer.echo(f"  try: {error.remedy}", err=True)
