from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped] # scipy ships no types

from bench.pure.statistics import (
    Estimate,
    equivalence_p,
    fewest_rounds,
    half_width,
    hodges_lehmann,
    paired_ratio,
    sign_flip_p,
)
from bench.pure.statistics.signed_ranks import EXACT_MOST, rank_for, signed_rank_p, walsh_averages

LOGS = st.lists(st.floats(min_value=-3, max_value=3), min_size=1, max_size=25)
COARSE = st.lists(st.integers(min_value=-4, max_value=4).map(float), min_size=1, max_size=9)


def drawn(n: int, *, shift: float = 0.0, seed: int = 1) -> list[float]:
    draw = random.Random(f"{n}:{seed}")  # noqa: S311  (noise, not a secret)
    return [draw.gauss(shift, 0.1) for _ in range(n)]


def untied(logs: list[float]) -> bool:
    averages = walsh_averages(logs).tolist()
    return (
        len(set(averages)) == len(averages)
        and len({abs(log) for log in logs}) == len(logs)
        and all(abs(average) > 1e-9 for average in averages)
    )


def bounds(estimate: Estimate) -> list[float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return [estimate.low, estimate.high]


@given(LOGS)
def test_swapping_the_sides_inverts_the_ratio_and_swaps_the_bounds(logs: list[float]) -> None:
    forth, back = paired_ratio(logs), paired_ratio([-log for log in logs])
    assert forth.ratio * back.ratio == pytest.approx(1.0)
    assert (forth.p_value, forth.n, forth.least_p) == (back.p_value, back.n, back.least_p)
    if forth.low is None:
        assert (forth.high, back.low, back.high) == (None, None, None)
    else:
        low, high = bounds(back)
        assert bounds(forth) == pytest.approx([1 / high, 1 / low])


@given(LOGS, st.floats(min_value=0.1, max_value=10))
def test_a_change_of_scale_changes_nothing_but_the_scale(logs: list[float], factor: float) -> None:
    scaled = [log * factor for log in logs]
    assert hodges_lehmann(scaled) == pytest.approx(factor * hodges_lehmann(logs), abs=1e-9)
    if untied(logs) and untied(scaled):
        assert signed_rank_p(scaled) == pytest.approx(signed_rank_p(logs))


@given(LOGS, st.floats(min_value=0.5, max_value=0.999))
def test_the_interval_leaves_out_one_exactly_when_p_is_small_enough(logs: list[float], coverage: float) -> None:
    estimate = paired_ratio(logs, coverage=coverage)
    if estimate.low is None or not untied(logs):
        return
    low, high = bounds(estimate)
    assert low <= estimate.ratio <= high
    assert (not low <= 1 <= high) == (estimate.p_value <= 1 - coverage + 1e-9)


@given(COARSE)
def test_with_ties_and_zeros_p_is_still_the_share_of_flips_that_are_as_far_out(logs: list[float]) -> None:
    sizes = sorted({abs(log) for log in logs})
    middle = {
        size: sum(1 + sum(abs(log) < size for log in logs) + place for place in range(count)) / count
        for size in sizes
        if (count := sum(abs(log) == size for log in logs))
    }
    ranks = [middle[abs(log)] for log in logs if log]
    centre = sum(ranks) / 2
    observed = abs(sum(middle[log] for log in logs if log > 0) - centre)
    flips = [
        abs(sum(itertools.compress(ranks, signs)) - centre) for signs in itertools.product((0, 1), repeat=len(ranks))
    ]
    expected = sum(flip >= observed - 1e-9 for flip in flips) / len(flips)
    assert signed_rank_p(logs) == pytest.approx(expected)


@pytest.mark.parametrize("n", [6, 7, 9, 12])
def test_the_coverage_is_exact_over_all_flips_of_sign(n: int) -> None:
    sizes = [abs(log) for log in drawn(n)]
    missed = 0
    for signs in itertools.product((-1, 1), repeat=n):
        low, high = bounds(paired_ratio([sign * size for sign, size in zip(signs, sizes, strict=True)]))
        missed += not low <= 1 <= high
    k = rank_for(n, 0.95)
    sums = [sum(itertools.compress(range(1, n + 1), signs)) for signs in itertools.product((0, 1), repeat=n)]
    assert missed == 2 * sum(sum_ < k for sum_ in sums)
    assert missed / 2**n <= 0.05 < 2 * sum(sum_ <= k for sum_ in sums) / 2**n


def test_p_is_that_of_scipy() -> None:
    for n in (3, 8, 20, 50):
        logs = drawn(n, shift=0.03)
        assert signed_rank_p(logs) == pytest.approx(stats.wilcoxon(logs, method="exact").pvalue)
        for upper, name in ((True, "greater"), (False, "less")):
            expected = stats.wilcoxon(logs, alternative=name, method="exact").pvalue
            assert signed_rank_p(logs, upper=upper) == pytest.approx(expected)


def test_beyond_the_exact_count_the_approximation_goes_on_where_it_ended() -> None:
    logs = drawn(EXACT_MOST + 1, shift=0.008)
    exact = stats.wilcoxon(logs, method="exact").pvalue
    assert signed_rank_p(logs) == pytest.approx(exact, rel=0.02)
    assert rank_for(EXACT_MOST + 1, 0.95) == pytest.approx(rank_for(EXACT_MOST, 0.95) * 1.01, rel=0.005)


def test_the_centre_and_interval_match_a_worked_example() -> None:
    # Walsh averages of 1…6: the smallest and the largest bound 96.9 %, the median of the 21 is 3.5.
    logs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    estimate = paired_ratio(logs)
    assert math.log(estimate.ratio) == pytest.approx(3.5)
    assert bounds(estimate) == pytest.approx([math.exp(1), math.exp(6)])
    assert estimate.p_value == estimate.least_p == 2 / 64
    assert half_width(logs) == pytest.approx(2.5)


def test_fewer_than_six_pairs_are_said_to_be_too_few() -> None:
    for n in range(1, 6):
        estimate = paired_ratio([0.5] * n)
        assert (estimate.low, estimate.high) == (None, None)
        assert estimate.p_value >= estimate.least_p == 2.0 ** (1 - n) > 0.05
        assert half_width([0.5] * n) is None
    assert paired_ratio(drawn(6)).low is not None


@pytest.mark.parametrize(("level", "rounds"), [(0.05, 6), (0.0625, 5), (0.01, 8), (0.001, 11), (1.0, 1)])
def test_the_fewest_rounds_are_those_that_can_reach_the_level(level: float, rounds: int) -> None:
    assert fewest_rounds(level) == rounds
    assert paired_ratio([1.0] * rounds).least_p <= level
    assert rounds == 1 or paired_ratio([1.0] * (rounds - 1)).least_p > level


def test_no_difference_at_all_is_no_difference() -> None:
    estimate = paired_ratio([0.0] * 8)
    assert (estimate.ratio, estimate.low, estimate.high, estimate.p_value) == (1.0, 1.0, 1.0, 1.0)
    assert sign_flip_p([0.0] * 8) == 1.0


def test_one_spike_moves_the_centre_less_than_the_spread() -> None:
    logs = drawn(15)
    assert hodges_lehmann([*logs[1:], 5.0]) == pytest.approx(hodges_lehmann(logs), abs=0.06)


@given(COARSE)
def test_the_flips_of_sign_are_counted(logs: list[float]) -> None:
    flips = [
        abs(sum(sign * log for sign, log in zip(signs, logs, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(logs))
    ]
    assert sign_flip_p(logs) == pytest.approx(sum(flip >= abs(sum(logs)) - 1e-9 for flip in flips) / len(flips))


def test_beyond_the_exact_count_flips_are_drawn_and_the_seed_decides_which() -> None:
    logs = drawn(40, shift=0.03)
    drawn_p = sign_flip_p(logs)
    assert drawn_p == sign_flip_p(logs, seed=0) == pytest.approx(stats.ttest_1samp(logs, 0).pvalue, abs=0.02)
    assert sign_flip_p(logs, seed=1) == pytest.approx(drawn_p, abs=0.02)
    assert 0 < sign_flip_p([1.0] * 60) < 0.001


@given(LOGS, st.floats(min_value=0.001, max_value=1))
def test_equivalence_does_not_ask_which_side_is_the_base(logs: list[float], margin: float) -> None:
    assert equivalence_p(logs, margin) == pytest.approx(equivalence_p([-log for log in logs], margin))
    assert equivalence_p(logs, 2 * margin) <= equivalence_p(logs, margin) + 1e-9


def test_equivalence_is_shown_when_both_bounds_are_ruled_out() -> None:
    near = [log / 20 for log in drawn(12)]
    assert equivalence_p(near, 0.03) == 1 / 2**12
    assert equivalence_p([log + 0.03 for log in near], 0.03) > 0.05
    assert equivalence_p(drawn(12), 0.03) > 0.05


@pytest.mark.parametrize("function", [hodges_lehmann, paired_ratio, sign_flip_p, lambda logs: equivalence_p(logs, 0.1)])
def test_no_samples_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="at least one"):
        function([])


def test_a_margin_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        equivalence_p([0.1], 0.0)
