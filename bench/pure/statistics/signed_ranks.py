"""Wilcoxon's signed ranks, exactly: the distribution of their sum over all flips of sign, and the Walsh averages.

Variants of one round are built in a random order. If they do not differ, each paired log-ratio is as likely as its
negative, whatever the noise, the drift and the autocorrelation: all 2^n flips of sign are equally likely, and a test
that counts them is exact. Signed ranks count them with no say for the size of one spike. Neighbours: `paired` and
`equivalence` ask here. numpy is imported where it is used, so that `--help` does not wait for it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64, intp
    from numpy.typing import NDArray

    Floats = NDArray[float64]
    Indices = NDArray[intp]

EXACT_MOST = 200
"""Pairs up to which the distribution is counted; beyond, the normal approximation is right to three digits and more."""
_KEPT_DISTRIBUTIONS = 64
_SLACK = 1e-9


def walsh_averages(log_ratios: Sequence[float]) -> Floats:
    """The n (n + 1) / 2 averages of two of the samples, each with itself too, in no order.

    Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (3rd edition, 2014), section 3.2. Takes 8
    bytes for each: 160 KB for 200 samples.
    """
    import numpy as np  # noqa: PLC0415  (slow to import; see the module)

    samples = np.asarray(log_ratios, dtype=np.float64)
    first, second = _pairs_of(len(samples))
    averages: Floats = (samples[first] + samples[second]) / 2
    return averages


def signed_rank_p(log_ratios: Sequence[float], *, upper: bool | None = None) -> float:
    """The p value of "the samples are symmetric about 0": two-sided, or of a shift up (`upper`) or down (not `upper`).

    Equal sizes share their mean rank, and samples of exactly 0 are ranked with the rest and then flip nothing: the
    distribution is counted over the ranks as they are, so that the test stays exact with ties and zeros, and agrees
    with the signs of the Walsh averages (dropping the zeros first would not, and can make p smaller when a sample moves
    towards 0). Sources: Wilcoxon, Biometrics Bulletin 1 (1945), 80-83; Pratt, JASA 54 (1959), 655-667, for zeros.
    """
    ranks, positive = _ranks(log_ratios)
    total = sum(ranks)
    if not total:
        return 1.0
    below, above = _tail(ranks, positive), _tail(ranks, total - positive)
    if upper is None:
        return min(1.0, 2 * min(below, above))
    return above if upper else below


def rank_for(n: int, coverage: float) -> int:
    """The k of the interval from the k-th smallest to the k-th largest Walsh average that has at least `coverage`.

    0 where n samples have none: the widest one, from the smallest to the largest sample, covers 1 - 2^(1-n). Source:
    Hollander, Wolfe and Chicken, section 3.3.
    """
    tail = (1 - coverage) / 2 * (1 + _SLACK)
    if n > EXACT_MOST:
        return max(0, math.floor(_normal(tuple(range(1, n + 1))).inv_cdf(tail) + 0.5))
    return int(_cumulative(tuple(range(1, n + 1))).searchsorted(tail, side="right"))


def least_signed_rank_p(n: int) -> float:
    """The smallest two-sided p of n pairs: all of one sign, which 2 of the 2^n flips give."""
    return 2.0 ** (1 - n)


def fewest_rounds(level: float) -> int:
    """The fewest pairs with which a paired test can reach a two-sided level: 6 for 5 %, 8 for 1 %."""
    return 1 + math.ceil(-math.log2(level) - _SLACK)


def _ranks(log_ratios: Sequence[float]) -> tuple[tuple[int, ...], int]:
    """The ranks of the sizes of what is not 0, in order, and the sum of those that are positive.

    In halves where ties make half ranks: both are then doubled, which changes no probability.
    """
    import numpy as np  # noqa: PLC0415  (slow to import; see the module)

    samples = np.asarray(log_ratios, dtype=np.float64)
    sizes, which, counts = np.unique(np.abs(samples), return_inverse=True, return_counts=True)
    doubled = (2 * np.cumsum(counts) - counts + 1)[which.reshape(-1)]
    if not (doubled % 2).any():
        doubled //= 2
    moving = samples != 0 if len(sizes) else np.zeros(0, dtype=bool)
    return tuple(np.sort(doubled[moving]).tolist()), int(doubled[samples > 0].sum())


def _tail(ranks: tuple[int, ...], observed: int) -> float:
    """The probability that the sum of the ranks whose sign came out positive is at most `observed`."""
    if len(ranks) > EXACT_MOST:
        return _normal(ranks).cdf(observed + 0.5)
    return float(_cumulative(ranks)[observed])


@functools.lru_cache(maxsize=_KEPT_DISTRIBUTIONS)
def _cumulative(ranks: tuple[int, ...]) -> Floats:
    """The probability of each sum from 0 on, or less: each rank is added or not, with a fair coin."""
    import numpy as np  # noqa: PLC0415  (slow to import; see the module)

    chances = np.zeros(sum(ranks) + 1)
    chances[0] = 1.0
    reached = 0
    for rank in ranks:
        reached += rank
        chances[rank : reached + 1] += chances[: reached + 1 - rank].copy()
        chances[: reached + 1] /= 2
    return np.minimum(np.cumsum(chances), 1.0)


def _normal(ranks: tuple[int, ...]) -> NormalDist:
    return NormalDist(sum(ranks) / 2, math.sqrt(sum(rank * rank for rank in ranks) / 4))


@functools.lru_cache(maxsize=_KEPT_DISTRIBUTIONS)
def _pairs_of(n: int) -> tuple[Indices, Indices]:
    import numpy as np  # noqa: PLC0415  (slow to import; see the module)

    first, second = np.triu_indices(n)
    return first, second
