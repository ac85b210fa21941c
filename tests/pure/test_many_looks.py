"""What keeps a table, a campaign that is looked at after every round, and its plan honest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped] # scipy ships no types

from bench.pure.statistics import (
    Estimate,
    bootstrap_ratio,
    fewest_rounds,
    grouped_ratio,
    holm,
    nominal_levels,
    paired_ratio,
    rounds_needed,
    rounds_to_decide,
    smallest_difference,
    student_p,
)

P_VALUES = st.lists(st.floats(min_value=0, max_value=1), max_size=12)
LOGS = st.lists(st.floats(min_value=-3, max_value=3), min_size=1, max_size=20)


def test_holm_matches_a_worked_example() -> None:
    # 4 x 0.01, 3 x 0.013, 2 x 0.03, 1 x 0.04, none below the one before it
    assert holm([0.03, 0.01, 0.04, 0.013]) == pytest.approx((0.06, 0.04, 0.06, 0.04))


@given(P_VALUES)
def test_adjusted_values_keep_the_order_and_lie_between_p_and_all_of_it(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    assert [adjusted[index] for index in order] == sorted(adjusted)
    for p_value, told in zip(p_values, adjusted, strict=True):
        assert p_value <= told <= min(1.0, p_value * len(p_values)) + 1e-12


@pytest.mark.parametrize(
    ("looks", "most"),
    [(tuple(range(1, 21)), 20), (tuple(range(6, 31)), 30), ((10, 20), 20), ((5, 6, 19, 40), 40), ((7,), 7)],
)
def test_all_looks_together_spend_the_level_and_no_more(looks: tuple[int, ...], most: int) -> None:
    levels = np.array(nominal_levels(looks, most))
    steps = np.random.default_rng(5).normal(size=(100_000, most))
    scores = np.cumsum(steps, axis=1)[:, np.array(looks) - 1] / np.sqrt(looks)
    alarms = (np.abs(scores) > stats.norm.isf(levels / 2)).any(axis=1).mean()
    assert alarms == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 100_000))


def test_a_campaign_that_never_reaches_its_longest_spends_less() -> None:
    assert nominal_levels((10,), 20)[0] == pytest.approx(0.05 / 4)
    assert nominal_levels((20,), 20)[0] == pytest.approx(0.05)
    assert nominal_levels((), 20) == ()


@settings(deadline=None)  # forty integrations
@given(st.sets(st.integers(min_value=1, max_value=40), min_size=1), st.sampled_from([0.01, 0.025, 0.05]))
def test_every_look_has_a_level_of_its_own_below_the_whole(looks: set[int], level: float) -> None:
    levels = nominal_levels(sorted(looks), 40, level=level)
    assert all(0 < each <= level + 1e-9 for each in levels)
    halves = nominal_levels(sorted(looks), 40, level=level / 2)
    assert all(half < whole for half, whole in zip(halves, levels, strict=True))


@pytest.mark.parametrize("looks", [(0, 1), (3, 3), (5, 4), (6, 21)])
def test_looks_that_do_not_rise_within_the_campaign_are_refused(looks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="looks rise"):
        nominal_levels(looks, 20)


def test_exact_ranks_looked_at_after_every_round_raise_no_more_alarms_than_the_level() -> None:
    looks = range(6, 17)
    levels = nominal_levels(looks, 16)
    steps = np.random.default_rng(6).standard_t(3, size=(1_000, 16)).tolist()
    alarms = sum(
        any(paired_ratio(logs[:look]).p_value <= level for look, level in zip(looks, levels, strict=True))
        for logs in steps
    )
    assert alarms / len(steps) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / len(steps))


@pytest.mark.parametrize("n", [6, 8, 12, 30])
def test_the_smallest_difference_is_shown_in_95_of_100_campaigns(n: int) -> None:
    difference = smallest_difference(n, 0.08)
    assert difference is not None
    campaigns = np.random.default_rng(n).normal(math.log1p(difference), 0.08, size=(2_000, n)).tolist()
    shown = sum(paired_ratio(logs).p_value <= 0.05 for logs in campaigns) / len(campaigns)
    assert shown == pytest.approx(0.95, abs=0.025)


@given(st.floats(min_value=0.005, max_value=0.5), st.floats(min_value=0.001, max_value=0.3))
def test_the_rounds_needed_are_the_fewest_that_show_it(difference: float, spread: float) -> None:
    rounds = rounds_needed(difference, spread)
    shown = smallest_difference(rounds, spread)
    assert shown is not None
    assert shown <= difference
    if rounds > fewest_rounds(0.05):
        before = smallest_difference(rounds - 1, spread)
        assert before is not None
        assert before > difference


def test_too_few_rounds_show_no_difference_however_large() -> None:
    assert smallest_difference(5, 0.08) is None
    assert smallest_difference(6, 0.0) == 0.0
    assert rounds_needed(0.05, 0.0) == 6
    assert rounds_needed(1e-9, 1.0) == 1_000_000


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        rounds_needed(0.0, 0.1)
    with pytest.raises(ValueError, match="power"):
        smallest_difference(10, 0.1, power=1.0)


def estimate(*, low: float | None, ratio: float, high: float | None, n: int = 10) -> Estimate:
    return Estimate(ratio=ratio, low=low, high=high, p_value=0.5, n=n, coverage=0.95, least_p=0.001)


def test_four_times_the_rounds_halve_the_interval() -> None:
    # Nothing seen, an interval of ±6 %: within ±3 % it has to be half as long.
    none = estimate(low=1 / 1.06, ratio=1.0, high=1.06)
    assert rounds_to_decide(none, 0.03) == pytest.approx(39, abs=1)
    # 10 % seen, an interval of ±20 %: to leave out 1 it has to be half as long.
    some = estimate(low=1.1 / 1.2, ratio=1.1, high=1.1 * 1.2)
    assert rounds_to_decide(some, 0.03) == pytest.approx(10 * (math.log(1.2) / math.log(1.1)) ** 2, abs=1)
    assert rounds_to_decide(estimate(low=None, ratio=1.1, high=None), 0.03) is None


@given(LOGS, LOGS)
def test_two_campaigns_swapped_give_the_inverse(base: list[float], head: list[float]) -> None:
    forth, back = grouped_ratio(base, head), grouped_ratio(head, base)
    assert forth.ratio * back.ratio == pytest.approx(1.0)
    assert forth.p_value == pytest.approx(back.p_value)
    assert (forth.low is None) == (min(len(base), len(head)) < 3) == (forth.p_value == forth.least_p == 1.0)


@given(LOGS, LOGS)
def test_the_interval_of_two_campaigns_agrees_with_its_p(base: list[float], head: list[float]) -> None:
    told = grouped_ratio(base, head)
    if told.low is not None and told.high is not None and abs(told.p_value - 0.05) > 1e-6 and told.low < told.high:
        assert (not told.low <= 1 <= told.high) == (told.p_value < 0.05)


def test_two_correlated_campaigns_of_the_same_are_told_apart_in_5_of_100_at_most() -> None:
    draws = np.random.default_rng(3)
    alarms = 0
    for _ in range(1_000):
        noise = draws.normal(size=80)
        for place in range(1, 80):
            noise[place] += 0.4 * noise[place - 1]
        logs = noise.tolist()
        alarms += grouped_ratio(logs[:20], logs[60:]).p_value <= 0.05
    assert alarms / 1_000 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 1_000)


def test_drift_that_goes_on_from_one_campaign_into_the_other_is_no_difference() -> None:
    draws = np.random.default_rng(7)
    alarms = 0
    for _ in range(500):
        logs = (np.linspace(0, math.log(1.2), 40) + draws.normal(0, 0.08, 40)).tolist()
        alarms += grouped_ratio(logs[:20], logs[20:]).p_value <= 0.05
    assert alarms / 500 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 500)


def test_a_large_difference_of_two_campaigns_is_seen() -> None:
    draws = np.random.default_rng(4)
    base, head = draws.normal(0, 0.05, 30).tolist(), draws.normal(math.log(1.5), 0.05, 30).tolist()
    told = grouped_ratio(base, head)
    assert told.ratio == pytest.approx(1.5, rel=0.05)
    assert told.p_value < 0.05
    assert told.n == 30


@given(st.floats(min_value=-20, max_value=20), st.integers(min_value=1, max_value=40))
def test_p_of_t_is_that_of_scipy(t: float, degrees: int) -> None:
    # Near 0 it is scipy's that is off: at t = 1.9e-7 with 1 degree by 7.5e-11, against 1 - 2 atan(t) / π.
    assert student_p(t, degrees) == pytest.approx(2 * stats.t.sf(abs(t), degrees), abs=1e-12 if abs(t) > 1e-3 else 1e-9)


@given(st.floats(min_value=-20, max_value=20))
def test_p_of_t_with_one_degree_is_that_of_cauchy(t: float) -> None:
    assert student_p(t, 1) == pytest.approx(1 - 2 * math.atan(abs(t)) / math.pi, abs=1e-14)


def test_the_bootstrap_is_that_of_scipy_and_the_seed_decides() -> None:
    logs = np.random.default_rng(2).exponential(0.1, 25).tolist()
    expected = stats.bootstrap((logs,), np.mean, method="BCa", n_resamples=20_000).confidence_interval
    told = bootstrap_ratio(logs, resamples=20_000)
    assert told == bootstrap_ratio(logs, resamples=20_000)
    assert told.low is not None
    assert told.high is not None
    assert (math.log(told.low), math.log(told.high)) == pytest.approx((expected.low, expected.high), abs=0.004)


def test_the_bootstrap_of_one_ratio_or_of_equal_ones_makes_nothing_up() -> None:
    one, equal = bootstrap_ratio([0.1]), bootstrap_ratio([0.1] * 4)
    assert (one.low, one.high) == (None, None)
    assert equal.low == equal.high == equal.ratio == pytest.approx(math.exp(0.1))


@pytest.mark.parametrize("call", [lambda: grouped_ratio([], [1.0]), lambda: bootstrap_ratio([])])
def test_no_samples_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match="at least one"):
        call()
