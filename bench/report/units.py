"""Numbers as people read them: seconds, bytes, ratios and shares. Files with full precision are in `exports`."""

from __future__ import annotations

import math
import re

from bench.pure.quantities import bytes_text, decimals, percent_text

__all__ = [
    "ABSENT",
    "DASH",
    "MINUS",
    "TIMES",
    "bytes_text",
    "count_text",
    "metric_range_text",
    "metric_text",
    "percent_text",
    "plain_text",
    "ratio_number",
    "ratio_text",
    "seconds_range_text",
    "seconds_text",
    "share_text",
    "signed_seconds_text",
]

TIMES, DASH, MINUS = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}", "\N{MINUS SIGN}"
ABSENT = DASH
_MILLISECONDS_BELOW = 0.0995
_NARROW = 10.0
_SMALL_RATIO = 0.1
_NOTHING = 5e-6
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def seconds_text(seconds: float) -> str:
    """Three figures with the unit that suits: `12.3 s`, `1.24 s`, `48 ms`."""
    if 0 < seconds < _MILLISECONDS_BELOW:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.{decimals(seconds)}f} s"


def seconds_range_text(low: float, high: float, *, like: float) -> str:
    """A range in the unit and with the decimals of the number `like` that it belongs to, without the unit."""
    if 0 < like < _MILLISECONDS_BELOW:
        return f"{low * 1000:.3g}{DASH}{high * 1000:.3g}"
    places = decimals(like)
    return f"{low:.{places}f}{DASH}{high:.{places}f}"


def ratio_number(ratio: float) -> str:
    """A ratio to two decimals, and small ones to three, so that they do not all read 0.06."""
    if ratio >= _NARROW:
        return f"{ratio:.1f}"
    return f"{ratio:.2f}" if ratio >= _SMALL_RATIO else f"{ratio:.3f}"


def ratio_text(ratio: float, low: float | None = None, high: float | None = None) -> str:
    """A ratio, and its interval after it in brackets; none where there is none, or where it is a point (sizes)."""
    text = f"{TIMES}{ratio_number(ratio)}"
    if low is None or high is None or math.isclose(low, high, rel_tol=1e-6):
        return text
    return f"{text} ({ratio_number(low)}{DASH}{ratio_number(high)})"


def metric_text(value: float, unit: str) -> str:
    """A value of a metric in its unit (`bench.pure.metrics.unit_of`)."""
    if unit == "s":
        return seconds_text(value)
    if unit == "bytes":
        return bytes_text(value)
    return ratio_number(value) if unit == "ratio" else f"{value:.0f}"


def metric_range_text(low: float, high: float, unit: str, *, like: float) -> str:
    """A range of values of a metric, in the form of the value `like` that it belongs to."""
    if unit == "s":
        return seconds_range_text(low, high, like=like)
    return metric_text(low, unit) if low == high else f"{metric_text(low, unit)}{DASH}{metric_text(high, unit)}"


def share_text(share: float) -> str:
    """A share as it was asked for, in per cent with up to three figures: `3 %`, `0.5 %`."""
    return f"{share * 100:.3g} %"


def signed_seconds_text(seconds: float) -> str:
    """A difference of times with its sign: `+153 ms`."""
    if abs(seconds) < _NOTHING:
        return "0 s"
    sign = MINUS if seconds < 0 else "+"
    return f"{sign}{seconds_text(abs(seconds))}"


def plain_text(text: str) -> str:
    """A text of whatever origin on one line, without control characters."""
    words = " ".join(_ANSI.sub("", text).split())
    return "".join(letter for letter in words if letter.isprintable())


def count_text(count: int, word: str) -> str:
    """A number of things: `1 variant`, `2 variants`, `10,000 variants`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
