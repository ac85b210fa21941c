"""Optimal partitioning of a series into levels, under a loss that spikes cannot drive.

Neighbours: `noise` gives the scale, `confirm` tests what is found here.
"""

from __future__ import annotations

import numpy as np

from bench.pure.change_points.noise import OUTLIER, Floats, Noise

_MOST_LEVELS = 400


def partition(logs: Floats, noise: Noise, penalty: float) -> list[int]:
    """The first value after each step of the cheapest sequence of levels: losses, and a penalty for every step.

    The loss of a value is its squared distance from the level in standard deviations of the noise, but never more than
    that of an outlier (biweight loss), divided by the noise's inflation, for values that remember each other tell less.
    Dynamic programming over the level finds the optimum: at each value a level is either kept, or taken up anew from
    the best end so far. The levels that are tried are the values themselves (at most 400 quantiles of them).

    Sources: Jackson et al., An algorithm for optimal partitioning of data on an interval, IEEE Signal Processing
    Letters 12 (2005), 105-108; the recursion over levels and the loss: Fearnhead and Rigaill, Changepoint detection in
    the presence of outliers, JASA 114 (2019), 169-183; the inflated penalty: Lavielle and Moulines, Journal of Time
    Series Analysis 21 (2000), 33-59.
    """
    costs = losses(logs[:, None] - _tried(logs)[None, :], noise)
    total = costs[0].copy()
    began = np.zeros(len(total), dtype=np.intp)
    last_began = [0]
    best = int(total.argmin())
    for place in range(1, len(logs)):
        anew = total[best] + penalty
        worse = total > anew
        began[worse] = place
        total[worse] = anew
        total += costs[place]
        best = int(total.argmin())
        last_began.append(int(began[best]))
    return _trace(last_began)


def losses(distances: Floats, noise: Noise) -> Floats:
    """The biweight loss of distances from a level, in units of the noise's long-run variance."""
    squares = np.square(distances / noise.sigma)
    loss: Floats = np.minimum(squares, OUTLIER**2) / noise.inflation
    return loss


def _tried(logs: Floats) -> Floats:
    values = np.unique(logs)
    if len(values) > _MOST_LEVELS:
        values = values[np.linspace(0, len(values) - 1, _MOST_LEVELS).round().astype(np.intp)]
    return values


def _trace(last_began: list[int]) -> list[int]:
    """Follow the last segments' beginnings back from the end."""
    steps: list[int] = []
    place = last_began[-1]
    while place > 0:
        steps.append(place)
        place = last_began[place - 1]
    return steps[::-1]
