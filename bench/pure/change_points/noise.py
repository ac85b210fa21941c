"""How noisy a series of logarithms is, and how much each value remembers of the one before it.

Neighbours: `partition` weighs its losses with it, `confirm` its tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OUTLIER = 3.0
"""From how many standard deviations on a value is a spike, which says nothing about the level."""
LEAST_SIGMA = 1e-3
"""No noise is taken to be smaller than 0.1 %: clocks are coarse, and a step of less than that is of no interest."""
MOST_AUTOCORRELATION = 0.8
_NORMAL_MAD = 1.482602218505602
_USUAL_AUTOCORRELATION = 0.2
_USUAL_WEIGHT = 10.0
_WORTH_OF_DIFFERENCES = 1 / 8
"""What a value tells of the autocorrelation through differences, against through residuals."""


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """Noise around a level: standard deviation in logarithms, lag-1 autocorrelation, degrees of freedom of both."""

    sigma: float
    autocorrelation: float
    degrees: float

    @property
    def inflation(self) -> float:
        """How many times the variance of a long mean is that of independent values, for noise of first order."""
        return (1 + self.autocorrelation) / (1 - self.autocorrelation)

    def mean_variance(self, n: int) -> float:
        """The variance of the mean of n consecutive values.

        Source: Box, Jenkins and Reinsel, Time Series Analysis (1994), for autocorrelations r^k.
        """
        r = self.autocorrelation
        shorter = 2 * r * (1 - r**n) / (n * (1 - r) ** 2)
        return self.sigma**2 / n * max(self.inflation - shorter, 1 / n)


def noise_of_differences(logs: Floats) -> Noise:
    """The noise of a series with unknown steps, from its differences, which few steps and spikes cannot move.

    For noise of first order with autocorrelation r, differences over one and over two values have variances
    2 s² (1-r) and 2 s² (1-r²), so their ratio less one is r. The scale is the median absolute
    deviation's; Hampel, JASA 69 (1974), 383-393. Differences: Romano,
    Rigaill, Runge and Fearnhead, JASA 117 (2022), 2147-2162.
    """
    near, far = _spread(logs[1:] - logs[:-1]), _spread(logs[2:] - logs[:-2])
    r = _held((far / near) ** 2 - 1 if near else 0.0, len(logs) * _WORTH_OF_DIFFERENCES)
    return Noise(sigma=max(near / math.sqrt(2 * (1 - r)), LEAST_SIGMA), autocorrelation=r, degrees=len(logs) / 2)


def noise_of_residuals(logs: Floats, edges: Sequence[int], levels: Sequence[float], sigma: float) -> Noise:
    """The noise around known levels, spikes left out. `edges` are 0, the first value of each later segment, and n.

    The lag-1 autocorrelation of residuals is too small by about (1 + 3r)/n a level; that is put back (Marriott and
    Pope, Biometrika 41 (1954), 390-402).
    """
    residuals = logs - np.repeat(levels, np.diff(edges))
    inside = np.abs(residuals) <= OUTLIER * sigma
    residuals = np.where(inside, residuals, 0.0)
    n = int(inside.sum())
    degrees = max(n - len(levels), 1)
    variance = float(residuals @ residuals) / degrees
    pairs = int((inside[1:] & inside[:-1]).sum())
    raw = float(residuals[1:] @ residuals[:-1]) / pairs / variance if pairs and variance else 0.0
    r = _held(raw + len(levels) * (1 + 3 * raw) / len(logs), len(logs))
    return Noise(sigma=max(math.sqrt(variance), LEAST_SIGMA), autocorrelation=r, degrees=degrees)


def _spread(differences: Floats) -> float:
    """A standard deviation of values around zero: that of those that are no outliers by their median deviation."""
    sizes = np.abs(differences)
    rough = _NORMAL_MAD * float(np.median(sizes))
    kept = sizes[sizes <= OUTLIER * rough]
    return math.sqrt(float(kept @ kept) / len(kept))


def _held(raw: float, n: float) -> float:
    """An estimate from about n values, drawn towards what is usual as far as n is small, and held within bounds."""
    drawn = (n * raw + _USUAL_WEIGHT * _USUAL_AUTOCORRELATION) / (n + _USUAL_WEIGHT)
    return min(max(drawn, 0.0), MOST_AUTOCORRELATION)
