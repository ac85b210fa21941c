"""Statistics of few samples: medians, ratios, and intervals that say what they cover.

Nothing here assumes that build times are normal; logarithms of paired ratios over rounds are taken to be. Neighbour:
`bench.pure.summary`.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence

import msgspec

NOMINAL_COVERAGE = 0.95
_BISECTIONS = 60


class MedianEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A median with an interval for the true one. `coverage` is the interval's true coverage, in 0…1.

    With too few samples for the coverage that was asked for, the interval is the smallest and the largest sample, and
    `coverage` says how little that is.
    """

    median: float
    low: float
    high: float
    coverage: float
    n: int


class RatioEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A geometric mean of ratios with its interval; `low` and `high` are None when there is only one ratio."""

    ratio: float
    low: float | None
    high: float | None
    n: int


def median_estimate(samples: Sequence[float], *, coverage: float = NOMINAL_COVERAGE) -> MedianEstimate:
    """The median of at least one sample, with its order-statistic interval, whatever the distribution.

    With the samples sorted as x1 ≤ … ≤ xn, the interval from xk to x(n+1-k) covers the true median with probability
    1 - 2 P(B < k), where B is binomial with n trials and probability 1/2. The narrowest interval of at least
    `coverage` is taken; below 6 samples there is none of 95 %, so it is the whole range (75 % for 3 samples, 93.75 %
    for 5). Source: David and Nagaraja, Order Statistics (3rd edition, 2003), section 7.1. Raises ValueError without
    samples.
    """
    if not samples:
        raise ValueError("a median needs at least one sample")
    ordered = sorted(samples)
    n = len(ordered)
    k, true_coverage = _narrowest(n, coverage)
    return MedianEstimate(
        median=statistics.median(ordered), low=ordered[k - 1], high=ordered[n - k], coverage=true_coverage, n=n
    )


def _narrowest(n: int, coverage: float) -> tuple[int, float]:
    """The largest k whose interval still covers enough, or 1; with the coverage that it has."""
    best, covered, tail = 1, 1 - 2 * 0.5**n, 0
    for k in range(1, n // 2 + 1):
        tail += math.comb(n, k - 1)
        reached = float(1 - 2 * tail / 2**n)
        if reached < coverage:
            break
        best, covered = k, reached
    return best, covered


def median_absolute_deviation(samples: Sequence[float]) -> float:
    """The median distance from the median, in the samples' unit, not scaled to a normal distribution.

    A spread that one slow build cannot move. Source: Hampel, The influence curve and its role in robust estimation,
    JASA 69 (1974), 383-393. Raises ValueError without samples.
    """
    if not samples:
        raise ValueError("a median needs at least one sample")
    middle = statistics.median(samples)
    return statistics.median(abs(sample - middle) for sample in samples)


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
    return RatioEstimate(ratio=math.exp(mean), low=_exp(mean - half), high=_exp(mean + half), n=n)


@functools.cache
def student_quantile(probability: float, degrees: int) -> float:
    """The quantile of Student's t distribution, for a probability between 0.5 and 1 and whole degrees of freedom.

    The distribution is a finite sum for whole degrees, so bisection finds its quantile to the last digits, and
    `buildmark show` need not import scipy, which would take longer than everything else that it does. Source:
    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.
    """
    inside = 2 * probability - 1
    low, high = 0.0, math.pi / 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability_within(middle, degrees) < inside else (low, middle)
    return math.sqrt(degrees) * math.tan(low)


def _probability_within(theta: float, degrees: int) -> float:
    """The probability that |T| is at most t, where theta = atan(t / sqrt(degrees))."""
    odd = degrees % 2
    term = math.cos(theta) if odd else 1.0
    total = 0.0
    for power in range(1 + odd, degrees, 2):
        total += term
        term *= power / (power + 1) * math.cos(theta) ** 2
    total *= math.sin(theta)
    return 2 / math.pi * (theta + total) if odd else total


def _exp(exponent: float) -> float:
    """The exponential, held below overflow: two wildly different rounds can ask for more."""
    return math.exp(min(exponent, math.log(1e300)))
