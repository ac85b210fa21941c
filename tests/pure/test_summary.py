from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.model.scenario import State
from bench.model.summary import AxisEffect, Note, NoteKind, Row, Summary
from bench.model.trial import Reading, Trial, TrialStatus
from bench.pure.summary import only_states, summarise
from tests.builders import (
    make_lost_trial,
    make_plan,
    make_run,
    make_smoke,
    make_trial,
    make_trials,
    make_unavailable,
    replace_trials,
)

PLAN = make_plan(rounds=3)
RUN = make_run(PLAN)
COLD, WARM = State.COLD, State.WARM


def row_of(summary: Summary, variant: str, state: State = COLD) -> Row:
    return next(row for row in summary.rows if (row.variant, row.state) == (variant, state))


def effect_of(summary: Summary, level: str, metric: str = "wall_s", state: State = COLD) -> AxisEffect:
    return next(e for e in summary.axes if (e.level, e.metric, e.state) == (level, metric, state))


def notes_of(summary: Summary, kind: NoteKind) -> tuple[Note, ...]:
    return tuple(note for note in summary.notes if note.kind is kind)


def timed(alpine: tuple[float, float, float], debian: tuple[float, float, float]) -> tuple[Trial, ...]:
    """Cold times by round, the same for both shapes of each base."""
    times = {
        (f"{base}-{stages}", COLD, round_): seconds[round_ - 1]
        for base, seconds in (("alpine-3.23", alpine), ("debian-12", debian))
        for stages in ("single", "multi")
        for round_ in (1, 2, 3)
    }
    return make_trials(PLAN, wall_s=times)


def test_there_is_a_row_for_each_variant_and_state_with_its_median_and_range() -> None:
    summary = summarise(RUN, timed(alpine=(2.0, 2.4, 2.2), debian=(1.0, 1.2, 1.1)))
    assert len(summary.rows) == 8
    row = row_of(summary, "alpine-3.23-single")
    wall = row.metrics["wall_s"]
    assert (wall.median, wall.low, wall.high, wall.unit, wall.n) == (2.2, 2.0, 2.4, "s", 3)
    assert wall.coverage == 0.75
    assert wall.mad == pytest.approx(0.2)
    assert (row.n_planned, row.n_valid, row.n_invalid, row.n_failed) == (3, 3, 0, 0)
    assert row.levels == {"base": "alpine-3.23", "stages": "single"}


def test_rows_are_relative_to_the_best_of_their_own_state() -> None:
    summary = summarise(RUN, timed(alpine=(2.0, 2.4, 2.2), debian=(1.0, 1.2, 1.1)))
    assert row_of(summary, "alpine-3.23-multi").relative_to_best == pytest.approx(2.0)
    assert row_of(summary, "debian-12-multi").relative_to_best == 1.0
    assert row_of(summary, "debian-12-multi", WARM).relative_to_best == 1.0


def test_only_valid_trials_are_summarised_and_the_others_counted() -> None:
    trials = list(make_trials(PLAN))
    ours = [index for index, trial in enumerate(trials) if (trial.variant, trial.state) == ("debian-12-single", COLD)]
    trials[ours[0]] = msgspec.structs.replace(
        trials[ours[0]], status=TrialStatus.INVALID, reason="1 step was cached", wall_s=0.01
    )
    trials[ours[1]] = make_lost_trial(PLAN.trials[ours[1]], TrialStatus.TIMEOUT, "no end after 1800 s")
    row = row_of(summarise(RUN, tuple(trials)), "debian-12-single")
    assert (row.n_valid, row.n_invalid, row.n_failed, row.n_timeout, row.n_unavailable) == (1, 1, 1, 1, 0)
    assert row.metrics["wall_s"].median == 1.24


def test_disturbed_trials_are_counted_apart_told_and_summarised_only_when_asked() -> None:
    trials = tuple(
        msgspec.structs.replace(trial, wall_s=9.0, disturbed="other work") if trial.round == 1 else trial
        for trial in make_trials(PLAN)
    )
    row = row_of(summarise(RUN, trials), "debian-12-single")
    assert (row.n_planned, row.n_valid, row.n_disturbed, row.n_invalid, row.n_failed) == (3, 2, 1, 0, 0)
    assert row.metrics["wall_s"].high < 9
    (note,) = notes_of(summarise(RUN, trials), NoteKind.DISTURBED)
    assert note.count == len(trials) // 3
    assert effect_of(summarise(RUN, trials), "multi").n_rounds == 2
    kept = summarise(RUN, trials, keep_disturbed=True)
    row = row_of(kept, "debian-12-single")
    assert (row.n_valid, row.n_disturbed, row.metrics["wall_s"].high) == (3, 0, 9.0)
    assert not notes_of(kept, NoteKind.DISTURBED)


def test_cpu_is_user_and_system_together_with_the_meter() -> None:
    row = row_of(summarise(RUN, make_trials(PLAN)), "debian-12-single")
    assert row.metrics["cpu_s"].median == pytest.approx(1.0)
    assert row.metrics["cpu_s"].meter == "cgroup-v1"
    assert row.metrics["wall_s"].meter is None


def test_every_metric_of_a_trial_is_there_with_its_unit() -> None:
    row = row_of(summarise(RUN, make_trials(PLAN)), "debian-12-single")
    units = {name: metric.unit for name, metric in row.metrics.items()}
    assert units == {
        "wall_s": "s",
        "cpu_s": "s",
        "cpu_user_s": "s",
        "cpu_system_s": "s",
        "memory_peak_bytes": "bytes",
        "disk_written_bytes": "bytes",
        "cache_growth_bytes": "bytes",
        "image_size_bytes": "bytes",
        "hit_ratio": "ratio",
        "hit_ratio_by_time": "ratio",
        "context_bytes": "bytes",
        "pulled_bytes": "bytes",
        "phase_context_s": "s",
        "phase_steps_s": "s",
        "phase_export_s": "s",
    }


def test_a_metric_that_no_trial_has_is_absent_with_its_reason_never_zero() -> None:
    summary = summarise(RUN, make_trials(PLAN))
    row = row_of(summary, "debian-12-single")
    assert "disk_read_bytes" not in row.metrics
    assert row.absent == {"disk_read_bytes": "this machine has no block statistics"}
    assert notes_of(summary, NoteKind.ABSENT)[0].subjects == ("disk_read_bytes",)


def test_half_of_the_cpu_time_is_not_taken_for_the_whole() -> None:
    half = {"cpu_user_s": Reading(value=0.8, meter="cgroup-v1")}
    trials = tuple(
        msgspec.structs.replace(trial, resources=half, absent={"cpu_system_s": "not told"})
        for trial in make_trials(PLAN)
    )
    row = row_of(summarise(RUN, trials), "debian-12-single")
    assert "cpu_s" not in row.metrics
    assert row.absent == {"cpu_s": "not told", "cpu_system_s": "not told"}


def test_an_axis_effect_is_the_geometric_mean_of_ratios_paired_by_round() -> None:
    # The machine gets slower all the time; paired by round, alpine is always exactly twice debian.
    summary = summarise(RUN, timed(alpine=(2.0, 4.0, 8.0), debian=(1.0, 2.0, 4.0)))
    effect = effect_of(summary, "alpine-3.23")
    assert (effect.axis, effect.reference) == ("base", "debian-12")
    assert [effect.ratio, effect.low, effect.high] == pytest.approx([2, 2, 2])
    assert (effect.n_rounds, effect.n_pairs, effect.n_left_out) == (3, 6, 0)
    assert effect_of(summary, "multi").ratio == pytest.approx(1.0)


def test_rounds_and_not_pairs_are_the_samples_of_the_interval() -> None:
    summary = summarise(RUN, timed(alpine=(math.exp(0.1), math.exp(0.2), math.exp(0.3)), debian=(1.0, 1.0, 1.0)))
    effect = effect_of(summary, "alpine-3.23")
    # As in the worked example of test_statistics: three log-ratios, two degrees of freedom, though there are six pairs.
    assert effect.low == pytest.approx(math.exp(0.2 - 0.248414), rel=1e-5)
    assert effect.high == pytest.approx(math.exp(0.2 + 0.248414), rel=1e-5)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(min_value=0.1, max_value=100), min_size=3, max_size=3), st.floats(min_value=0.01, max_value=9)
)
def test_whatever_slows_a_whole_round_leaves_the_effect_as_it_is(drift: list[float], factor: float) -> None:
    alpine = (drift[0] * factor, drift[1] * factor, drift[2] * factor)
    summary = summarise(RUN, timed(alpine=alpine, debian=(drift[0], drift[1], drift[2])))
    assert effect_of(summary, "alpine-3.23").ratio == pytest.approx(factor)


def test_a_pair_that_lacks_a_side_is_left_out_and_counted() -> None:
    trials = replace_trials(
        timed(alpine=(2.0, 2.0, 2.0), debian=(1.0, 1.0, 1.0)),
        when={"variant": "debian-12-multi", "state": COLD, "round": 2},
        status=TrialStatus.INVALID,
        reason="1 step was cached",
        wall_s=50.0,
    )
    effect = effect_of(summarise(RUN, trials), "alpine-3.23")
    assert effect.ratio == pytest.approx(2.0)
    assert (effect.n_rounds, effect.n_pairs, effect.n_left_out) == (3, 5, 1)


def test_combinations_that_were_never_planned_are_not_missing_pairs() -> None:
    full = make_plan(rounds=2)
    variants = tuple(variant for variant in full.variants if variant.id != "alpine-3.23-multi")
    plan = msgspec.structs.replace(
        full, variants=variants, trials=tuple(t for t in full.trials if t.variant != "alpine-3.23-multi")
    )
    effect = effect_of(summarise(make_run(plan), make_trials(plan)), "alpine-3.23")
    assert (effect.n_pairs, effect.n_left_out) == (2, 0)


def test_without_a_valid_reference_nothing_takes_its_place() -> None:
    trials = tuple(
        make_lost_trial(planned, TrialStatus.UNAVAILABLE, "no registry answers")
        if planned.variant.startswith("debian-12")
        else make_trial(planned)
        for planned in PLAN.trials
    )
    summary = summarise(RUN, trials)
    assert {effect.axis for effect in summary.axes} == {"stages"}
    assert notes_of(summary, NoteKind.NO_REFERENCE)[0].subjects == ("base", "debian-12")
    (unavailable,) = notes_of(summary, NoteKind.UNAVAILABLE)
    assert (unavailable.subjects, unavailable.detail, unavailable.count) == (("debian-12",), "no registry answers", 12)


def test_one_round_gives_a_ratio_without_an_interval() -> None:
    plan = make_plan(rounds=1)
    effect = effect_of(summarise(make_run(plan), make_trials(plan)), "multi")
    assert (effect.ratio, effect.low, effect.high) == (1.0, None, None)


def test_lost_trials_are_told_in_groups_with_their_reason_and_a_log() -> None:
    trials = tuple(
        make_trial(planned, status=TrialStatus.FAILED, reason="RUN make: exit code 2")
        if planned.variant == "debian-12-single"
        else make_trial(planned)
        for planned in PLAN.trials
    )
    (note,) = notes_of(summarise(RUN, trials), NoteKind.FAILED)
    assert note.subjects == ("debian-12-single cold", "debian-12-single warm")
    assert (note.count, note.detail) == (6, "RUN make: exit code 2")
    assert note.log == "logs/0001-debian-12-single-cold.log"


def test_a_cold_build_and_the_one_that_prepares_a_warm_trial_share_a_note_with_the_last_words() -> None:
    trials = tuple(
        make_trial(
            planned,
            status=TrialStatus.FAILED,
            reason="make: 2" if planned.state is State.COLD else "the build that prepares the state failed: make: 2",
            log_tail=("#7 | no rule", "#7 failed: make: 2"),
        )
        for planned in PLAN.trials
    )
    (note,) = notes_of(summarise(RUN, trials), NoteKind.FAILED)
    assert (note.count, note.detail, note.output) == (24, "make: 2", ("no rule",))


def test_a_smoke_test_that_failed_is_told() -> None:
    trials = make_trials(PLAN)
    failing = (msgspec.structs.replace(trials[0], smoke=make_smoke(passed=False)), *trials[1:])
    assert notes_of(summarise(RUN, failing), NoteKind.SMOKE)[0].detail == "exit code 1, not 0"
    assert not notes_of(summarise(RUN, trials), NoteKind.SMOKE)


def test_an_unfinished_run_is_interrupted_unless_somebody_is_writing_it() -> None:
    trials = make_trials(PLAN)[:10]
    assert notes_of(summarise(RUN, trials), NoteKind.INTERRUPTED)[0].detail == "14 of 24"
    assert notes_of(summarise(RUN, trials, being_written=True), NoteKind.RUNNING)
    assert not notes_of(summarise(RUN, trials, being_written=True), NoteKind.INTERRUPTED)
    assert notes_of(summarise(RUN, trials, warning="x:3: cut off"), NoteKind.CUT_OFF)[0].detail == "x:3: cut off"


def test_few_rounds_say_what_their_range_covers() -> None:
    (note,) = notes_of(summarise(RUN, make_trials(PLAN)[1:]), NoteKind.FEW_ROUNDS)
    assert (note.subjects, note.detail, note.count) == (("2", "3"), "50 %, 75 %", 8)
    plan = make_plan(rounds=6)
    assert not notes_of(summarise(make_run(plan), make_trials(plan)), NoteKind.FEW_ROUNDS)


def test_meters_are_named_and_host_wide_ones_apart() -> None:
    summary = summarise(RUN, make_trials(PLAN))
    meters = {note.detail: note.subjects for note in notes_of(summary, NoteKind.METERS)}
    assert meters["cgroup-v1"] == ("cpu_user_s", "cpu_system_s", "memory_peak_bytes")
    assert notes_of(summary, NoteKind.HOST_WIDE)[0].subjects == ("disk_written_bytes",)


def test_the_time_outside_the_timed_regions_is_told_with_its_parts() -> None:
    summary = summarise(RUN, make_trials(PLAN))
    assert summary.overhead.outside_s == {"prepare": pytest.approx(2.4), "record": pytest.approx(0.24)}
    assert notes_of(summary, NoteKind.OVERHEAD)[0].detail == "13 %"


def test_where_every_trial_failed_nobody_asks_what_lay_outside_the_timed_regions() -> None:
    lost = tuple(make_lost_trial(one, TrialStatus.FAILED, "exit code: 1") for one in PLAN.trials)
    timed = tuple(msgspec.structs.replace(trial, wall_s=1.0, overhead_s={"prepare": 2.0}) for trial in lost)
    assert not notes_of(summarise(RUN, timed), NoteKind.OVERHEAD)


def test_a_run_that_has_recorded_nothing_yet_still_has_its_rows() -> None:
    run = make_run(PLAN, unavailable=(make_unavailable("debian-12"),))
    summary = summarise(run, ())
    assert len(summary.rows) == 8
    assert summary.axes == ()
    assert {row.relative_to_best for row in summary.rows} == {None}


def test_one_state_can_be_looked_at_alone() -> None:
    summary = only_states(summarise(RUN, make_trials(PLAN)), (WARM,))
    assert {row.state for row in summary.rows} == {effect.state for effect in summary.axes} == {WARM}
