"""Where axes begin and end, and which numbers stand at an axis of ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

_WIDE = 20.0
_LEAST = 0.02
"""The least length of a linear axis, as a share of its largest value: on a shorter one all numbers read alike."""
_TICKS = 7
_STEPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_DECADES = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 3.0, 5.0), (1.0, 2.0, 5.0), (1.0,))
_FAR = 4.0


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """An axis from `low` to `high`, logarithmic where its numbers are far apart."""

    low: float
    high: float
    is_log: bool

    @property
    def kind(self) -> Literal["log", "linear"]:
        """What Vega-Lite calls such a scale."""
        return "log" if self.is_log else "linear"

    def share(self, value: float) -> float:
        """How far along the axis a value lies: 0 at its beginning, 1 at its end."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def span_of(values: Iterable[float], *, before: float = 0.1, after: float = 0.1) -> Span:
    """An axis that holds all values, with room before and after them, as shares of the axis. Never below 0."""
    known = sorted(values)
    low, high = known[0], known[-1]
    if low > 0 and high / low > _WIDE:
        reach = math.log(high / low) / (1 - before - after)
        return Span(low=low * math.exp(-before * reach), high=high * math.exp(after * reach), is_log=True)
    missing = max((high * _LEAST or 1.0) - (high - low), 0.0)
    low, high = low - missing / 2, high + missing / 2
    reach = (high - low) / (1 - before - after)
    return Span(low=max(low - before * reach, 0.0), high=high + after * reach, is_log=False)


def ratio_span(ratios: Iterable[float], ends: Iterable[float]) -> Span:
    """An axis of ratios with 1 on it. Ends of intervals widen it, but not to more than four times its ratios."""
    known = [1.0, *ratios]
    low, high = min(known), max(known)
    reached = [*ends, low, high]
    low, high = max(min(reached), low / _FAR), min(max(reached), high * _FAR)
    room = max(math.log(high / low) * 0.08, 0.02)
    return Span(low=low * math.exp(-room), high=high * math.exp(room), is_log=True)


def ratio_ticks(span: Span, *, most: int = _TICKS) -> list[float]:
    """The numbers at an axis of ratios: round ones, `most` of them where that can be had with 1 among them."""
    most = min(most, _TICKS)
    if span.high / span.low > _FAR:
        first, last = math.floor(math.log10(span.low)), math.ceil(math.log10(span.high))
        inside = [1.0]
        for factors in _DECADES:
            every = [round(factor * 10.0**power, 9) for power in range(first, last + 1) for factor in factors]
            inside = [tick for tick in every if span.low <= tick <= span.high]
            if len(inside) <= most:
                break
        return inside
    best = [1.0]
    for step in _STEPS:
        ticks = [round(number * step, 4) for number in range(math.ceil(span.low / step), int(span.high / step) + 1)]
        if len(ticks) > most:
            break
        best = ticks or best
    return best
