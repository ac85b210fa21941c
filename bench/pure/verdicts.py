"""Estimates → verdicts, and verdicts → the exit code. Neighbour: the statistics room."""

from __future__ import annotations

from collections.abc import Iterable

from bench.errors import ExitCode
from bench.model.verdict import Verdict
from bench.pure.statistics import Estimate

DEFAULT_MARGIN = 0.03
"""A ratio within 3 % of 1, either way, is the same: on most machines less than what a day's weather does."""
DEFAULT_LEVEL = 0.05


def judge(
    estimate: Estimate, *, margin: float, p_adjusted: float | None = None, level: float = DEFAULT_LEVEL
) -> Verdict:
    """The verdict on head over base; a ratio above 1 is slower. `margin` is a share: 0.03 is 3 %.

    SAME when the whole interval lies within [1/(1+margin), 1+margin], be 1 in it or not: a difference that is sure and
    too small to matter is no alarm. SLOWER or FASTER when p (`p_adjusted` where the comparison is one of a table: see
    `holm`) is at most `level` and the interval leaves out 1. Otherwise, and always without an interval, UNDECIDED.
    """
    if estimate.low is None or estimate.high is None:
        return Verdict.UNDECIDED
    if 1 / (1 + margin) <= estimate.low and estimate.high <= 1 + margin:
        return Verdict.SAME
    p_value = estimate.p_value if p_adjusted is None else p_adjusted
    if p_value > level or estimate.low <= 1 <= estimate.high:
        return Verdict.UNDECIDED
    return Verdict.SLOWER if estimate.low > 1 else Verdict.FASTER


def exit_code(verdicts: Iterable[Verdict]) -> ExitCode:
    """A regression when anything is slower, else undecided when anything is, else fine. No verdict at all is fine."""
    given = set(verdicts)
    if Verdict.SLOWER in given:
        return ExitCode.REGRESSION
    return ExitCode.UNDECIDED if Verdict.UNDECIDED in given else ExitCode.OK
