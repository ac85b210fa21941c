"""The median of a few samples, with an interval that says what it covers, and a spread that one sample cannot move."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

from bench.pure.statistics.estimates import NOMINAL_COVERAGE


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
