"""How a campaign ended, in the one word that an exit code is."""

from __future__ import annotations

from collections.abc import Iterable

from bench.errors import ExitCode
from bench.model.trial import Trial, TrialStatus


def exit_code_of(trials: Iterable[Trial], *, every_base: bool = False) -> ExitCode:
    """The exit code that the records of a run call for.

    A build that failed or hung, or an image that failed its smoke test, is 4 whatever else went well. A run in which
    no base could be had is 5; with `every_base` (they were asked for by name) one that is missing is enough. Invalid
    trials are told in words.
    """
    known = tuple(trials)
    if any(is_failure(trial) for trial in known):
        return ExitCode.BUILD_FAILED
    missing = [trial.status is TrialStatus.UNAVAILABLE for trial in known]
    if known and (any(missing) if every_base else all(missing)):
        return ExitCode.ENVIRONMENT
    return ExitCode.OK


def is_failure(trial: Trial) -> bool:
    """Whether its build failed or hung, or its image failed the smoke test."""
    broken = trial.smoke is not None and not trial.smoke.passed
    return broken or trial.status in {TrialStatus.FAILED, TrialStatus.TIMEOUT}
