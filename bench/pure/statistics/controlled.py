"""The ratio that pairs show when a control variate takes off a part of their noise: test, ratio and interval.

Neighbours: `control` takes off, `paired` estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import msgspec

from bench.pure.statistics.control import Adjusted, adjust, take_off
from bench.pure.statistics.estimates import NOMINAL_COVERAGE, Estimate
from bench.pure.statistics.paired import hodges_lehmann, paired_ratio

_STEPS = 5
"""Each is off by a small part of what the one before was: by the covariate's own lopsidedness."""


def controlled_ratio(
    log_ratios: Sequence[float], covariates: Mapping[str, Sequence[float]], *, coverage: float = NOMINAL_COVERAGE
) -> tuple[Estimate, Adjusted]:
    """`paired_ratio` of what the best covariate leaves of the pairs, and what it took off (nothing, where none helps).

    p is that of "the ratio is 1", with covariate and slope chosen as if it were, so it is exact. The ratio and its
    bounds are those differences which the same test, with a slope fitted as if each were true, finds in the middle or
    just on the edge of what it accepts. So a large difference cannot pass for an effect of what a covariate happens to
    be off by. Raises ValueError without ratios.
    """
    told = adjust(log_ratios, covariates, centre=hodges_lehmann(log_ratios))
    plain = paired_ratio(log_ratios, coverage=coverage)
    if told.covariate is None:
        return plain, told
    values, name = covariates[told.covariate], told.covariate

    def supposed(ratio: float) -> Adjusted:
        return take_off(log_ratios, name, values, centre=math.log(ratio))

    def fixed(part: Callable[[Estimate], float | None], start: float | None) -> float | None:
        for _ in range(_STEPS):
            if start is not None:
                start = part(paired_ratio(supposed(start).log_ratios, coverage=coverage))
        return start

    ratio = fixed(lambda one: one.ratio, plain.ratio) or plain.ratio
    estimate = msgspec.structs.replace(
        plain,
        ratio=ratio,
        low=fixed(lambda one: one.low, plain.low),
        high=fixed(lambda one: one.high, plain.high),
        p_value=paired_ratio(adjust(log_ratios, covariates).log_ratios).p_value,
    )
    return estimate, supposed(ratio)
