"""Less noise from what was recorded beside: control variates for paired logs.

A pair differs because the sides do, and because one of the two builds met a busier machine. Where something recorded
with each build (stolen time, other work, a canary before it) tells of the second, its part can be taken off. Neighbour:
`paired`, to which the adjusted logs go as if they had been measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import msgspec

from bench.pure.statistics.sign_flips import sign_flip_p
from bench.pure.statistics.signed_ranks import fewest_rounds

CLEAR_SHARE = 0.10
"""Of the squared error: what a covariate has to explain of pairs that it was not fitted to, before it is used."""
FEWEST_PAIRS = fewest_rounds(0.05) + 2
_LOPSIDED_P = 0.01


class Adjusted(msgspec.Struct, frozen=True, kw_only=True):
    """Paired logs less what a covariate explains.

    `covariate` is its name, None where none was used and the logs are as they came. `slope` is in log-ratio per unit of
    the covariate. `shrink` is the standard deviation of the logs over what it was before: 0.8 is 20 % less spread.
    """

    log_ratios: tuple[float, ...]
    covariate: str | None
    slope: float
    shrink: float


def adjust(log_ratios: Sequence[float], covariates: Mapping[str, Sequence[float]], *, centre: float = 0.0) -> Adjusted:
    """Take off what the best covariate explains, if it clearly does; each gives head less base, one for each pair.

    d - b x with b = Σx(d - c) / Σxx, where c is `centre`, the difference that is supposed, without an intercept:
    flipping a pair's sides flips d - c and x together and leaves b, and the choice of the covariate, as they are. So a
    test of that difference by flips of sign stays exact on the adjusted logs. Under the random order within a round x
    is 0 on average, so the ratio that is estimated stays the same. A covariate that differs between the sides all the
    same (p at most 1 %) is an effect of the side and is left alone, which makes the test inexact by that 1 % at most;
    and so is one that explains less than 10 % of the squared error of pairs left out of the fit. Sources: Lavenberg and
    Welch, Management Science 27 (1981), 322-335; Rosenbaum, Statistical Science 17 (2002), 286-327, for tests on what
    is adjusted. Raises ValueError for a covariate with another number of values than there are pairs.
    """
    centred = [log - centre for log in log_ratios]
    errors = {
        name: error
        for name, values in covariates.items()
        if (error := _error_left_out(centred, values)) is not None and sign_flip_p(values) > _LOPSIDED_P
    }
    name = min(errors, key=lambda name: errors[name], default=None)
    if name is None or errors[name] > (1 - CLEAR_SHARE) * sum(log * log for log in centred):
        return Adjusted(log_ratios=tuple(log_ratios), covariate=None, slope=0.0, shrink=1.0)
    return take_off(log_ratios, name, covariates[name], centre=centre)


def take_off(log_ratios: Sequence[float], name: str, values: Sequence[float], *, centre: float) -> Adjusted:
    """Take off what one covariate explains of the logs less the difference `centre`, whether that is much or not."""
    slope = _slope([log - centre for log in log_ratios], values)
    adjusted = tuple(log - slope * value for log, value in zip(log_ratios, values, strict=True))
    spread = statistics.stdev(log_ratios)
    shrink = statistics.stdev(adjusted) / spread if spread else 1.0
    return Adjusted(log_ratios=adjusted, covariate=name, slope=slope, shrink=shrink)


def _slope(log_ratios: Sequence[float], values: Sequence[float]) -> float:
    return sum(value * log for value, log in zip(values, log_ratios, strict=True)) / sum(value**2 for value in values)


def _error_left_out(log_ratios: Sequence[float], values: Sequence[float]) -> float | None:
    """The squared error of each pair under the slope of all others, summed; None where that cannot be told.

    With the leverage h = x² / Σxx it is (d - b x) / (1 - h) for each pair (Allen, Technometrics 16 (1974), 125-127).
    """
    if len(values) != len(log_ratios):
        raise ValueError(f"{len(values)} values of a covariate do not fit {len(log_ratios)} pairs")
    squares = sum(value * value for value in values)
    if len(values) < FEWEST_PAIRS or not squares or max(value * value for value in values) >= squares:
        return None
    slope = _slope(log_ratios, values)
    return sum(
        ((log - slope * value) / (1 - value * value / squares)) ** 2
        for log, value in zip(log_ratios, values, strict=True)
    )
