"""How a campaign ended, in the one word that an exit code is; and where its time went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from bench.errors import ExitCode
from bench.model.trial import Trial, TrialStatus


def exit_code_of(trials: Iterable[Trial]) -> ExitCode:
    """The exit code that the records of a run call for.

    A build that failed or hung, or an image that failed its smoke test, is 4 whatever else went well. A run in which
    no base could be had is 5. Invalid trials and single bases that cannot be had are told in words.
    """
    known = tuple(trials)
    if any(_is_failure(trial) for trial in known):
        return ExitCode.BUILD_FAILED
    if known and all(trial.status is TrialStatus.UNAVAILABLE for trial in known):
        return ExitCode.ENVIRONMENT
    return ExitCode.OK


def _is_failure(trial: Trial) -> bool:
    broken = trial.smoke is not None and not trial.smoke.passed
    return broken or trial.status in {TrialStatus.FAILED, TrialStatus.TIMEOUT}


class TimeSpent(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of a campaign's trials: inside the timed regions, and around them by what for, the largest first."""

    timed_s: float
    around_s: Mapping[str, float]

    @property
    def around_share(self) -> float:
        """The time around the timed regions as a share of all of it; 0 where nothing was built."""
        around_s = sum(self.around_s.values())
        total_s = around_s + self.timed_s
        return around_s / total_s if total_s > 0 else 0.0


def time_spent(trials: Iterable[Trial]) -> TimeSpent:
    """Add up what the trials took."""
    around_s: defaultdict[str, float] = defaultdict(float)
    timed_s = 0.0
    for trial in trials:
        timed_s += trial.wall_s or 0.0
        for name, seconds in trial.overhead_s.items():
            around_s[name] += seconds
    ordered = sorted(around_s.items(), key=lambda item: -item[1])
    return TimeSpent(timed_s=timed_s, around_s=dict(ordered))
