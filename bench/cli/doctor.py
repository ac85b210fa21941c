"""`buildmark doctor`: what about this machine and its engine makes numbers wrong or noisy, and what to do about it."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from bench.cli.run import EngineOption
from bench.cli.selection import BuilderOption
from bench.cli.show import RESULTS, ResultsOption, terminal_width
from bench.errors import ExitCode
from bench.model.build import BuilderKind
from bench.report.choices import parse_choice


class DoctorFormat(StrEnum):
    """How an examination can be had."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {', '.join(DoctorFormat)}.")
]
PlatformOption = Annotated[
    str | None,
    typer.Option(
        "--platform", metavar="OS/ARCH", help="The platform that builds would ask for.", show_default="the engine's own"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("doctor")
    def doctor(
        *,
        engine: EngineOption = "auto",
        builder: BuilderOption = BuilderKind.BUILDKIT,
        platform: PlatformOption = None,
        results: ResultsOption = RESULTS,
        form: FormatOption = DoctorFormat.TABLE.value,
    ) -> None:
        """Check what makes numbers wrong or noisy on this machine, and say what to do about each.

        Takes a second, in which the machine's CPUs are watched. The engine is opened as `run` would open it (a private
        one is started and removed), and nothing is built or changed; without an engine the rest is still checked.
        Exits with 0 when nothing is a problem (warnings and notes are none), with 5 otherwise.
        """
        from bench.app.examination import Surroundings, examine
        from bench.ports.clock import SystemClock, pause
        from bench.ports.engines import EngineChoice
        from bench.ports.paths import cache_folder
        from bench.pure.diagnosis import has_problem
        from bench.report.findings import render_examination, render_examination_json

        choice = parse_choice(engine, EngineChoice, "--engine", "there is no engine")
        shown = parse_choice(form, DoctorFormat, "--format", "there is no format")
        around = Surroundings(
            environment=os.environ, clock=SystemClock(), cache=cache_folder(os.environ), results=results, pause=pause
        )
        found = examine(choice, around, builder=builder, platform=platform)
        is_json = shown is DoctorFormat.JSON
        text = render_examination_json(found) if is_json else render_examination(found, width=terminal_width())
        typer.echo(text, nl=False)
        raise typer.Exit(ExitCode.ENVIRONMENT if has_problem(found.findings) else ExitCode.OK)
