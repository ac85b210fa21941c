"""The tables that judge the verdicts deal out builds fairly, and read power off curves as they say."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from benchmarks.verdicts.noise import KINDS, LAG_1, blocks, interleaved, real, recorded_logs
from benchmarks.verdicts.ours import MAX_ROUNDS, decided_runs
from benchmarks.verdicts.tables import first_at_least


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_noise_gives_as_many_builds_as_are_asked_for(name: str) -> None:
    logs = KINDS[name](np.random.default_rng(1), 5, 12)
    assert logs.shape == (5, 12)
    assert np.isfinite(logs).all()


def test_a_round_gives_each_side_one_of_its_two_builds_and_favours_neither() -> None:
    logs = np.tile(np.arange(400.0), (3, 1))
    base, head = interleaved(np.random.default_rng(1), logs)
    assert (np.sort(np.stack([base, head], axis=2), axis=2).reshape(3, -1) == logs).all()
    assert abs((head > base).mean() - 0.5) < 0.1


def test_blocks_are_one_side_after_the_other() -> None:
    base, head = blocks(np.arange(8.0).reshape(1, 8))
    assert (base.tolist(), head.tolist()) == ([[0, 1, 2, 3]], [[4, 5, 6, 7]])


@pytest.mark.parametrize("state", ["cold", "warm"])
def test_real_noise_is_consecutive_builds_of_the_record(state: str) -> None:
    recorded = recorded_logs(state).tolist()
    for row in real(state, np.random.default_rng(1), 4, 20).tolist():
        assert any(recorded[start : start + 20] == row for start in range(len(recorded)))
    assert real(state, np.random.default_rng(1), 2, 3 * len(recorded)).shape == (2, 3 * len(recorded))


def test_neighbours_resemble_each_other_as_the_table_says() -> None:
    logs = KINDS["AR(1) 0.4"](np.random.default_rng(1), 200, 200)
    assert np.corrcoef(logs[:, :-1].ravel(), logs[:, 1:].ravel())[0, 1] == pytest.approx(LAG_1, abs=0.02)


def test_the_builds_needed_are_those_from_which_on_the_power_stays() -> None:
    counts = (6, 10, 20, 40)
    assert first_at_least(counts, (0.1, 0.95, 0.97, 1.0), 0.95) == 10
    assert first_at_least(counts, (0.96, 0.5, 0.97, 1.0), 0.95) == 20
    assert first_at_least(counts, (0.1, 0.2, 0.3, 0.94), 0.95) is None


def test_runs_that_decide_end_their_slower_variants_early_and_keep_what_others_are_held_against() -> None:
    for side in decided_runs(np.random.default_rng(1), KINDS["white"], 2, margin=0.05):
        builds = Counter(trial.variant for trial in side.trials)
        assert max(builds[variant] for variant in builds if variant.startswith("alpine")) < MAX_ROUNDS
        assert builds[side.run.plan.variants[0].id] == max(builds.values())
