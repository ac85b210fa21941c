"""The bootstrap: an interval for a mean of ratios that assumes no shape, for tables with enough rounds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from statistics import NormalDist

from bench.pure.statistics.estimates import NOMINAL_COVERAGE, RatioEstimate, ratio_of

RESAMPLES = 4_000


def bootstrap_ratio(
    log_ratios: Sequence[float], *, coverage: float = NOMINAL_COVERAGE, resamples: int = RESAMPLES, seed: int = 0
) -> RatioEstimate:
    """The geometric mean of ratios, given as natural logarithms, with its bias-corrected and accelerated interval.

    Resampling treats the rounds as independent and says nothing with few of them: below about 15 it is too narrow, and
    verdicts rest on `paired_ratio`, which is exact. `low` and `high` are None for one ratio. The same seed gives the
    same interval. Source: Efron, JASA 82 (1987), 171-185. Raises ValueError without ratios.
    """
    if not log_ratios:
        raise ValueError("a mean needs at least one ratio")
    n, mean = len(log_ratios), statistics.fmean(log_ratios)
    if n == 1:
        return RatioEstimate(ratio=ratio_of(mean), low=None, high=None, n=n)
    low = high = mean
    if max(log_ratios) > min(log_ratios):
        low, high = _interval(log_ratios, mean, coverage=coverage, resamples=resamples, seed=seed)
    return RatioEstimate(ratio=ratio_of(mean), low=ratio_of(low), high=ratio_of(high), n=n)


def _interval(
    log_ratios: Sequence[float], mean: float, *, coverage: float, resamples: int, seed: int
) -> tuple[float, float]:
    import numpy as np  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    samples = np.asarray(log_ratios, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(samples), size=(resamples, len(samples)))
    means = samples[picks].mean(axis=1)
    below = (float((means < mean).sum()) + float((means == mean).sum()) / 2 + 0.5) / (resamples + 1)
    levels = _levels(below, _acceleration(log_ratios, mean), coverage)
    low, high = np.quantile(means, levels)
    return float(low), float(high)


def _levels(below: float, acceleration: float, coverage: float) -> tuple[float, float]:
    """The quantiles of the resampled means that bound the interval, after both corrections."""
    normal = NormalDist()
    bias = normal.inv_cdf(below)
    low, high = (bias + normal.inv_cdf(tail) for tail in ((1 - coverage) / 2, (1 + coverage) / 2))
    return normal.cdf(bias + low / (1 - acceleration * low)), normal.cdf(bias + high / (1 - acceleration * high))


def _acceleration(log_ratios: Sequence[float], mean: float) -> float:
    """How the spread changes with the mean: for a mean, the skewness of the samples over 6 √n."""
    away = [log - mean for log in log_ratios]
    squares = sum(value**2 for value in away)
    return sum(value**3 for value in away) / (6 * math.pow(squares, 1.5))
