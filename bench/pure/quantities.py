"""Bytes and shares as people read them. `bench.report.units` has the other quantities, which only reports need."""

from __future__ import annotations

_FACTORS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
_WIDE = 100.0
_NARROW = 10.0


def bytes_text(size: float) -> str:
    """Decimal units, three figures: `83.1 MB`."""
    for unit, factor in _FACTORS:
        if abs(size) >= factor * 0.9995:
            value = size / factor
            return f"{value:.{decimals(value)}f} {unit}"
    return f"{size:.0f} B"


def percent_text(ratio: float) -> str:
    """A share of one: `100 %`."""
    return f"{ratio * 100:.0f} %"


def decimals(value: float) -> int:
    """How many decimals make three figures."""
    if abs(value) >= _WIDE:
        return 0
    return 1 if abs(value) >= _NARROW else 2
