"""What a campaign shows while it runs: a progress bar on a terminal, plain lines elsewhere. Both on standard error."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING

import typer

from bench.app.workbench import Watcher
from bench.model.plan import PlannedTrial
from bench.model.run import Run
from bench.model.trial import Trial, TrialStatus
from bench.ports.protocols import Clock
from bench.pure.time_left import TimeLeft

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def make_watcher(clock: Clock) -> Watcher:
    """The watcher that suits standard error."""
    return BarWatcher(clock) if sys.stderr.isatty() else LineWatcher(clock)


class _Pace:
    """Follows a campaign: which trial is under way, how many are over, how long the rest will take."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._time_left = TimeLeft()
        self._waiting: deque[PlannedTrial] = deque()
        self._begun_s = clock.monotonic_s()
        self.total = 0

    def start(self, missing: tuple[PlannedTrial, ...]) -> None:
        self._waiting = deque(missing)
        self.total = len(missing)

    def trial_started(self, planned: PlannedTrial) -> None:
        if self._waiting and self._waiting[0].number == planned.number:
            self._waiting.popleft()
        self._begun_s = self._clock.monotonic_s()

    def trial_ended(self, trial: Trial) -> None:
        if trial.status is not TrialStatus.UNAVAILABLE:
            self._time_left.learn(trial.variant, trial.state, self._clock.monotonic_s() - self._begun_s)

    @property
    def done(self) -> int:
        return self.total - len(self._waiting)

    def left(self) -> str:
        estimate_s = self._time_left.estimate_s(self._waiting)
        return "" if estimate_s is None else f"{readable_time(estimate_s)} left"


class LineWatcher:
    """One plain line per trial, for logs and pipes."""

    def __init__(self, clock: Clock) -> None:
        self._pace = _Pace(clock)

    def started(self, run: Run, missing: tuple[PlannedTrial, ...]) -> None:
        """See Watcher."""
        self._pace.start(missing)
        typer.echo(f"run {run.id}: {len(missing)} trials to go", err=True)

    def trial_started(self, planned: PlannedTrial) -> None:
        """See Watcher."""
        self._pace.trial_started(planned)

    def trial_ended(self, trial: Trial) -> None:
        """See Watcher."""
        self._pace.trial_ended(trial)
        count = f"[{self._pace.done}/{self._pace.total}]"
        left = self._pace.left()
        typer.echo(
            f"{count} round {trial.round}  {trial.variant}  {trial.state}  {result_words(trial)}"
            + (f"  ({left})" if left else ""),
            err=True,
        )

    def ended(self) -> None:
        """See Watcher."""


class BarWatcher:
    """A progress bar with the current variant, state and the time left; what went wrong stays above it."""

    def __init__(self, clock: Clock) -> None:
        self._pace = _Pace(clock)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def started(self, run: Run, missing: tuple[PlannedTrial, ...]) -> None:
        """See Watcher."""
        del run
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._pace.start(missing)
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=len(missing), left="")
        self._bar.start()

    def trial_started(self, planned: PlannedTrial) -> None:
        """See Watcher."""
        self._pace.trial_started(planned)
        self._update(description=f"round {planned.round}  {planned.variant}  {planned.state}")

    def trial_ended(self, trial: Trial) -> None:
        """See Watcher."""
        self._pace.trial_ended(trial)
        if trial.status is not TrialStatus.VALID and self._bar is not None:
            self._bar.console.print(f"{trial.variant} {trial.state}: {result_words(trial)}", markup=False)
        self._update(advance=1, left=self._pace.left())

    def ended(self) -> None:
        """See Watcher."""
        if self._bar is not None:
            self._bar.stop()

    def _update(self, **changes: object) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, **changes)  # type: ignore[arg-type]  # its fields are its own


def result_words(trial: Trial) -> str:
    """What came of a trial, in a few words on one line."""
    if trial.status is TrialStatus.VALID and trial.wall_s is not None:
        return f"{trial.wall_s:.2f} s"
    reason = (trial.reason or "").splitlines()
    return f"{trial.status}: {reason[0]}" if reason else str(trial.status)


def readable_time(seconds: float) -> str:
    """Seconds as people say them: `42 s`, `3 min 20 s`, `1 h 05 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  (seconds in a minute)
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004  (minutes in an hour)
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
