"""Two campaigns at different times: not paired, and the rounds of each resemble their neighbours."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

from bench.pure.statistics.estimates import NOMINAL_COVERAGE, Estimate, ratio_of
from bench.pure.statistics.paired import hodges_lehmann
from bench.pure.statistics.student import student_p, student_quantile

GROUPS = 3
"""Groups of consecutive rounds a side. More would count neighbours as independent again, fewer could tell nothing."""


def grouped_ratio(
    base_logs: Sequence[float], head_logs: Sequence[float], *, coverage: float = NOMINAL_COVERAGE
) -> Estimate:
    """The ratio of head over base, from the logarithms of each side's samples in the order of their rounds.

    Samples of one campaign are correlated, so their number says little of how well they tell its centre. Each side is
    cut into 3 groups of consecutive rounds, each group gives one centre (Hodges and Lehmann's), and these few are
    compared with Student's t at 2 degrees of freedom, which holds its level whatever the correlation inside a group and
    however much more one side varies. Source: Ibragimov and Mueller, Review of Economics and Statistics 98 (2016),
    83-96, after their Journal of Business and Economic Statistics 28 (2010), 453-468.

    What drifts through a campaign drifts on between the two. So the interval is longer at either end, and p larger, by
    the campaigns' own drift (from the first group to the last), drawn on from the middle of the one to the middle of
    the other. What changed between them as a whole (another kernel, a busier neighbour) is part of the ratio all the
    same: no statistic can tell it from the head. With fewer than 3 samples a side there is no interval, and p is 1.
    Raises ValueError for a side without any.
    """
    if not base_logs or not head_logs:
        raise ValueError("a grouped ratio needs at least one sample a side")
    n = min(len(base_logs), len(head_logs))
    if n < GROUPS:
        centre = hodges_lehmann(head_logs) - hodges_lehmann(base_logs)
        return _estimate(centre, None, p_value=1.0, least_p=1.0, n=n, coverage=coverage)
    base, head = (_centres(logs) for logs in (base_logs, head_logs))
    centre = statistics.fmean(head) - statistics.fmean(base)
    error = math.sqrt((statistics.variance(base) + statistics.variance(head)) / GROUPS)
    drift = statistics.fmean(abs(_drift(centres)) for centres in (base, head))
    half = student_quantile((1 + coverage) / 2, GROUPS - 1) * error + drift
    beyond = max(0.0, abs(centre) - drift)
    p_value = student_p(beyond / error, GROUPS - 1) if error else float(beyond == 0)
    return _estimate(centre, half, p_value=p_value, least_p=0.0, n=n, coverage=coverage)


def _centres(logs: Sequence[float]) -> list[float]:
    """The centre of each group; the groups' sizes differ by one at most."""
    edges = [len(logs) * number // GROUPS for number in range(GROUPS + 1)]
    return [hodges_lehmann(logs[start:end]) for start, end in itertools.pairwise(edges)]


def _drift(centres: Sequence[float]) -> float:
    """How far a straight line through the groups' centres goes in one whole campaign."""
    return (centres[-1] - centres[0]) * GROUPS / (GROUPS - 1)


def _estimate(
    centre: float, half: float | None, *, p_value: float, least_p: float, n: int, coverage: float
) -> Estimate:
    return Estimate(
        ratio=ratio_of(centre),
        low=None if half is None else ratio_of(centre - half),
        high=None if half is None else ratio_of(centre + half),
        p_value=p_value,
        n=n,
        coverage=coverage,
        least_p=least_p,
    )
