"""Where the level of a series of build times changed, whatever spikes, autocorrelation and slow drift there are.

Neighbours inside: `noise` (how much the series scatters), `partition` (where steps may be), `confirm` (which hold).
Import this only where it is used: numpy takes a tenth of a second.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import msgspec
import numpy as np

from bench.pure.change_points.confirm import LEAST_SIDE, Step, confirmed, search_p_value
from bench.pure.change_points.noise import noise_of_differences
from bench.pure.change_points.partition import partition
from bench.pure.statistics import student_quantile

COVERAGE = 0.95
"""What the interval of a step's ratio covers."""
_LENIENCE = 3.0
_BISECTIONS = 40
_DIGITS = 9
"""Logarithms are rounded to so many, so that the unit of the values cannot tip what is as good either way."""


class ChangePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A step: `index` is the place of the first value after it, `ratio` the level after over the level before.

    `low` and `high` bound the ratio with 95 % coverage, given that and where the step is. `p_value` is that of "there
    is no step here", the search over all places counted in.
    """

    index: int
    ratio: float
    low: float
    high: float
    p_value: float


def find_changes(values: Sequence[float], *, level: float = 0.01) -> tuple[ChangePoint, ...]:
    """The steps of positive values in the order of time, first to last; none in a series of fewer than six.

    `level` is about the share of step-free series in which anything is found: fewer in independent noise, two or three
    times as many with an autocorrelation of 0.4, more under drift. A level needs three values, so a step is told three
    values after it at the earliest, and one or two outliers are none.

    On logarithms: robust noise from differences; optimal partitioning under a biweight loss, with a penalty that a step
    may just pass at three times the level; then each step must hold at the level against its neighbours. Sources: with
    each part. Raises ValueError for values that are not positive and finite, and for a level outside 0…1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    array = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(array) & (array > 0)).all():
        raise ValueError("change points need positive, finite values")
    if len(array) < 2 * LEAST_SIDE:
        return ()
    logs = np.log(array)
    logs = np.round(logs - np.median(logs), _DIGITS)
    noise = noise_of_differences(logs)
    places = partition(logs, noise, _penalty(len(logs), level))
    return tuple(_change_point(step) for step in confirmed(logs, places, noise, level))


def _change_point(step: Step) -> ChangePoint:
    half = student_quantile((1 + COVERAGE) / 2, max(1, math.floor(step.degrees))) * step.error
    return ChangePoint(
        index=step.index,
        ratio=math.exp(step.height),
        low=math.exp(step.height - half),
        high=math.exp(step.height + half),
        p_value=step.p_value,
    )


@functools.cache
def _penalty(n: int, level: float) -> float:
    """The square of the deviate that the largest of n splits reaches with three times the level."""
    wanted = min(_LENIENCE * level, 0.5)
    low, high = 1.0, 40.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if search_p_value(middle, n) > wanted else (low, middle)
    return high * high
