"""Before and after a campaign: what can so many rounds show, and how many would show that?"""

from __future__ import annotations

import math
from statistics import NormalDist

from bench.pure.statistics.estimates import Estimate, RatioEstimate
from bench.pure.statistics.signed_ranks import fewest_rounds
from bench.pure.statistics.student import student_quantile

LEVEL, POWER = 0.05, 0.95
MOST_ROUNDS = 1_000_000
_MANY_DEGREES = 500
_EFFICIENCY = 3 / math.pi
"""Of signed ranks against the mean under normal noise, the worst of the usual cases: with spikes, ranks need fewer."""


def smallest_difference(n: int, spread: float, *, level: float = LEVEL, power: float = POWER) -> float | None:
    """The smallest difference, as a share (0.05 is 5 %), that n rounds show in `power` of the campaigns.

    `spread` is the standard deviation of the paired log-ratios. The shift of a t test, (t(1 - level/2) + t(power)) s /
    √n with n - 1 degrees, over the root of the signed ranks' efficiency. None where n rounds cannot reach the level at
    all. Sources: Lehmann, Nonparametrics: Statistical Methods Based on Ranks (1975), section 4.2; Hodges and Lehmann,
    Annals of Mathematical Statistics 27 (1956), 324-335, for the efficiency. With the fewest rounds that reach the
    level, all of them have to agree, so their chance of that counts. Raises ValueError for a negative spread, or a
    power that is not between 0.5 and 1.
    """
    if spread < 0 or not 0.5 <= power < 1:  # noqa: PLR2004  (a probability)
        raise ValueError("a spread is 0 or more, and a power lies between 0.5 and 1")
    fewest = fewest_rounds(level)
    if n < fewest:
        return None
    unanimous = NormalDist().inv_cdf(power ** (1 / n)) * spread if n == fewest else 0.0
    quantiles = _quantile(1 - level / 2, n - 1) + _quantile(power, n - 1)
    return math.expm1(max(unanimous, quantiles * spread / math.sqrt(n * _EFFICIENCY)))


def rounds_needed(difference: float, spread: float, *, level: float = LEVEL, power: float = POWER) -> int:
    """The fewest rounds that show a difference (a share above 0) in `power` of the campaigns.

    The smallest n of `smallest_difference`; never below what the level needs, and a million where not even a million
    would do. Raises ValueError for a difference that is not above 0.
    """
    if difference <= 0:
        raise ValueError("no number of rounds shows a difference of nothing")
    low = fewest_rounds(level)
    if _shows(low, difference, spread, level, power):
        return low
    high = low
    while high < MOST_ROUNDS and not _shows(high, difference, spread, level, power):
        low, high = high, min(2 * high, MOST_ROUNDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _shows(middle, difference, spread, level, power) else (middle, high)
    return high


def rounds_to_decide(estimate: Estimate | RatioEstimate, margin: float) -> int | None:
    """How many rounds in all would decide an undecided comparison, if they came out as those so far; None: cannot tell.

    An interval shrinks with the root of the rounds. It has to shrink until it leaves out 1, or until it lies within
    the margin, whichever is nearer.
    """
    if estimate.low is None or estimate.high is None or estimate.low <= 0:
        return None
    half = math.log(estimate.high / estimate.low) / 2
    away = abs(math.log(estimate.ratio))
    nearest = max(away, math.log1p(margin) - away)
    return min(MOST_ROUNDS, max(estimate.n + 1, math.ceil(estimate.n * (half / nearest) ** 2)))


def _quantile(probability: float, degrees: int) -> float:
    """Student's, which takes longer the more degrees there are; beyond 500 the normal one, 0.3 % smaller at most."""
    many = degrees > _MANY_DEGREES
    return NormalDist().inv_cdf(probability) if many else student_quantile(probability, degrees)


def _shows(n: int, difference: float, spread: float, level: float, power: float) -> bool:
    smallest = smallest_difference(n, spread, level=level, power=power)
    return smallest is not None and smallest <= difference
