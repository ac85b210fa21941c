"""What `run` and `resume` share: the world around a session, and what is said when it is over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from bench.cli.progress import make_watcher, readable_time
from bench.ports.clock import SystemClock
from bench.ports.paths import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.app.asked import World
    from bench.errors import ExitCode
    from bench.model.scenario import Base
    from bench.model.trial import Trial
    from bench.ports.run_folder import RunFolder
    from bench.report.choices import SortColumn, SummaryFormat


def make_world(catalogue: Mapping[str, Base]) -> World:
    """The real world: this process's environment, the system's clock, the user's cache folder."""
    from bench.app.asked import World

    clock = SystemClock()
    return World(
        environment=os.environ,
        clock=clock,
        cache=cache_folder(os.environ),
        catalogue=catalogue,
        watcher=make_watcher(clock),
        say=lambda line: typer.echo(line, err=True),
    )


def report(
    folder: RunFolder, form: SummaryFormat, sort: SortColumn, *, keep_disturbed: bool = False, bars: bool = False
) -> ExitCode:
    """Print the tables of a run that has ended and keep them beside its records; returns what the records call for."""
    from bench.cli.show import from_here, terminal_width
    from bench.pure.outcome import exit_code_of
    from bench.report.summaries import render_summary, write_summaries

    summary = write_summaries(folder, keep_disturbed=keep_disturbed)
    where = from_here(folder.path)
    typer.echo(render_summary(summary, form, width=terminal_width(), sort=sort, folder=where, bars=bars), nl=False)
    run = folder.read_run()
    trials = folder.read_trials(run).trials
    typer.echo(f"records: {where}", err=True)
    typer.echo(time_taken(trials), err=True)
    return exit_code_of(trials, every_base="--base" in run.command)


def time_taken(trials: Iterable[Trial]) -> str:
    """How long this command has taken so far, from the start of its process, and how much of that was timed.

    Trials of an earlier session, which this one resumed, are not part of it.
    """
    import psutil

    began_s = psutil.Process().create_time()
    timed_s = sum(trial.wall_s or 0.0 for trial in trials if trial.started_at.timestamp() >= began_s)
    return f"{readable_time(SystemClock().now().timestamp() - began_s)} in all, {readable_time(timed_s)} of it timed"
