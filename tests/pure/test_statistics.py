from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped] # scipy ships no types

from bench.pure.statistics import (
    geometric_mean_ratio,
    median_absolute_deviation,
    median_estimate,
    student_quantile,
)

SAMPLES = st.lists(st.floats(min_value=1e-3, max_value=1e6), min_size=1, max_size=40)
LOGS = st.lists(st.floats(min_value=-3, max_value=3), min_size=2, max_size=20)


@pytest.mark.parametrize(
    ("n", "low", "high", "coverage"),
    [
        # Tables of distribution-free intervals for the median give these ranks and coverages.
        (1, 1, 1, 0.0),
        (2, 1, 2, 0.5),
        (3, 1, 3, 0.75),
        (5, 1, 5, 0.9375),
        (6, 1, 6, 0.96875),
        (8, 1, 8, 0.9921875),
        (9, 2, 8, 0.9609375),
        (10, 2, 9, 0.978515625),
        (15, 4, 12, 0.96484375),
        (20, 6, 15, 0.9586105346679688),
    ],
)
def test_the_interval_of_a_median_has_the_ranks_and_coverage_of_the_tables(
    n: int, low: float, high: float, coverage: float
) -> None:
    estimate = median_estimate([float(rank) for rank in range(n, 0, -1)])
    assert (estimate.low, estimate.high, estimate.n) == (low, high, n)
    assert estimate.coverage == pytest.approx(coverage)
    assert estimate.median == (n + 1) / 2


def test_the_coverage_is_that_of_the_binomial_distribution_in_scipy() -> None:
    for n in range(6, 60):
        estimate = median_estimate([float(rank) for rank in range(1, n + 1)])
        k = int(estimate.low)
        assert estimate.coverage == pytest.approx(1 - 2 * stats.binom.cdf(k - 1, n, 0.5))
        assert estimate.coverage >= 0.95 > 1 - 2 * stats.binom.cdf(k, n, 0.5)


@given(SAMPLES)
def test_a_median_lies_in_its_interval_whatever_the_order(samples: list[float]) -> None:
    estimate = median_estimate(samples)
    assert min(samples) <= estimate.low <= estimate.median <= estimate.high <= max(samples)
    assert median_estimate(sorted(samples)) == estimate


def test_a_geometric_mean_and_its_interval_match_a_worked_example() -> None:
    # log-ratios 0.1, 0.2, 0.3: mean 0.2, s = 0.1, t(0.975, 2) = 4.302653, half = 4.302653 * 0.1 / sqrt(3) = 0.248414
    estimate = geometric_mean_ratio([0.1, 0.2, 0.3])
    assert estimate.ratio == pytest.approx(math.exp(0.2))
    assert estimate.low == pytest.approx(math.exp(0.2 - 0.248414), rel=1e-5)
    assert estimate.high == pytest.approx(math.exp(0.2 + 0.248414), rel=1e-5)


def test_the_interval_of_ratios_is_that_of_scipy() -> None:
    logs = [0.03, -0.01, 0.05, 0.02, 0.04]
    expected = stats.ttest_1samp(logs, 0.0).confidence_interval(0.95)
    estimate = geometric_mean_ratio(logs)
    assert (estimate.low, estimate.high) == pytest.approx((math.exp(expected.low), math.exp(expected.high)))


@given(LOGS)
def test_a_against_b_is_the_inverse_of_b_against_a(logs: list[float]) -> None:
    forth, back = geometric_mean_ratio(logs), geometric_mean_ratio([-log for log in logs])
    assert forth.ratio * back.ratio == pytest.approx(1.0)
    assert forth.low is not None
    assert back.high is not None
    assert forth.low * back.high == pytest.approx(1.0)
    assert forth.low <= forth.ratio * (1 + 1e-12)


def test_one_ratio_has_no_interval_and_equal_ratios_have_an_empty_one() -> None:
    one = geometric_mean_ratio([math.log(2)])
    assert one.ratio == pytest.approx(2.0)
    assert (one.low, one.high) == (None, None)
    same = geometric_mean_ratio([math.log(2)] * 3)
    assert same.low == same.high == same.ratio


def test_two_wildly_different_rounds_do_not_overflow() -> None:
    estimate = geometric_mean_ratio([-200.0, 200.0])
    assert estimate.low == 0.0
    assert estimate.high is not None
    assert math.isfinite(estimate.high)


@pytest.mark.parametrize(("degrees", "expected"), [(1, 12.7062), (4, 2.77645), (9, 2.26216), (30, 2.04227)])
def test_quantiles_are_those_of_the_printed_table(degrees: int, expected: float) -> None:
    assert student_quantile(0.975, degrees) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("probability", [0.8, 0.95, 0.975, 0.995])
def test_quantiles_are_those_of_scipy(probability: float) -> None:
    for degrees in [*range(1, 40), 99, 100, 1000]:
        assert student_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-9)


def test_one_slow_build_does_not_move_the_deviation() -> None:
    assert median_absolute_deviation([1.0, 1.1, 0.9, 1.0, 9.0]) == pytest.approx(0.1)


@pytest.mark.parametrize("function", [median_estimate, median_absolute_deviation, geometric_mean_ratio])
def test_no_samples_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="at least one"):
        function([])
