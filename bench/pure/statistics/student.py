"""Student's t distribution for whole degrees of freedom, without scipy: that is slower to import than all of `show`."""

from __future__ import annotations

import functools
import math

_BISECTIONS = 60


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


def student_p(t: float, degrees: int) -> float:
    """The two-sided p value of a t statistic, for whole degrees of freedom. Source: that of `student_quantile`."""
    return max(0.0, 1 - _probability_within(math.atan(abs(t) / math.sqrt(degrees)), degrees))
