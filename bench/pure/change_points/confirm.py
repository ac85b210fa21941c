"""From steps that may be to steps that are: each tested against its neighbours, the weakest given up first.

Neighbours: `partition` proposes the steps, `noise` says what they are held against.
"""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import msgspec
import numpy as np

from bench.pure.change_points.noise import OUTLIER, Floats, Noise, noise_of_residuals
from bench.pure.change_points.partition import losses

LEAST_SIDE = 3
"""So many values a level must have: one or two are spikes."""
_DRIFT_MARGIN = 5.0
"""By so many squared standard deviations a step must fit better than drift: its place was chosen for its fit."""
_NORMAL = NormalDist()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step at `index`, of `height` logarithms with standard error `error`; p_value counts the search for it."""

    index: int
    height: float
    error: float
    p_value: float
    degrees: float


def confirmed(logs: Floats, places: list[int], noise: Noise, level: float) -> list[Step]:
    """The steps among the proposed places that hold at `level`, in order.

    Backward elimination: while a step's p-value is above the level, the step with the largest one is given up, its
    neighbours are placed anew, and all are tested again.
    """
    places = list(places)
    while places:
        edges = [0, *places, len(logs)]
        levels = [_level(logs[a:b], noise.sigma) for a, b in itertools.pairwise(edges)]
        fitted = noise_of_residuals(logs, edges, levels, noise.sigma)
        steps = [_step(logs, edges, levels, fitted, at) for at in range(1, len(edges) - 1)]
        weakest = max(range(len(steps)), key=lambda at: (steps[at].p_value, -abs(steps[at].height)))
        if steps[weakest].p_value <= level:
            return steps
        del places[weakest]
        places = _placed(logs, places, fitted)
    return []


def search_p_value(z: float, n: int) -> float:
    """The probability that the largest |z| of all splits of n independent normal values is at least this.

    Source: Miller and Siegmund, Maximally selected chi square statistics, Biometrics 38 (1982), 1011-1016, with splits
    from LEAST_SIDE on. It is for continuous time, so a little too large for values, which is the safe side.
    """
    if z <= 1:
        return 1.0
    density = _NORMAL.pdf(z)
    share = max(n - LEAST_SIDE, LEAST_SIDE + 1) / LEAST_SIDE
    return min(1.0, 4 * density / z + density * (z - 1 / z) * 2 * math.log(share))


def _step(logs: Floats, edges: list[int], levels: list[float], noise: Noise, at: int) -> Step:
    """Test the step at edge number `at` between its two neighbours."""
    before, after = edges[at] - edges[at - 1], edges[at + 1] - edges[at]
    height = levels[at] - levels[at - 1]
    error = math.sqrt(noise.mean_variance(before) + noise.mean_variance(after))
    degrees = max(noise.degrees / noise.inflation, 1.0)
    p_value = 1.0
    if min(before, after) >= LEAST_SIDE:
        window = logs[edges[at - 1] : edges[at + 1]]
        residuals = window - np.repeat(levels[at - 1 : at + 1], [before, after])
        if not _drifts(window, residuals, noise):
            z = min(_as_normal(height / error, degrees), _gain(window, residuals, before, noise))
            p_value = min(1.0, search_p_value(z, len(window)) * len(logs) / len(window))
    return Step(index=edges[at], height=height, error=error, p_value=p_value, degrees=degrees)


def _gain(window: Floats, residuals: Floats, before: int, noise: Noise) -> float:
    """The normal deviate that belongs to what two levels explain better than one, no value counting beyond a spike."""
    levels = window - residuals
    pooled = float(levels.mean())
    one = min(float(losses(window - level, noise).sum()) for level in (levels[0], pooled, levels[-1]))
    gain = one - float(losses(residuals, noise).sum())
    side = min(before, len(window) - before)
    return math.sqrt(max(gain, 0.0) * noise.sigma**2 * noise.inflation / (noise.mean_variance(side) * side))


def _drifts(window: Floats, residuals: Floats, noise: Noise) -> bool:
    """Whether a straight line fits about as well as the step between two levels, spikes left out."""
    inside = np.flatnonzero(np.abs(residuals) <= OUTLIER * noise.sigma)
    if len(inside) < LEAST_SIDE:
        return False
    times, kept = inside - inside.mean(), window[inside] - window[inside].mean()
    line = float(kept @ kept) - float(times @ kept) ** 2 / float(times @ times)
    step = float(residuals[inside] @ residuals[inside])
    return line <= step + _DRIFT_MARGIN * noise.sigma**2 * noise.inflation


def _as_normal(t: float, degrees: float) -> float:
    """The size of the normal deviate as rare as Student's t. Source: Wallace, Ann. Math. Stat. 30 (1959), 1121-1130."""
    return (8 * degrees + 1) / (8 * degrees + 3) * math.sqrt(degrees * math.log1p(t * t / degrees))


def _level(logs: Floats, sigma: float) -> float:
    """The mean of the values that are no outliers, seen from the median; the median when all are."""
    middle = float(np.median(logs))
    inside = logs[np.abs(logs - middle) <= OUTLIER * sigma]
    return float(inside.mean()) if len(inside) else middle


def _placed(logs: Floats, places: list[int], noise: Noise) -> list[int]:
    """Each step where the two levels beside it fit best, the others held."""
    edges = [0, *places, len(logs)]
    for at in range(1, len(edges) - 1):
        start, middle, end = edges[at - 1 : at + 2]
        left, right = _level(logs[start:middle], noise.sigma), _level(logs[middle:end], noise.sigma)
        window = logs[start:end]
        gain = np.cumsum(losses(window - left, noise) - losses(window - right, noise))
        if len(gain) >= 2 * LEAST_SIDE:
            edges[at] = start + LEAST_SIDE + int(gain[LEAST_SIDE - 1 : -LEAST_SIDE].argmin())
    return edges[1:-1]
