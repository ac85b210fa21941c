from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.pure.change_points import ChangePoint, find_changes

Floats = npt.NDArray[np.float64]


def noisy(seed: int, n: int, *, cv: float = 0.05, memory: float = 0.0) -> Floats:
    """Logarithms of a step-free series: stationary noise of first order."""
    draws = np.random.default_rng(seed).normal(0, cv, n)
    for place in range(1, n):
        draws[place] = memory * draws[place - 1] + math.sqrt(1 - memory**2) * draws[place]
    return draws


def stepped(logs: Floats, *steps: tuple[int, float]) -> list[float]:
    """Build times with these noise logarithms, whose level is multiplied at each place."""
    logs = logs.copy()
    for place, ratio in steps:
        logs[place:] += math.log(ratio)
    return [float(value) for value in 1.24 * np.exp(logs)]


def indices(values: list[float]) -> list[int]:
    return [change.index for change in find_changes(values)]


def false_alarms(series: list[list[float]]) -> float:
    return sum(bool(find_changes(values)) for values in series) / len(series)


@pytest.mark.parametrize("ratio", [1.2, 1 / 1.2, 1.5, 3.0])
@pytest.mark.parametrize("place", [5, 50, 94])
def test_a_step_is_found_where_it_is_and_as_large_as_it_is(ratio: float, place: int) -> None:
    (change,) = find_changes(stepped(noisy(1, 100, cv=0.02), (place, ratio)))
    assert abs(change.index - place) <= 1
    assert change.low < ratio < change.high
    assert change.p_value <= 0.01


def test_two_steps_are_found_also_when_the_second_takes_the_first_back() -> None:
    logs = noisy(2, 120, cv=0.03)
    assert indices(stepped(logs, (40, 1.2), (80, 1 / 1.2))) == pytest.approx([40, 80], abs=1)
    assert indices(stepped(logs, (40, 1.2), (80, 1.2))) == pytest.approx([40, 80], abs=1)


def test_the_interval_of_a_ratio_covers_the_true_one_about_as_often_as_it_says() -> None:
    found = [find_changes(stepped(noisy(seed, 100, memory=0.4), (50, 1.3))) for seed in range(100)]
    covered = [changes[0].low <= 1.3 <= changes[0].high for changes in found if len(changes) == 1]
    assert len(covered) >= 95
    assert sum(covered) / len(covered) >= 0.85


@pytest.mark.parametrize("place", [0, 1, 30, 58, 59])
@pytest.mark.parametrize("size", [0.3, 0.7, 1.5, 10.0])
def test_one_spike_or_two_together_are_no_step(place: int, size: float) -> None:
    logs = noisy(3, 60, cv=0.03)
    logs[place : place + 2] += math.log(size)
    assert indices(stepped(logs)) == []


def test_spikes_do_not_hide_a_step() -> None:
    logs = noisy(4, 100, cv=0.03)
    logs[[7, 20, 21, 48, 52, 80, 99]] += math.log(2)
    assert indices(stepped(logs, (50, 1.15))) == pytest.approx([50], abs=2)


@pytest.mark.parametrize(("memory", "most"), [(0.0, 0.03), (0.4, 0.05)])
def test_step_free_noise_seldom_raises_an_alarm(memory: float, most: float) -> None:
    assert false_alarms([stepped(noisy(seed, 100, memory=memory)) for seed in range(300)]) <= most


def test_slow_drift_seldom_raises_an_alarm() -> None:
    drift = np.linspace(0, math.log(1.03), 100)
    assert false_alarms([stepped(noisy(seed, 100) + drift) for seed in range(200)]) <= 0.05


@pytest.mark.parametrize("n", [6, 8, 10, 15, 20])
def test_short_step_free_series_seldom_raise_an_alarm(n: int) -> None:
    assert false_alarms([stepped(noisy(seed, n)) for seed in range(200)]) <= 0.05


@pytest.mark.parametrize("n", range(6))
def test_fewer_than_six_values_have_no_step(n: int) -> None:
    assert find_changes([1.0, 1.0, 1.0, 9.0, 9.0][:n]) == ()


def test_ten_values_are_enough_for_a_plain_step() -> None:
    assert indices([1.0, 1.02, 0.99, 1.01, 1.0, 1.5, 1.52, 1.49, 1.51, 1.5]) == [5]


def test_a_step_is_told_three_values_after_it_when_it_is_large() -> None:
    values = stepped(noisy(5, 60, cv=0.03), (50, 1.6))
    assert indices(values[:52]) == []
    assert indices(values[:53]) == [50]


@pytest.mark.parametrize("n", [1, 6, 20, 200])
def test_a_constant_series_has_no_step(n: int) -> None:
    assert find_changes([2.5] * n) == ()


def test_steps_between_constant_levels_are_exact() -> None:
    first, second = find_changes([1.0] * 10 + [2.0] * 10 + [1.0] * 10)
    assert (first.index, second.index) == (10, 20)
    assert (first.ratio, second.ratio) == pytest.approx((2.0, 0.5))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_values_that_are_no_times_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        find_changes([1.0, bad])


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_level_that_is_no_probability_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        find_changes([1.0] * 10, level=level)


def test_a_stricter_level_finds_nothing_that_a_laxer_one_holds_unlikely() -> None:
    values = stepped(noisy(6, 100), (50, 1.12))
    assert all(change.p_value <= 1e-4 for change in find_changes(values, level=1e-4))


SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
STEPS = st.tuples(st.integers(min_value=10, max_value=50), st.floats(min_value=0.5, max_value=2))


@settings(max_examples=50, deadline=None)
@given(SEEDS, STEPS, st.integers(min_value=-20, max_value=20))
def test_the_unit_of_the_values_does_not_matter(seed: int, step: tuple[int, float], power: int) -> None:
    values = stepped(noisy(seed, 60), step)
    scaled = find_changes([value * 2.0**power for value in values])
    changes = find_changes(values)
    assert [change.index for change in scaled] == [change.index for change in changes]
    assert [change.ratio for change in scaled] == pytest.approx([change.ratio for change in changes])


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.integers(min_value=10, max_value=50), st.sampled_from([1.4, 1.8, 0.6]))
def test_time_turned_round_mirrors_a_clear_step(seed: int, place: int, ratio: float) -> None:
    values = stepped(noisy(seed, 60, cv=0.03), (place, ratio))
    ahead, back = indices(values), indices(values[::-1])
    assert place in {index + nudge for index in ahead for nudge in (-1, 0, 1)}
    assert 60 - place in {index + nudge for index in back for nudge in (-1, 0, 1)}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(min_value=1e-9, max_value=1e9), max_size=60))
def test_whatever_the_values_are_the_steps_are_in_order_and_make_sense(values: list[float]) -> None:
    changes = find_changes(values)
    edges = [0, *(change.index for change in changes), len(values)]
    assert all(after - before >= 3 for before, after in itertools.pairwise(edges) if changes)
    assert all(_makes_sense(change) for change in changes)


def _makes_sense(change: ChangePoint) -> bool:
    return 0 < change.low <= change.ratio <= change.high and 0 <= change.p_value <= 0.01
