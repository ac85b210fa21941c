"""What the statistics room answers with: ratios, their intervals, and how much the samples can tell at all."""

from __future__ import annotations

import math

import msgspec

NOMINAL_COVERAGE = 0.95
_LARGEST = 1e300


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio (1 is "no difference") with its interval and its test.

    `low` and `high` bound the ratio with at least `coverage`, and are None where `n` is too small for an interval of
    that coverage. `p_value` is two-sided, of "the ratio is 1"; `least_p` is the smallest that this n can reach at all,
    whatever the samples say. `n` counts pairs, or the samples of the smaller side.
    """

    ratio: float
    low: float | None
    high: float | None
    p_value: float
    n: int
    coverage: float
    least_p: float


class RatioEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """A geometric mean of ratios with its interval; `low` and `high` are None when there is only one ratio."""

    ratio: float
    low: float | None
    high: float | None
    n: int


def ratio_of(log_ratio: float) -> float:
    """The ratio of a logarithm, held below overflow: two wildly different rounds can ask for more."""
    return math.exp(min(log_ratio, math.log(_LARGEST)))
