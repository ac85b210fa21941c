from __future__ import annotations

import math
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ExitCode, UsageError
from bench.model.comparison import ComparedRow, Comparison, ComparisonNoteKind, Method
from bench.model.plan import PlannedTrial
from bench.model.scenario import State
from bench.model.trial import ImageFacts, Reading, Trial, TrialStatus
from bench.model.verdict import Verdict
from bench.pure.comparison import compare, compare_axis, exit_code_of_comparison
from bench.pure.sides import Question, Side
from bench.pure.statistics import fewest_rounds, grouped_ratio, holm, paired_ratio
from tests.builders import START, make_lost_trial
from tests.sides import ONE, REVISIONS, make_side, slower_head, with_trials, without


def revisions(share: float, *, rounds: int = 10, question: Question | None = None) -> Comparison:
    side = make_side(slower_head(share), axes=REVISIONS, rounds=rounds)
    return compare_axis(side, "rev", question)


def two_runs(share: float = 0.0, *, rounds: int = 10) -> tuple[Side, Side]:
    later = START + timedelta(hours=2)
    return make_side(1.0, id="base", rounds=rounds), make_side(1.0 + share, id="head", rounds=rounds, created_at=later)


def only_row(comparison: Comparison) -> ComparedRow:
    (row,) = comparison.rows
    return row


def kinds(comparison: Comparison) -> set[ComparisonNoteKind]:
    return {note.kind for note in comparison.notes}


@pytest.mark.parametrize(
    ("share", "verdict", "code"),
    [
        (0.10, Verdict.SLOWER, ExitCode.REGRESSION),
        (-0.10, Verdict.FASTER, ExitCode.OK),
        (0.0, Verdict.SAME, ExitCode.OK),
        (0.005, Verdict.SAME, ExitCode.OK),
    ],
)
def test_levels_of_an_axis_are_judged_in_pairs(share: float, verdict: Verdict, code: ExitCode) -> None:
    comparison = revisions(share)
    assert [(row.name, row.verdict, row.method) for row in comparison.rows] == [
        ("debian-12", verdict, Method.PAIRED),
        ("alpine-3.23", verdict, Method.PAIRED),
    ]
    assert exit_code_of_comparison(comparison) is code
    assert comparison.notes == ()


def test_revisions_that_go_by_their_commits_are_called_by_as_much_of_them_as_people_read() -> None:
    base, head = "0b0a0a5dde4f067a7b97d09ea022c6152885ad2a", "f" * 64
    axes = {"rev": (base, head, "v1.2-with-a-name-that-is-longer-than-twelve")}
    comparison = compare_axis(make_side(1.0, axes=axes), "rev")
    assert comparison.base.label == "rev 0b0a0a5dde4f"
    assert comparison.head.label == "rev ffffffffffff, v1.2-with-a-name-that-is-longer-than-twelve"


def test_a_margin_decides_what_is_the_same() -> None:
    assert only_row(compare(*pair(0.10), Question(margin=0.2))).verdict is Verdict.SAME
    assert only_row(compare(*pair(0.10), Question(margin=0.05))).verdict is Verdict.SLOWER


def pair(share: float, *, rounds: int = 10) -> tuple[Side, Side]:
    """Two variants of one run."""
    axes = {"rev": ("main", "HEAD")}
    base, head = (
        make_side(slower_head(share), axes=axes, rounds=rounds, variant=variant) for variant in ("main", "HEAD")
    )
    return base, head


def test_a_row_tells_the_statistics_room_s_numbers() -> None:
    base, head = pair(0.10)
    walls = [[trial.wall_s or 0 for trial in side.trials if trial.variant == side.variant] for side in (base, head)]
    logs = [math.log(theirs / ours) for ours, theirs in zip(*walls, strict=True)]
    row, estimate = only_row(compare(base, head)), paired_ratio(logs)
    assert (row.ratio, row.low, row.high) == pytest.approx((estimate.ratio, estimate.low, estimate.high))
    assert (row.p_value, row.least_p, row.n) == (estimate.p_value, estimate.least_p, 10)


def test_p_values_are_adjusted_over_the_table() -> None:
    comparison = revisions(0.10)
    told = [row.p_value for row in comparison.rows if row.p_value is not None]
    assert [row.p_adjusted for row in comparison.rows] == list(holm(told))
    assert len(told) == 2


def test_a_pair_of_which_a_side_is_missing_is_left_out_and_the_rest_still_paired() -> None:
    base, head = pair(0.10)
    lost = [trial.number for trial in base.trials if trial.round == 3 and trial.variant == "main"]
    row = only_row(compare(without(base, lost), without(head, lost)))
    assert (row.n, row.base and row.base.n_valid, row.head and row.head.n_valid) == (9, 9, 10)


def test_two_runs_are_compared_in_groups_and_told_to_be_of_different_times() -> None:
    base, head = two_runs(0.10)
    comparison = compare(base, head)
    row = only_row(comparison)
    logs = [[math.log(trial.wall_s or 0) for trial in side.trials] for side in (base, head)]
    estimate = grouped_ratio(*logs)
    assert row.method is Method.GROUPED
    assert row.ratio == pytest.approx(estimate.ratio)
    note = next(note for note in comparison.notes if note.kind is ComparisonNoteKind.DIFFERENT_TIMES)
    assert (note.subjects, int(note.detail)) == (("base", "head"), 7200)


@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_few_rounds_are_undecided_whatever_they_say_with_how_many_would_do(rounds: int) -> None:
    comparison = compare(*pair(1.0, rounds=rounds))
    row = only_row(comparison)
    assert row.verdict is Verdict.UNDECIDED
    assert row.more_rounds == fewest_rounds(0.05) - rounds
    assert kinds(comparison) == {ComparisonNoteKind.FEW_ROUNDS}
    assert exit_code_of_comparison(comparison) is ExitCode.UNDECIDED


def test_the_rounds_that_are_wanted_would_be_enough_for_the_whole_table() -> None:
    row = revisions(1.0, rounds=3).rows[0]
    assert row.more_rounds == fewest_rounds(0.05 / 2) - 3
    again = revisions(1.0, rounds=3 + row.more_rounds)
    assert {row.verdict for row in again.rows} == {Verdict.SLOWER}


def test_more_rounds_of_two_runs_are_no_promise() -> None:
    base, _ = two_runs()
    noisy = make_side(lambda _, __, round_: 1.0 + 0.3 * (round_ // 4), id="head")
    row = only_row(compare(base, noisy))
    assert (row.verdict, row.more_rounds) == (Verdict.UNDECIDED, None)


def test_slower_wins_over_undecided() -> None:
    def takes(variant: str, state: State, round_: int) -> float:
        del state
        noisy = 1 + 0.4 * (round_ % 3 - 1)
        return {"debian-12-HEAD": 1.2, "alpine-3.23-HEAD": noisy}.get(variant, 1.0)

    comparison = compare_axis(make_side(takes, axes=REVISIONS, rounds=10), "rev")
    assert [row.verdict for row in comparison.rows] == [Verdict.SLOWER, Verdict.UNDECIDED]
    assert exit_code_of_comparison(comparison) is ExitCode.REGRESSION


def failed(trial: Trial, reason: str = "exit code 1", status: TrialStatus = TrialStatus.FAILED) -> Trial:
    lost = make_lost_trial(planned_of(trial), status, reason)
    return msgspec.structs.replace(lost, started_at=trial.started_at)


def planned_of(trial: Trial) -> PlannedTrial:
    return PlannedTrial(number=trial.number, round=trial.round, variant=trial.variant, state=trial.state)


def test_builds_that_only_the_head_fails_are_a_row_with_its_reason_and_exit_4() -> None:
    side = with_trials(
        make_side(axes=REVISIONS), lambda trial: failed(trial) if trial.variant == "debian-12-HEAD" else trial
    )
    comparison = compare_axis(side, "rev")
    row = comparison.rows[0]
    assert (row.verdict, row.head_broke, row.reason) == (None, True, "the head measured nothing that counts")
    assert row.head is not None
    assert (row.head.n_failed, row.head.reason) == (10, "failed: exit code 1")
    assert exit_code_of_comparison(comparison) is ExitCode.BUILD_FAILED
    note = next(note for note in comparison.notes if note.kind is ComparisonNoteKind.LOST)
    assert (note.count, note.subjects) == (10, ("debian-12-HEAD cold: 10 failed, 0 invalid",))


def test_builds_that_fail_now_and_then_on_the_head_only_are_exit_4_too() -> None:
    base, head = pair(0.0)
    flaky = tuple(
        with_trials(side, lambda trial: failed(trial) if (trial.variant, trial.round) == ("HEAD", 2) else trial)
        for side in (base, head)
    )
    comparison = compare(flaky[0], flaky[1])
    row = only_row(comparison)
    assert row.verdict is Verdict.SAME
    assert row.head is not None
    assert row.head.reason == "failed: exit code 1"
    assert exit_code_of_comparison(comparison) is ExitCode.BUILD_FAILED


def test_builds_that_failed_before_are_not_the_head_s_fault() -> None:
    side = with_trials(
        make_side(axes=REVISIONS), lambda trial: failed(trial) if trial.variant == "debian-12-main" else trial
    )
    comparison = compare_axis(side, "rev")
    assert not comparison.rows[0].head_broke
    assert exit_code_of_comparison(comparison) is ExitCode.UNDECIDED


def test_what_neither_side_could_measure_is_told_and_does_not_count() -> None:
    side = with_trials(
        make_side(axes=REVISIONS),
        lambda trial: (
            failed(trial, "no registry answers", TrialStatus.UNAVAILABLE)
            if trial.variant.startswith("alpine")
            else trial
        ),
    )
    comparison = compare_axis(side, "rev")
    assert comparison.rows[1].reason == "the base and the head measured nothing that counts"
    assert exit_code_of_comparison(comparison) is ExitCode.OK


def test_disturbed_trials_are_left_out_told_and_kept_when_asked() -> None:
    base, head = (
        with_trials(
            side,
            lambda trial: msgspec.structs.replace(trial, disturbed="other work" if trial.round == 2 else None),
        )
        for side in pair(0.10)
    )
    comparison = compare(base, head)
    assert only_row(comparison).n == 9
    assert kinds(comparison) == {ComparisonNoteKind.DISTURBED}
    kept = compare(base, head, Question(keep_disturbed=True))
    assert (only_row(kept).n, kept.notes) == (10, ())


def test_trials_that_many_rows_share_are_counted_once() -> None:
    axes = {"rev": ("v1", "v2", "v3")}
    side = with_trials(make_side(axes=axes), lambda trial: msgspec.structs.replace(trial, disturbed="other work"))
    (note,) = (note for note in compare_axis(side, "rev").notes if note.kind is ComparisonNoteKind.DISTURBED)
    assert (note.count, note.subjects) == (30, ("v1 cold: 10", "v2 cold: 10", "v3 cold: 10"))


def test_what_only_one_side_has_is_a_row_and_a_note() -> None:
    base = make_side(axes={"base": ("debian-12", "alpine-3.23")}, id="base")
    head = make_side(axes={"base": ("debian-12", "ubuntu-24.04")}, id="head")
    comparison = compare(base, head)
    assert [(row.name, row.base is None, row.head is None) for row in comparison.rows] == [
        ("debian-12", False, False),
        ("alpine-3.23", False, True),
        ("ubuntu-24.04", True, False),
    ]
    assert {ComparisonNoteKind.ONLY_BASE, ComparisonNoteKind.ONLY_HEAD} <= kinds(comparison)


def test_states_that_only_one_side_has_are_told_too() -> None:
    base = make_side(states=(State.COLD, State.WARM), id="base")
    comparison = compare(base, make_side(id="head"))
    assert [(row.state, row.reason) for row in comparison.rows if row.verdict is None] == [
        (State.WARM, "only the base has it")
    ]
    cold = compare(base, make_side(id="head"), Question(states=(State.COLD,)))
    assert [row.state for row in cold.rows] == [State.COLD]


def test_sides_that_have_nothing_in_common_are_refused() -> None:
    with pytest.raises(UsageError, match="no variant and state in common"):
        compare(make_side(id="base"), make_side(axes={"base": ("alpine-3.23",)}, id="head"))


def test_a_run_that_is_not_finished_is_told() -> None:
    base, head = two_runs()
    comparison = compare(without(base, [10]), msgspec.structs.replace(head, warning="trials.jsonl:10: cut off"))
    notes = {note.kind: note for note in comparison.notes}
    assert notes[ComparisonNoteKind.UNFINISHED].count == 1
    assert notes[ComparisonNoteKind.CUT_OFF].detail == "trials.jsonl:10: cut off"


def sized(side: Side, head_bytes: int) -> Side:
    def change(trial: Trial) -> Trial:
        size = head_bytes if trial.variant == "HEAD" else 100_000_000
        readings = {**trial.resources, "memory_peak_bytes": Reading(value=size, meter="m")}
        return msgspec.structs.replace(trial, image=ImageFacts(id="i", size_bytes=size, layers=3), resources=readings)

    return with_trials(side, change)


def test_what_changed_beside_the_metric_is_marked_from_a_stated_share_on() -> None:
    base, head = (sized(side, 102_000_000) for side in pair(0.0))
    marked = {change.metric: change.marked for change in only_row(compare(base, head)).changes}
    assert marked == {
        "image_size_bytes": True,
        "cpu_s": False,
        "memory_peak_bytes": False,
        "disk_written_bytes": False,
    }


@pytest.mark.parametrize(
    ("size", "verdict"),
    [(110_000_000, Verdict.SLOWER), (90_000_000, Verdict.FASTER), (100_000_001, Verdict.SAME)],
)
def test_sizes_are_counted_so_one_build_is_enough(size: int, verdict: Verdict) -> None:
    base, head = (sized(side, size) for side in pair(0.0, rounds=1))
    row = only_row(compare(base, head, Question(metric="image_size_bytes")))
    assert (row.verdict, row.method, row.p_value) == (verdict, Method.COUNTED, None)
    assert row.ratio == pytest.approx(size / 100_000_000)


def test_sizes_that_vary_from_build_to_build_are_not_decided_by_one_of_them() -> None:
    base, head = pair(0.0)

    def change(trial: Trial) -> Trial:
        size = 100_000_000 + (trial.round % 2) * 20_000_000
        return msgspec.structs.replace(trial, image=ImageFacts(id="i", size_bytes=size, layers=3))

    row = only_row(compare(with_trials(base, change), with_trials(head, change), Question(metric="image_size_bytes")))
    assert row.verdict is Verdict.UNDECIDED


def test_fewer_hits_are_for_the_worse() -> None:
    base, head = pair(0.0)

    def change(trial: Trial) -> Trial:
        assert trial.cache is not None
        ratio = 0.5 if trial.variant == "HEAD" else 1.0
        return msgspec.structs.replace(trial, cache=msgspec.structs.replace(trial.cache, hit_ratio=ratio))

    row = only_row(compare(with_trials(base, change), with_trials(head, change), Question(metric="hit_ratio")))
    assert row.ratio == pytest.approx(0.5)
    assert row.verdict is Verdict.SLOWER


def test_a_metric_of_zero_or_one_that_nobody_measured_is_told_why() -> None:
    assert only_row(compare(*pair(0.0), Question(metric="hit_ratio"))).reason == "a value of zero has no ratio"
    row = only_row(compare(*pair(0.0), Question(metric="disk_read_bytes")))
    assert row.verdict is None
    assert row.base is not None
    assert row.base.reason == "this machine has no block statistics"


def test_a_metric_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no metric 'wall' \\(did you mean 'wall_s'"):
        compare(*pair(0.0), Question(metric="wall"))


@given(st.floats(-0.5, 1.0), st.integers(1, 12))
def test_head_against_base_is_the_inverse_of_base_against_head(share: float, rounds: int) -> None:
    base, head = pair(share, rounds=rounds)
    question = Question(margin=math.pi / 100)  # no ratio lies on its edge, which rounds one way or the other
    there, back = only_row(compare(base, head, question)), only_row(compare(head, base, question))
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    turned = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
    assert there.verdict is not None
    assert back.verdict is turned.get(there.verdict, there.verdict)
    assert there.p_value == pytest.approx(back.p_value)


def test_the_smallest_side_of_one_axis_needs_no_other_axis() -> None:
    assert only_row(compare_axis(make_side(axes=ONE | {"rev": ("a", "b")}), "rev")).name == "debian-12"
