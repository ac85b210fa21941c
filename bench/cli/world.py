"""What `run` and `resume` share: the world around a session, and what is said when it is over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from bench.cli.progress import make_watcher
from bench.ports.clock import SystemClock
from bench.ports.paths import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.app.session import World
    from bench.errors import ExitCode
    from bench.model.scenario import Base
    from bench.ports.run_folder import RunFolder
    from bench.report.choices import SortColumn, SummaryFormat


def make_world(catalogue: Mapping[str, Base]) -> World:
    """The real world: this process's environment, the system's clock, the user's cache folder."""
    from bench.app.session import World

    clock = SystemClock()
    return World(
        environment=os.environ,
        clock=clock,
        cache=cache_folder(os.environ),
        catalogue=catalogue,
        watcher=make_watcher(clock),
        say=lambda line: typer.echo(line, err=True),
    )


def report(folder: RunFolder, form: SummaryFormat, sort: SortColumn, *, keep_disturbed: bool = False) -> ExitCode:
    """Print the tables of a run that has ended and keep them beside its records; returns what the records call for."""
    from bench.cli.show import terminal_width
    from bench.pure.outcome import exit_code_of
    from bench.report.summaries import render_summary, write_summaries

    summary = write_summaries(folder, keep_disturbed=keep_disturbed)
    typer.echo(render_summary(summary, form, width=terminal_width(), sort=sort), nl=False)
    trials = folder.read_trials(folder.read_run()).trials
    typer.echo(f"records: {folder.path}", err=True)
    return exit_code_of(trials)
