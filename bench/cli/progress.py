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
from bench.pure.last_words import last_words, short_cause
from bench.pure.metrics import counts
from bench.pure.schedule import spent_s
from bench.pure.time_left import TimeLeft
from bench.report.units import count_text, percent_text, plain_text

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID


WIDE = 100
AT_MOST = "at most "
BAR_WIDTH, LONGEST_ELAPSED, LONGEST_LEFT, LEAST_WORDS = 24, len("1:23:45"), len("59 min 59 s left"), 12
REDRAWS_PER_S = 2
"""Drawing takes a processor from the build that is being timed, so it is done seldom."""


def make_watcher(clock: Clock) -> Watcher:
    """The watcher that suits standard error."""
    return BarWatcher(clock) if sys.stderr.isatty() else LineWatcher(clock)


class _Pace:
    """Follows a campaign: which trial is under way, how many are over, how long the rest will take.

    Where rows that are settled are built no more, nobody knows how many trials are to come: the numbers are the most.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._time_left = TimeLeft()
        self._waiting: deque[PlannedTrial] = deque()
        self._begun_s = clock.monotonic_s()
        self._told: set[tuple[str, tuple[str, ...]]] = set()
        self._at_most = ""
        self._budget_left_s: float | None = None
        self._round = 1
        self.total = 0

    def start(self, run: Run, missing: tuple[PlannedTrial, ...]) -> None:
        self._waiting = deque(missing)
        self._at_most = "" if run.adaptive is None else AT_MOST
        self._budget_left_s = None if run.adaptive is None else run.adaptive.budget_s
        self.total = len(missing)

    def trial_started(self, planned: PlannedTrial) -> None:
        while self._waiting and self._waiting[0].number < planned.number:  # its row is settled
            self._waiting.popleft()
            self.total -= 1
        if self._waiting and self._waiting[0].number == planned.number:
            self._waiting.popleft()
        self._begun_s = self._clock.monotonic_s()

    def trial_ended(self, trial: Trial) -> None:
        self._round = trial.round
        if self._budget_left_s is not None:
            self._budget_left_s -= spent_s([trial])
        if trial.status is not TrialStatus.UNAVAILABLE:
            self._time_left.learn(trial.variant, trial.state, self._clock.monotonic_s() - self._begun_s)

    @property
    def done(self) -> int:
        return self.total - len(self._waiting)

    def news(self, trial: Trial) -> tuple[str, ...]:
        """What a failed step printed last, once per variant: cold and warm, and every round, print the same."""
        words = last_words(trial)
        if (trial.variant, words) in self._told:
            return ()
        self._told.add((trial.variant, words))
        return tuple(plain_text(word) for word in words)

    def to_go(self) -> str:
        """How many trials a campaign begins with."""
        return f"{self._at_most}{count_text(self.total, 'trial')} to go"

    @property
    def of(self) -> str:
        """What stands between the number of a trial and that of all: `/`, or ` of at most `."""
        return f" of {self._at_most}" if self._at_most else "/"

    def left(self) -> str:
        """How long the rest will take, in words; empty where that is not known, or nothing is left."""
        if not self._waiting:
            return ""
        if self._budget_left_s is None:
            estimate_s = self._time_left.estimate_s(self._waiting)
        else:
            # None where it is nothing: no other round begins.
            estimate_s = self._time_left.within_budget_s(self._waiting, self._round, self._budget_left_s) or None
        return "" if estimate_s is None else f"{self._at_most}{readable_time(estimate_s)} left"


class LineWatcher:
    """One plain line per trial, for logs and pipes."""

    def __init__(self, clock: Clock) -> None:
        self._pace = _Pace(clock)

    def started(self, run: Run, missing: tuple[PlannedTrial, ...]) -> None:
        """See Watcher."""
        self._pace.start(run, missing)
        typer.echo(f"run {run.id}: {self._pace.to_go()}", err=True)

    def trial_started(self, planned: PlannedTrial) -> None:
        """See Watcher."""
        self._pace.trial_started(planned)

    def trial_ended(self, trial: Trial) -> None:
        """See Watcher."""
        self._pace.trial_ended(trial)
        count = f"[{self._pace.done}{self._pace.of}{self._pace.total}]"
        left = self._pace.left()
        typer.echo(
            f"{count} round {trial.round}  {trial.variant}  {trial.state}  {result_words(trial)}"
            + (f"  ({left})" if left else ""),
            err=True,
        )
        for line in self._pace.news(trial):
            typer.echo(f"    | {line}", err=True)

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
        from rich.console import Console
        from rich.progress import Progress

        self._pace.start(run, missing)
        console = Console(stderr=True)
        self._bar = Progress(
            *_bar_columns(console.width, len(missing), self._pace.of),
            console=console,
            transient=True,
            refresh_per_second=REDRAWS_PER_S,
        )
        self._task = self._bar.add_task("", total=len(missing), left="")
        self._bar.start()

    def trial_started(self, planned: PlannedTrial) -> None:
        """See Watcher."""
        self._pace.trial_started(planned)
        self._update(
            total=self._pace.total,
            description=f"round {planned.round}  {planned.variant}  {planned.state}",
        )

    def trial_ended(self, trial: Trial) -> None:
        """See Watcher."""
        self._pace.trial_ended(trial)
        if not counts(trial) and self._bar is not None:
            self._bar.console.print(
                f"{trial.variant} {trial.state}: {result_words(trial)}", markup=False, highlight=False
            )
            for line in self._pace.news(trial):
                self._bar.console.print(f"    | {line}", markup=False, highlight=False)
        self._update(advance=1, left=self._pace.left())

    def ended(self) -> None:
        """See Watcher."""
        if self._bar is not None:
            self._bar.stop()

    def _update(self, **changes: object) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, **changes)  # type: ignore[arg-type]  # its fields are its own


def _bar_columns(width: int, total: int, of: str) -> list[ProgressColumn]:
    """What fits on one line: on a narrow terminal the numbers and the words, without the bar itself.

    `of` stands between the numbers.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    wide: list[ProgressColumn] = [BarColumn(bar_width=BAR_WIDTH), TimeElapsedColumn()] if width >= WIDE else []
    left = LONGEST_LEFT + (len(AT_MOST) if AT_MOST in of else 0)
    taken = 2 * len(f"{total}") + len(of) + left + 2 + (BAR_WIDTH + LONGEST_ELAPSED + 2 if wide else 0)
    words = Column(no_wrap=True, overflow="ellipsis", max_width=max(width - taken - 1, LEAST_WORDS))
    return [
        *wide,
        MofNCompleteColumn(separator=of, table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[left]}", markup=False, table_column=Column(no_wrap=True)),
        TextColumn("{task.description}", markup=False, table_column=words),
    ]


def result_words(trial: Trial) -> str:
    """What came of a trial, in a few words on one line."""
    if trial.status is TrialStatus.VALID and trial.wall_s is not None:
        return f"{trial.wall_s:.2f} s{_disturbed_words(trial)}"
    if trial.status is TrialStatus.UNAVAILABLE or not trial.reason:
        # Why a base could not be had was said at the start, and is said under the table.
        return str(trial.status)
    return f"{trial.status}: {plain_text(short_cause(trial.reason))}"


def _disturbed_words(trial: Trial) -> str:
    """That a valid trial was disturbed, and by how much other work, where that is known."""
    if trial.disturbed is None:
        return ""
    share = trial.host.other_cpu_share if trial.host else None
    return ", disturbed" if share is None else f", disturbed (other work: {percent_text(share)} of the CPU time)"


def readable_time(seconds: float) -> str:
    """Seconds as people say them: `42 s`, `3 min 20 s`, `1 h 05 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  (seconds in a minute)
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004  (minutes in an hour)
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
