"""The statistics room: pure functions, each with the source of its formula.

Nothing here assumes that build times are normal, except where a docstring says so. One module for each question:
`medians` (one row), `geometric` (an axis), `paired`, `signed_ranks`, `sign_flips` and `bootstrap` (two sides of one
campaign), `groups` (two campaigns), `equivalence`, `multiplicity`, `power` and `sequential` (looking after every
round). numpy and scipy are imported inside the functions that need them: every command imports this room.
"""

from bench.pure.statistics.bootstrap import bootstrap_ratio
from bench.pure.statistics.equivalence import equivalence_p
from bench.pure.statistics.estimates import NOMINAL_COVERAGE, Estimate, RatioEstimate
from bench.pure.statistics.geometric import geometric_mean_ratio
from bench.pure.statistics.groups import grouped_ratio
from bench.pure.statistics.medians import MedianEstimate, median_absolute_deviation, median_estimate
from bench.pure.statistics.multiplicity import holm
from bench.pure.statistics.paired import half_width, hodges_lehmann, paired_ratio
from bench.pure.statistics.power import rounds_needed, rounds_to_decide, smallest_difference
from bench.pure.statistics.sequential import nominal_levels
from bench.pure.statistics.sign_flips import sign_flip_p
from bench.pure.statistics.signed_ranks import fewest_rounds
from bench.pure.statistics.student import student_p, student_quantile

__all__ = [
    "NOMINAL_COVERAGE",
    "Estimate",
    "MedianEstimate",
    "RatioEstimate",
    "bootstrap_ratio",
    "equivalence_p",
    "fewest_rounds",
    "geometric_mean_ratio",
    "grouped_ratio",
    "half_width",
    "hodges_lehmann",
    "holm",
    "median_absolute_deviation",
    "median_estimate",
    "nominal_levels",
    "paired_ratio",
    "rounds_needed",
    "rounds_to_decide",
    "sign_flip_p",
    "smallest_difference",
    "student_p",
    "student_quantile",
]
