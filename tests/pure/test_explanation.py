"""What explains a trial: the one that is chosen, what the cache saved it, where its time went."""

import math
from typing import Any

import msgspec
import pytest

from bench.errors import UsageError
from bench.model.build import Step, StepKind
from bench.model.cache import CacheVerdict
from bench.model.scenario import State
from bench.model.timeline import TimeShares
from bench.model.trial import Trial, TrialStatus
from bench.pure.cache_savings import cold_seconds, saved_seconds
from bench.pure.explanation import explain
from bench.pure.summary import summarise
from bench.pure.time_use import typical_time
from tests.builders import make_plan, make_run, make_steps, make_trial, make_trials, replace_trials

PLAN = make_plan()
RUN = make_run(PLAN)
VARIANT = PLAN.variants[0].id
WALLS = {(VARIANT, State.COLD, 1): 9.0, (VARIANT, State.COLD, 2): 2.0, (VARIANT, State.COLD, 3): 2.5}


def shares(**parts: float | None) -> TimeShares:
    names: dict[str, Any] = dict.fromkeys(TimeShares.__struct_fields__, 0.0)
    return msgspec.convert({**names, **parts}, TimeShares)


def with_steps(trial: Trial, *, share_s: float | None, cached: bool = False) -> Trial:
    steps = tuple(msgspec.structs.replace(step, share_s=share_s) for step in make_steps(cached=cached))
    return msgspec.structs.replace(trial, steps=steps)


def test_the_valid_trial_nearest_to_the_median_is_explained() -> None:
    (cold, warm) = explain(RUN, make_trials(PLAN, wall_s=WALLS), variant=VARIANT).trials
    assert (cold.state, cold.round, cold.wall_s, cold.is_typical) == (State.COLD, 3, 2.5, True)
    assert (warm.state, warm.n_valid) == (State.WARM, 3)


def test_an_invalid_trial_is_explained_only_when_it_is_asked_for_or_there_is_no_other() -> None:
    trials = replace_trials(
        make_trials(PLAN, wall_s=WALLS), when={"round": 3}, status=TrialStatus.INVALID, reason="not cold"
    )
    (typical,) = explain(RUN, trials, variant=VARIANT, states=(State.COLD,)).trials
    assert typical.round != 3
    (asked,) = explain(RUN, trials, variant=VARIANT, states=(State.COLD,), round_=3).trials
    assert (asked.round, asked.is_typical, asked.reason) == (3, False, "not cold")
    lost = replace_trials(trials, when={}, status=TrialStatus.INVALID, reason="none")
    (only,) = explain(RUN, lost, variant=VARIANT, states=(State.COLD,)).trials
    assert (only.is_typical, only.n_valid) == (False, 0)


def test_every_variant_and_state_is_explained_when_none_is_named() -> None:
    found = explain(RUN, make_trials(PLAN))
    assert [(trial.variant, trial.state) for trial in found.trials] == [
        (variant.id, state) for variant in PLAN.variants for state in PLAN.states
    ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"variant": "debian-12-singel"}, "no variant 'debian-12-singel' (did you mean 'debian-12-single'?)"),
        ({"round_": 4}, "has no round 4"),
        ({"round_": 0}, "has no round 0"),
    ],
)
def test_what_the_run_does_not_have_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        explain(RUN, make_trials(PLAN), **asked)
    assert message in refused.value.message


def test_nothing_recorded_yet_is_said() -> None:
    with pytest.raises(UsageError, match="no such trial"):
        explain(RUN, ())


def test_the_cache_saves_what_its_hits_took_in_the_cold_trials_of_the_same_variant() -> None:
    colds = [trial for trial in make_trials(PLAN) if trial.state is State.COLD and trial.variant == VARIANT]
    trials = [with_steps(trial, share_s=share_s) for trial, share_s in zip(colds, (0.1, 0.3, 0.9), strict=True)]
    cold = cold_seconds(trials)
    warm = make_trial(PLAN.trials[1])
    assert saved_seconds(warm, cold[VARIANT]) == pytest.approx(0.6)
    half = msgspec.structs.replace(warm, steps=(make_steps(cached=True)[0], make_steps()[1]))
    assert saved_seconds(half, cold[VARIANT]) == pytest.approx(0.3)
    assert saved_seconds(warm, {}) is None
    assert saved_seconds(trials[0], cold[VARIANT]) is None


def test_cold_trials_that_do_not_count_are_no_reference_and_old_records_give_durations() -> None:
    trial = with_steps(make_trial(), share_s=None)
    assert set(cold_seconds([trial])[trial.variant].values()) == {0.5}
    invalid = msgspec.structs.replace(trial, status=TrialStatus.INVALID, reason="x")
    assert cold_seconds([invalid]) == {}


def test_the_summary_has_what_the_cache_saved_and_where_the_median_time_went() -> None:
    trials = replace_trials(make_trials(PLAN), when={}, time=shares(run_cpu_s=0.1, idle_client_s=0.1))
    rows = {(row.variant, row.state): row for row in summarise(RUN, trials).rows}
    cold, warm = rows[VARIANT, State.COLD], rows[VARIANT, State.WARM]
    assert warm.metrics["cache_saved_s"].median == 1.0
    assert warm.metrics["cache_saved_s"].unit == "s"
    assert "cache_saved_s" not in cold.metrics
    assert warm.time == shares(run_cpu_s=0.1, idle_client_s=0.1)


def test_the_parts_of_the_typical_time_add_up_to_the_median_wall_time() -> None:
    trials = [
        make_trial(wall_s=wall_s, time=shares(run_cpu_s=run_s, run_disk_s=disk_s, idle_client_s=wall_s - run_s))
        for wall_s, run_s, disk_s in ((1.0, 0.5, None), (4.0, 1.0, None), (9.0, 8.0, None))
    ]
    typical = typical_time(trials)
    assert typical is not None
    parts = [value for name in TimeShares.__struct_fields__ if (value := getattr(typical, name)) is not None]
    assert math.fsum(parts) == pytest.approx(4.0)
    assert typical.run_cpu_s == pytest.approx(4.0 * (0.5 + 0.25 + 8 / 9) / 3)
    assert typical.run_disk_s is None
    assert typical_time([make_trial(time=None)]) is None


def test_steps_say_what_the_cache_did_for_them() -> None:
    steps = (*make_steps(cached=True), from_step())
    trials = replace_trials(make_trials(PLAN), when={"state": State.WARM}, steps=steps)
    (warm,) = explain(RUN, trials, variant=VARIANT, states=(State.WARM,)).trials
    assert [step.verdict for step in warm.steps] == [CacheVerdict.HIT, CacheVerdict.HIT, CacheVerdict.NOT_ELIGIBLE]
    assert [step.saved_s for step in warm.steps] == [0.5, 0.5, None]


def from_step() -> Step:
    return msgspec.structs.replace(make_steps()[0], name="FROM base", kind=StepKind.FROM)
