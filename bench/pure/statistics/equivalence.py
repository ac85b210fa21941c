"""Is it the same? Not "no difference was seen", but "a difference beyond the margin is ruled out"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.pure.statistics.signed_ranks import signed_rank_p


def equivalence_p(log_ratios: Sequence[float], margin: float) -> float:
    """The p value of "the ratio lies outside [1/(1+margin), 1+margin]", from paired log-ratios.

    Two one-sided tests of signed ranks, one at each bound; the larger p counts, so that both must be ruled out.
    Source: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987), 657-680; with ranks: Wellek,
    Testing Statistical Hypotheses of Equivalence and Noninferiority (2nd edition, 2010), section 5.2. Raises ValueError
    without ratios, or for a margin that is not above 0.
    """
    if not log_ratios:
        raise ValueError("a test needs at least one ratio")
    if margin <= 0:
        raise ValueError("a margin is above 0")
    bound = math.log1p(margin)
    above_lower = signed_rank_p([log + bound for log in log_ratios], upper=True)
    below_upper = signed_rank_p([log - bound for log in log_ratios], upper=False)
    return max(above_lower, below_upper)
