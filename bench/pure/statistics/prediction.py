"""Where one more value is to be expected, from earlier ones that vary among themselves."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from bench.pure.statistics.student import student_quantile

FEWEST_EARLIER = 5


def highest_ratio(earlier_logs: Sequence[float], log: float, *, coverage: float = 0.95) -> float | None:
    """The most that a new value may be above the centre of earlier ones, as a ratio; None with fewer than 5 of them.

    All are natural logarithms of values that each sum up a run, so what makes runs differ (the day, the machine's mood)
    is in their spread: exp(x - m + t s √(1 + 1/k)), with Student's t of k - 1 degrees, one-sided. Source: Hahn and
    Meeker, Statistical Intervals (1991), section 4.7, for the prediction interval.
    """
    if len(earlier_logs) < FEWEST_EARLIER:
        return None
    centre, spread = statistics.fmean(earlier_logs), statistics.stdev(earlier_logs)
    reach = student_quantile(coverage, len(earlier_logs) - 1) * spread * math.sqrt(1 + 1 / len(earlier_logs))
    return math.exp(log - centre + reach)
