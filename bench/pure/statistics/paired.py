"""How much slower is one side than the other, from rounds in which both were built: Hodges and Lehmann's estimate.

Neighbours: `signed_ranks` counts, `sign_flips` tests the mean instead, `groups` compares what is not paired.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.pure.statistics.estimates import NOMINAL_COVERAGE, Estimate, ratio_of
from bench.pure.statistics.signed_ranks import least_signed_rank_p, rank_for, signed_rank_p, walsh_averages


def hodges_lehmann(log_ratios: Sequence[float]) -> float:
    """The median of the Walsh averages: the centre of what is symmetric, as good as the mean under normal noise (95 %).

    In the unit of the samples. At most 29 % of the samples can be spikes before it follows them. Source: Hodges and
    Lehmann, Annals of Mathematical Statistics 34 (1963), 598-611. Raises ValueError without samples.
    """
    if not log_ratios:
        raise ValueError("a centre needs at least one ratio")
    if len(log_ratios) == 1:
        return float(log_ratios[0])
    return _quantiles(log_ratios, 0)[0]


def paired_ratio(log_ratios: Sequence[float], *, coverage: float = NOMINAL_COVERAGE) -> Estimate:
    """The ratio that pairs show, given as natural logarithms of head over base, one for each round.

    The ratio is Hodges and Lehmann's estimate, the interval runs between Walsh averages, and p is that of the signed
    ranks: interval and test are one, so the interval leaves out 1 exactly when p is at most 1 - coverage (up to ties).
    Swapping the sides inverts the ratio and swaps the bounds. Below 6 pairs there is no interval of 95 %. Source:
    Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (3rd edition, 2014), sections 3.1 to 3.3. Raises
    ValueError without ratios.
    """
    if not log_ratios:
        raise ValueError("a paired ratio needs at least one ratio")
    n = len(log_ratios)
    k = rank_for(n, coverage)
    centre, low, high = _quantiles(log_ratios, k)
    return Estimate(
        ratio=ratio_of(centre),
        low=ratio_of(low) if k else None,
        high=ratio_of(high) if k else None,
        p_value=max(signed_rank_p(log_ratios), least_signed_rank_p(n)),
        n=n,
        coverage=coverage,
        least_p=least_signed_rank_p(n),
    )


def half_width(log_ratios: Sequence[float], *, coverage: float = NOMINAL_COVERAGE) -> float | None:
    """Half the length of the interval of `paired_ratio`, as a logarithm; None where there is none."""
    k = rank_for(len(log_ratios), coverage) if log_ratios else 0
    if not k:
        return None
    _, low, high = _quantiles(log_ratios, k)
    return (high - low) / 2


def _quantiles(log_ratios: Sequence[float], k: int) -> tuple[float, float, float]:
    """The median of the Walsh averages, their k-th smallest and k-th largest (the extremes for k = 0)."""
    averages = walsh_averages(log_ratios)
    last = len(averages) - 1
    low, high = max(k - 1, 0), last - max(k - 1, 0)
    middle = last // 2, last - last // 2
    averages.partition(sorted({low, high, *middle}))
    centre = statistics.fmean(float(averages[place]) for place in middle)
    return centre, float(averages[low]), float(averages[high])
