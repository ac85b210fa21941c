from __future__ import annotations

import math
import random
from collections.abc import Mapping

import pytest

from bench.model.rules import Decide, Precision
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.model.verdict import Verdict
from bench.pure.adaptive import outlook, settled_rows
from bench.pure.repeated_looks import Looks, comparisons
from bench.pure.statistics import nominal_levels, rounds_needed
from tests.builders import make_lost_trial, make_plan, make_run, make_trials, replace_trials

BASES = {"base": ("debian-12", "alpine-3.23", "busybox")}
COLD = (State.COLD,)
ALL = frozenset((base, State.COLD) for base in BASES["base"])


def campaign(
    factors: Mapping[str, float],
    *,
    rounds: int,
    noise: float = 0.02,
    axes: Mapping[str, tuple[str, ...]] = BASES,
    seed: int = 1,
) -> tuple[Run, tuple[Trial, ...]]:
    """A run whose builds take 1 s times the variant's factor, with noise and 30 % of drift from round to round."""
    draw = random.Random(seed)  # noqa: S311  (noise, not a secret)
    plan = make_plan(axes, rounds=rounds, states=COLD)
    drift = [draw.uniform(1, 1.3) for _ in range(rounds)]
    wall_s = {
        (trial.variant, trial.state, trial.round): factors.get(trial.variant, 1.0)
        * drift[trial.round - 1]
        * math.exp(draw.gauss(0, noise))
        for trial in plan.trials
    }
    return make_run(plan, axes=axes), make_trials(plan, wall_s=wall_s)


def settled(run: Run, trials: tuple[Trial, ...], rule: Decide | Precision | None, *, least: int = 6) -> set[str]:
    return {variant for variant, _ in settled_rows(run, trials, rule, min_rounds=least, max_rounds=30)}


def test_without_a_rule_every_round_is_run() -> None:
    run, trials = campaign({}, rounds=30)
    assert settled(run, trials, None) == set()


def test_what_is_clearly_slower_or_the_same_is_settled_and_the_reference_with_the_last_of_them() -> None:
    run, noisy = campaign({"busybox": 1.5, "alpine-3.23": 1.01}, rounds=12, noise=0.05)
    assert settled(run, noisy, Decide(margin=0.05)) == {"busybox"}
    run, trials = campaign({"busybox": 1.5}, rounds=30)
    assert settled(run, trials, Decide(margin=0.05)) == set(BASES["base"])
    told = comparisons(run, trials, Decide(margin=0.05), min_rounds=6, max_rounds=30)
    assert [(one.row[0], one.verdict) for one in told] == [
        ("alpine-3.23", Verdict.SAME),
        ("busybox", Verdict.SLOWER),
    ]
    assert {one.reference for one in told} == {("debian-12", State.COLD)}


def test_nothing_is_settled_before_the_fewest_rounds() -> None:
    run, trials = campaign({"busybox": 3.0}, rounds=9)
    assert settled(run, trials, Decide(margin=0.05), least=10) == set()
    assert settled(run, trials, Precision(share=0.5), least=10) == set()
    assert settled(run, trials[:3], Decide(margin=0.05), least=1) == set()


def test_a_row_that_was_settled_stays_settled_when_more_rounds_come() -> None:
    run, trials = campaign({"busybox": 1.1, "alpine-3.23": 0.93}, rounds=30, noise=0.05)
    before: set[str] = set()
    for rounds in range(1, 31):
        now = settled(run, tuple(trial for trial in trials if trial.round <= rounds), Decide(margin=0.05))
        assert before <= now
        before = now
    assert before == set(BASES["base"])


def test_the_estimate_that_decides_is_a_repeated_interval_in_a_table_of_two() -> None:
    run, trials = campaign({"busybox": 1.5, "alpine-3.23": 1.01}, rounds=12, noise=0.05)
    told = {one.row[0]: one for one in comparisons(run, trials, Decide(margin=0.05), min_rounds=6, max_rounds=30)}
    levels = dict(zip(range(6, 31), nominal_levels(range(6, 31), 30, level=0.045 / 2), strict=True))
    slower, open_ = told["busybox"], told["alpine-3.23"]
    assert slower.estimate is not None
    assert open_.estimate is not None
    assert slower.estimate.n == slower.rounds < 12
    assert slower.estimate.p_value <= 1 - slower.estimate.coverage + 1e-9
    # One of two is found different, so the other one is judged at the whole level.
    whole = dict(zip(range(6, 31), nominal_levels(range(6, 31), 30, level=0.045), strict=True))
    assert open_.verdict is Verdict.UNDECIDED
    assert open_.estimate.coverage == pytest.approx(1 - whole[12])
    assert whole[12] > levels[12]


def test_rounds_that_do_not_count_are_no_looks() -> None:
    run, trials = campaign({"busybox": 1.5}, rounds=12)
    disturbed = replace_trials(trials, when={"variant": "debian-12"}, disturbed="other work took 40 % of the CPU")
    told = comparisons(run, disturbed, Decide(margin=0.05), min_rounds=6, max_rounds=30)
    assert [(one.verdict, one.rounds, one.estimate) for one in told] == [(Verdict.UNDECIDED, 0, None)] * 2


def test_what_never_builds_holds_nothing_up() -> None:
    run, trials = campaign({}, rounds=30)
    broken = tuple(
        make_lost_trial(planned, TrialStatus.FAILED, "exit code 1") if planned.variant == "busybox" else trial
        for planned, trial in zip(run.plan.trials, trials, strict=True)
    )
    assert settled(run, broken, Decide(margin=0.05)) == set(BASES["base"])
    assert "busybox" in settled(run, broken, Precision(share=0.001))


def test_revisions_are_compared_with_the_first_of_them_and_nothing_else() -> None:
    axes = {"base": ("debian-12", "alpine-3.23"), "rev": ("main", "head")}
    factors = {"alpine-3.23-main": 2.0, "alpine-3.23-head": 2.0, "debian-12-head": 1.3}
    run, trials = campaign(factors, rounds=20, axes=axes)
    told = comparisons(run, trials, Decide(margin=0.05), min_rounds=6, max_rounds=30)
    assert [(one.row[0], one.reference[0], one.verdict) for one in told] == [
        ("debian-12-head", "debian-12-main", Verdict.SLOWER),
        ("alpine-3.23-head", "alpine-3.23-main", Verdict.SAME),
    ]


def test_one_variant_alone_has_nothing_to_decide() -> None:
    run, trials = campaign({}, rounds=6, axes={"base": ("debian-12",)})
    assert settled(run, trials, Decide(margin=0.05)) == {"debian-12"}
    assert settled(run, trials[:3], Decide(margin=0.05)) == set()


def test_a_row_is_precise_when_its_own_median_is() -> None:
    run, trials = campaign({}, rounds=30)
    steady = replace_trials(trials, when={"variant": "debian-12"}, wall_s=1.0)
    assert settled(run, steady, Precision(share=0.01)) == {"debian-12"}
    assert settled(run, steady, Precision(share=0.5)) == set(BASES["base"])


def test_rounds_that_are_none_are_refused() -> None:
    run, trials = campaign({}, rounds=1)
    with pytest.raises(ValueError, match="7 to 6 rounds"):
        settled_rows(run, trials, None, min_rounds=7, max_rounds=6)


def test_looking_after_every_round_raises_false_alarms_in_5_of_100_campaigns_at_most() -> None:
    alarms = 0
    campaigns = 250
    for seed in range(campaigns):
        run, trials = campaign({}, rounds=16, noise=0.08, seed=seed)
        told = comparisons(run, trials, Decide(margin=0.02), min_rounds=6, max_rounds=16)
        alarms += any(one.verdict in {Verdict.FASTER, Verdict.SLOWER} for one in told)
    assert alarms / campaigns <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / campaigns)


def test_the_outlook_says_what_the_rounds_can_show_and_what_the_rule_takes() -> None:
    spread = {State.COLD: 0.08}
    assert outlook(None, 5, spread).startswith("5 rounds are too few to tell any two variants apart")
    assert outlook(None, 1, spread).startswith("1 round is too few to tell any two variants apart")
    level = nominal_levels(range(1, 31), 30, level=0.045)[-1]
    needed = rounds_needed(0.05, 0.08, level=level)
    assert f"to decide 5.0% takes about {needed} rounds cold" in outlook(Decide(margin=0.05), 30, spread)
    assert "8% cold, 15% warm" in outlook(Precision(share=0.02), 30)
    assert "a median to within 2.0% takes about" in outlook(Precision(share=0.02), 30)


def test_a_very_long_campaign_is_looked_at_a_hundred_times_and_at_its_end() -> None:
    levels = Looks(first=6, last=1_000).levels(0.05)
    assert len(levels) <= 101
    assert (min(levels), max(levels)) == (6, 1_000)
    assert list(Looks(first=6, last=106).levels(0.05)) == list(range(6, 107))
    assert list(Looks(first=7, last=7).levels(0.05)) == [7]
