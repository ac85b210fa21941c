from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.pure.statistics import paired_ratio, sign_flip_p
from bench.pure.statistics.control import FEWEST_PAIRS, adjust
from bench.pure.statistics.controlled import controlled_ratio

VALUES = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=FEWEST_PAIRS, max_size=FEWEST_PAIRS)


def explained(n: int, *, shift: float = 0.0, seed: int = 1) -> tuple[list[float], list[float]]:
    """Pairs of which three quarters of the variance come from a covariate of mean 0."""
    draws = np.random.default_rng(seed)
    steal = draws.normal(0, 0.1, n)
    return (shift + 0.8 * steal + draws.normal(0, 0.045, n)).tolist(), steal.tolist()


def test_what_a_covariate_explains_is_taken_off() -> None:
    logs, steal = explained(40)
    told = adjust(logs, {"steal": steal})
    assert told.covariate == "steal"
    assert told.slope == pytest.approx(0.8, abs=0.15)
    assert told.shrink == pytest.approx(statistics.stdev(told.log_ratios) / statistics.stdev(logs))
    assert told.shrink < 0.65


def test_the_ratio_that_is_estimated_stays_the_same() -> None:
    before, after = [], []
    for seed in range(300):
        logs, steal = explained(16, shift=0.03, seed=seed)
        before.append(statistics.fmean(logs))
        after.append(statistics.fmean(adjust(logs, {"steal": steal}).log_ratios))
    error = statistics.stdev(after) / len(after) ** 0.5
    assert statistics.fmean(after) == pytest.approx(0.03, abs=4 * error)
    assert statistics.stdev(after) < 0.8 * statistics.stdev(before)


def test_noise_explains_nothing_and_the_logs_stay_as_they_came() -> None:
    used = 0
    for seed in range(200):
        draws = np.random.default_rng(seed)
        logs, steal = draws.normal(size=20).tolist(), draws.normal(size=20).tolist()
        told = adjust(logs, {"steal": steal})
        used += told.covariate is not None
        if told.covariate is None:
            assert (told.log_ratios, told.slope, told.shrink) == (tuple(logs), 0.0, 1.0)
    assert used / 200 < 0.15


def test_the_covariate_that_explains_most_is_taken() -> None:
    logs, steal = explained(30)
    told = adjust(logs, {"canary": list(reversed(steal)), "steal": steal, "nothing": [0.0] * 30})
    assert told.covariate == "steal"


def test_what_differs_between_the_sides_is_an_effect_and_no_control() -> None:
    logs, steal = explained(30)
    assert adjust(logs, {"cpu": [value + 0.3 for value in steal]}).covariate is None
    assert adjust([log + 0.3 for log in logs], {"cpu": [value + 0.3 for value in steal]}).covariate is None


@settings(deadline=None)
@given(VALUES, st.integers(min_value=0, max_value=FEWEST_PAIRS - 1))
def test_flipping_a_pair_flips_it_and_leaves_the_others(pairs: list[tuple[float, float]], place: int) -> None:
    logs, values = [log for log, _ in pairs], [value for _, value in pairs]
    signs = [-1 if index == place else 1 for index in range(len(pairs))]
    flipped = adjust(
        [sign * log for sign, log in zip(signs, logs, strict=True)],
        {"x": [sign * value for sign, value in zip(signs, values, strict=True)]},
    )
    told = adjust(logs, {"x": values})
    if told.covariate == flipped.covariate:
        expected = [sign * log for sign, log in zip(signs, told.log_ratios, strict=True)]
        assert list(flipped.log_ratios) == pytest.approx(expected, abs=1e-9)


def test_the_sign_flip_test_stays_exact_on_adjusted_logs() -> None:
    logs, steal = explained(FEWEST_PAIRS)
    p_values = []
    for signs in itertools.product((-1, 1), repeat=FEWEST_PAIRS):
        told = adjust(
            [sign * log for sign, log in zip(signs, logs, strict=True)],
            {"x": [sign * value for sign, value in zip(signs, steal, strict=True)]},
        )
        p_values.append(sign_flip_p(told.log_ratios))
    for level in (0.05, 0.1, 0.25):
        assert sum(p <= level + 1e-12 for p in p_values) / len(p_values) <= level + 0.01  # the lopsided ones


def test_too_few_pairs_are_left_alone_and_values_that_do_not_fit_are_refused() -> None:
    logs, steal = explained(FEWEST_PAIRS - 1)
    assert adjust(logs, {"x": steal}).covariate is None
    with pytest.raises(ValueError, match="do not fit"):
        adjust(logs, {"x": steal[1:]})


@pytest.mark.parametrize("shift", [0.0, 0.05, -0.3])
def test_a_large_difference_does_not_pass_for_an_effect_of_the_covariate(shift: float) -> None:
    ratios, covered = [], 0
    for seed in range(60):
        logs, steal = explained(20, shift=shift, seed=seed)
        estimate, told = controlled_ratio(logs, {"steal": steal})
        ratios.append(math.log(estimate.ratio))
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= math.exp(shift) <= estimate.high
        assert (estimate.ratio == pytest.approx(paired_ratio(logs).ratio)) == (told.covariate is None)
    assert statistics.fmean(ratios) == pytest.approx(shift, abs=4 * statistics.stdev(ratios) / len(ratios) ** 0.5)
    assert covered / 60 > 0.85  # 95 % is meant; 6 in 60 short of it are three standard deviations
