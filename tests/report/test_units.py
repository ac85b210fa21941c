from __future__ import annotations

import pytest

from bench.report.units import DASH, TIMES, bytes_text, percent_text, ratio_text, seconds_range_text, seconds_text


def plain(text: str) -> str:
    return text.replace(TIMES, "x").replace(DASH, "-")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.00 s"), (0.0004, "0.4 ms"), (0.048, "48 ms"), (0.0996, "0.10 s"), (0.21, "0.21 s"), (1.244, "1.24 s"),
     (12.34, "12.3 s"), (123.4, "123 s"), (4000, "4000 s")],
)  # fmt: skip
def test_seconds(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (83_100_000, "83.1 MB"), (999_999_999, "1.00 GB"),
     (173_000_000, "173 MB"), (-5_000_000, "-5.00 MB")],
)  # fmt: skip
def test_bytes(size: float, text: str) -> None:
    assert bytes_text(size) == text


def test_a_range_has_the_decimals_of_its_number() -> None:
    assert plain(seconds_range_text(1.2, 1.31, like=1.24)) == "1.20-1.31"
    assert plain(seconds_range_text(0.04, 0.11, like=0.05)) == "40-110"
    assert plain(seconds_range_text(9.9, 12.0, like=11.0)) == "9.9-12.0"


@pytest.mark.parametrize(
    ("ratio", "low", "high", "text"),
    [(1.03, 0.99, 1.07, "x1.03 (0.99-1.07)"), (0.0571, 0.0571, 0.0571, "x0.057"), (1.34, None, None, "x1.34"),
     (12.0, 11.0, 13.0, "x12.0 (11.0-13.0)"), (1.0, 0.999, 1.001, "x1.00 (1.00-1.00)")],
)  # fmt: skip
def test_ratios(ratio: float, low: float | None, high: float | None, text: str) -> None:
    assert plain(ratio_text(ratio, low, high)) == text


def test_shares() -> None:
    assert percent_text(1.0) == "100 %"
