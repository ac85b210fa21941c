"""The geometric mean of ratios, with Student's interval: what an axis's levels do, averaged over rounds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from bench.pure.statistics.estimates import NOMINAL_COVERAGE, RatioEstimate, ratio_of
from bench.pure.statistics.student import student_quantile


def geometric_mean_ratio(log_ratios: Sequence[float], *, coverage: float = NOMINAL_COVERAGE) -> RatioEstimate:
    """The geometric mean of ratios, given as natural logarithms, one per independent round.

    exp(m ± t s / √n), with m and s the mean and the standard deviation of the logarithms, and t the quantile of
    Student's distribution with n-1 degrees of freedom. Ratios are averaged as logarithms because then A against B is
    exactly the inverse of B against A. Sources: Student, Biometrika 6 (1908), 1-25; Fleming and Wallace, CACM 29
    (1986), 218-221, for the geometric mean of ratios. Raises ValueError without ratios.
    """
    if not log_ratios:
        raise ValueError("a mean needs at least one ratio")
    n = len(log_ratios)
    mean = statistics.fmean(log_ratios)
    if n == 1:
        return RatioEstimate(ratio=math.exp(mean), low=None, high=None, n=1)
    half = 0.0
    if spread := statistics.stdev(log_ratios, mean):
        half = student_quantile((1 + coverage) / 2, n - 1) * spread / math.sqrt(n)
    return RatioEstimate(ratio=math.exp(mean), low=ratio_of(mean - half), high=ratio_of(mean + half), n=n)
