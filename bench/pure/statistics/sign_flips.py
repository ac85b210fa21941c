"""The test of a mean by flips of sign: exact for the same reason as the signed ranks, and with the sizes kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

EXACT_FLIPS = 2**16
DRAWS = 2**14 - 1
_SLACK = 1e-12


def sign_flip_p(log_ratios: Sequence[float], *, seed: int = 0) -> float:
    """The two-sided p value of "the mean is 0": the share of flips of sign that make a mean at least as far from 0.

    Every flip is counted up to 2^16 of them (17 pairs: one sign may stay, for all flipped is as far from 0). Beyond,
    16,383 are drawn from `seed`, and the samples' own count as one more, so that the level holds whatever is drawn.
    Sources: Fisher, The Design of Experiments (1935), section 21; Phipson and Smyth, Statistical Applications in
    Genetics and Molecular Biology 9 (2010), article 39, for the one more. Raises ValueError without ratios.
    """
    if not log_ratios:
        raise ValueError("a test needs at least one ratio")
    moving = [log for log in log_ratios if log]
    if not moving:
        return 1.0
    observed = abs(sum(moving)) - _SLACK * sum(map(abs, moving))
    if 2 ** (len(moving) - 1) <= EXACT_FLIPS:
        return float((_every_sum(moving) >= observed).mean())
    return float((1 + (_drawn_sums(moving, seed) >= observed).sum()) / (1 + DRAWS))


def _every_sum(moving: Sequence[float]) -> NDArray[float64]:
    import numpy as np  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    sums = np.array([moving[0]])
    for log in moving[1:]:
        sums = np.concatenate((sums + log, sums - log))
    sizes: NDArray[float64] = np.abs(sums)
    return sizes


def _drawn_sums(moving: Sequence[float], seed: int) -> NDArray[float64]:
    import numpy as np  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    signs = 2 * np.random.default_rng(seed).integers(0, 2, size=(DRAWS, len(moving)), dtype=np.int8) - 1
    sizes: NDArray[float64] = np.abs(signs @ np.asarray(moving, dtype=np.float64))
    return sizes
