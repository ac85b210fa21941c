"""The benchmark of change points is only as good as its planting and its counting."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest

from benchmarks.verdicts.change_point_series import KINDS, LENGTH, MARGIN, Planted, matched, planted, score
from benchmarks.verdicts.change_points import PATIENCE, delays, grown


def test_the_same_seed_plants_the_same_series_and_another_seed_others() -> None:
    assert planted(10, 1) == planted(10, 1)
    assert planted(10, 1) != planted(10, 2)


def test_every_kind_of_noise_comes_with_none_one_and_two_steps() -> None:
    counts = Counter((one.kind, len(one.places)) for one in planted(150, 3))
    assert counts == {(kind, steps): 10 for kind in KINDS for steps in range(3)}


def test_steps_keep_their_distance_from_the_ends_and_from_each_other() -> None:
    for one in planted(150, 4):
        edges = [0, *one.places, LENGTH]
        assert len(one.values) == LENGTH
        assert all(after - before >= MARGIN for before, after in itertools.pairwise(edges))


@pytest.mark.parametrize(
    ("found", "places", "right"),
    [
        ([], [50], 0),
        ([45], [50], 1),
        ([55], [50], 1),
        ([44], [50], 0),
        ([49, 51], [50], 1),
        ([50, 54], [50, 58], 2),
        ([50], [], 0),
    ],
)
def test_a_step_is_right_near_a_planted_one_which_counts_once(found: list[int], places: list[int], right: int) -> None:
    assert matched(found, places) == right


def test_precision_recall_and_alarms_are_counted_over_all_series() -> None:
    series = [
        Planted(kind="white", values=(), places=()),
        Planted(kind="white", values=(), places=()),
        Planted(kind="white", values=(), places=(50, 100)),
    ]
    total = score(series, [[], [10], [51, 150]])
    assert (total.precision, total.recall, total.f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    assert (total.alarms, total.quiet) == (1, 2)


def test_a_delay_ends_when_a_step_is_told_for_good() -> None:
    one = Planted(kind="white", values=(), places=(50,))
    late = [[50] if more >= 20 or more == 5 else [] for more in range(1, PATIENCE + 1)]
    assert delays([one], late) == [20.0]
    assert delays([one], [[50]] * PATIENCE) == [1.0]
    assert delays([one], [[50]] * (PATIENCE - 1) + [[]]) == [math.inf]


def test_growing_series_stop_so_many_values_after_their_step() -> None:
    some, growing = grown(planted(60, 5))
    assert len(growing) == len(some) * PATIENCE
    assert [len(values) for values in growing[:PATIENCE]] == [some[0].places[0] + more for more in range(1, 61)]
