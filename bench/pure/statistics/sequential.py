"""Looking after every round without being fooled by the luckiest look: group-sequential levels.

A test at 5 % after each of 20 rounds raises a false alarm in about a quarter of all campaigns. Here each look spends a
part of the 5 %, so that all looks together spend just that. The interval at a look's level is a repeated confidence
interval: all of a campaign's intervals hold at once (Jennison and Turnbull, JRSS B 51 (1989), 305-361), so it may stop
after any of them, for any reason.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Floats = NDArray[float64]

SPENDING_POWER = 2.0
"""Of the share of rounds done, in the spending function: between the usual 1 (the same at each look) and 3 (late)."""
_POINTS_PER_STEP = 6
_FEWEST_POINTS, _MOST_POINTS = 129, 2_001
_NEWTON_STEPS = 50
_PRECISE = 1e-12
_FARTHEST = 8.0
"""Standard deviations beyond which nothing is left to spend."""


class _Walk(msgspec.Struct, frozen=True, kw_only=True):
    """Where campaigns that go on stand: the density of the score at `places`, as `masses` for a sum over them."""

    places: Floats
    masses: Floats
    share: float
    bound: float


def nominal_levels(looks: Sequence[int], most: int, *, level: float = 0.05) -> tuple[float, ...]:
    """The two-sided level of the test at each look, so that all looks together are wrong with `level` at most.

    `looks` are the numbers of rounds after which one looks, rising, none above `most`, the rounds of the longest
    campaign. After a share t of them, level · t² may have been spent: little early on, when a few rounds can show only
    gross differences, and a last look that keeps most of its power. Looks may be left out, for the spending is fixed
    beforehand. Where the last look comes before `most`, a part stays unspent. Sources: Lan and DeMets, Biometrika 70
    (1983), 659-663; Kim and DeMets, Biometrika 74 (1987), 149-154, for powers of t; Armitage, McPherson and Rowe, JRSS
    A 132 (1969), 235-244, for the integration from look to look. Rank statistics walk like sums of independent steps
    once there are a few rounds, and with few are more careful than their level. Raises ValueError for looks that do not
    rise within 1…most.
    """
    if not looks:
        return ()
    if looks[0] < 1 or looks[-1] > most or any(later <= early for early, later in itertools.pairwise(looks)):
        raise ValueError("looks rise from 1 to the longest campaign's rounds")
    return _levels(tuple(looks), most, level)


@functools.lru_cache(maxsize=256)
def _levels(looks: tuple[int, ...], most: int, level: float) -> tuple[float, ...]:
    levels: list[float] = []
    walk: _Walk | None = None
    spent = 0.0
    for look in looks:
        share = look / most
        allowed = level * share**SPENDING_POWER
        bound = _bound(walk, share, allowed - spent)
        levels.append(math.erfc(bound / math.sqrt(2 * share)))
        walk = _walk_on(walk, share, bound)
        spent = allowed
    return tuple(levels)


def _bound(walk: _Walk | None, share: float, spend: float) -> float:
    """The score beyond which just `spend` of all campaigns stop now, having gone on until now. By Newton's method.

    The stopping probability falls as the bound rises and is convex beyond the mode, so that steps from a bound that is
    too low never overshoot; a bisection guards those that would leave the bracket.
    """
    low, high = 0.0, _FARTHEST * math.sqrt(share)
    bound = high / 4
    for _ in range(_NEWTON_STEPS):
        beyond, slope = _stopping(walk, share, bound)
        low, high = (bound, high) if beyond > spend else (low, bound)
        step = bound + (beyond - spend) / slope if slope > 0 else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - bound) < _PRECISE:
            return following
        bound = following
    return bound


def _stopping(walk: _Walk | None, share: float, bound: float) -> tuple[float, float]:
    """The probability of a score beyond the bound at this look, and how fast it falls as the bound rises."""
    if walk is None:
        deviation = math.sqrt(share)
        return math.erfc(bound / deviation / math.sqrt(2)), 2 * _density(bound / deviation) / deviation
    import numpy as np  # noqa: PLC0415  (slow to import, and `--help` needs none of it)
    from scipy.special import ndtr  # type: ignore[import-untyped]  # noqa: PLC0415  (the same; scipy ships no types)

    deviation = math.sqrt(share - walk.share)
    up, down = (bound - walk.places) / deviation, (bound + walk.places) / deviation
    beyond = float(walk.masses @ (ndtr(-up) + ndtr(-down)))
    densities = np.exp(-up * up / 2) + np.exp(-down * down / 2)
    return beyond, float(walk.masses @ densities) / (deviation * math.sqrt(2 * math.pi))


def _walk_on(walk: _Walk | None, share: float, bound: float) -> _Walk:
    """Where the campaigns stand that this look does not stop: one step of the recursive integration."""
    import numpy as np  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    step = math.sqrt(share - (walk.share if walk else 0.0))
    wanted = 2 * math.ceil(bound / step * _POINTS_PER_STEP) + 1
    points = min(max(wanted, _FEWEST_POINTS), _MOST_POINTS)
    places = np.linspace(-bound, bound, points)
    if walk is None:
        densities = np.exp(-((places / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
    else:
        away = (places[:, None] - walk.places[None, :]) / step
        densities = np.exp(-(away**2) / 2) @ walk.masses / (step * math.sqrt(2 * math.pi))
    return _Walk(places=places, masses=densities * _simpson(points, bound), share=share, bound=bound)


def _simpson(points: int, bound: float) -> Floats:
    """The weights of Simpson's rule over -bound…bound, for an odd number of points."""
    import numpy as np  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    weights = np.full(points, 2.0)
    weights[1::2] = 4.0
    weights[0] = weights[-1] = 1.0
    return weights * (2 * bound / (points - 1) / 3)


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
