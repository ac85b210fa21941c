"""How a campaign ended, in the one word that an exit code is."""

from __future__ import annotations

from collections.abc import Iterable

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
