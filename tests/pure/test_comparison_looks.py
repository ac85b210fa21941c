"""Comparing pairs of a run that looked after each round and stopped when it knew enough: never by a plain interval."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from bench.model.comparison import ComparedRow, Comparison, ComparisonNote, ComparisonNoteKind
from bench.model.plan import Adaptive
from bench.model.rules import Decide
from bench.model.scenario import State
from bench.model.trial import Reading, Trial
from bench.model.verdict import Verdict
from bench.pure.comparison import compare, compare_axis
from bench.pure.repeated_looks import comparisons
from bench.pure.schedule import due_trials
from bench.pure.sides import Question, Side
from bench.pure.statistics import NOMINAL_COVERAGE
from bench.report.comparison_notes import comparison_note_texts
from tests.sides import make_side

ONE_AXIS = {"base": ("debian", "alpine", "busybox")}
TWO_AXES = {"base": ("debian", "alpine"), "shape": ("single", "multi")}
MARGIN, LEAST, MOST = 0.05, 6, 40
DECIDE = Adaptive(min_rounds=LEAST, decide=MARGIN)
ASKED = Question(margin=MARGIN)


def decided(
    factors: Mapping[str, float], axes: Mapping[str, tuple[str, ...]], *, adaptive: Adaptive = DECIDE, most: int = MOST
) -> Side:
    """A run as its schedule ends it; the names in `factors` say how much longer a variant takes."""

    def takes(variant: str, state: State, round_: int) -> float:
        del state, round_
        found = [factor for part, factor in factors.items() if part in variant]
        return found[0] if found else 1.0

    whole = make_side(takes, axes=axes, rounds=most, adaptive=adaptive)
    recorded: list[Trial] = []
    while due := due_trials(whole.run, recorded):
        numbers = {one.number for one in due}
        recorded += [trial for trial in whole.trials if trial.number in numbers]
    return msgspec.structs.replace(whole, trials=tuple(recorded))


def first_rounds(side: Side, most: int) -> Side:
    return msgspec.structs.replace(side, trials=tuple(trial for trial in side.trials if trial.round <= most))


def fixed(side: Side) -> Side:
    """The same trials as if so many rounds had been planned from the first."""
    return msgspec.structs.replace(side, run=msgspec.structs.replace(side.run, adaptive=None))


def others(comparison: Comparison) -> list[ComparisonNote]:
    return [note for note in comparison.notes if note.kind is ComparisonNoteKind.OTHER_PAIRS]


def by_head(comparison: Comparison) -> dict[str, ComparedRow]:
    return {row.head.variant: row for row in comparison.rows if row.head}


def test_pairs_on_which_a_run_decided_have_the_verdicts_of_its_own_looks() -> None:
    side = decided({"alpine": 1.3, "busybox": 1.001}, ONE_AXIS)
    told = comparisons(side.run, side.trials, Decide(margin=MARGIN), min_rounds=LEAST, max_rounds=MOST)
    comparison = compare_axis(side, "base", ASKED)
    rows = comparison.rows
    assert [row.verdict for row in rows] == [one.verdict for one in told] == [Verdict.SLOWER, Verdict.SAME]
    for row, one in zip(rows, told, strict=True):
        assert one.estimate is not None
        assert (row.ratio, row.low, row.high) == (one.estimate.ratio, one.estimate.low, one.estimate.high)
        assert row.coverage is not None
        assert row.coverage > NOMINAL_COVERAGE
    assert others(comparison) == []


def test_what_a_plain_interval_would_call_slower_after_an_early_end_may_be_luck() -> None:
    side = first_rounds(make_side(_alpine_slower, axes=ONE_AXIS, rounds=MOST, adaptive=DECIDE), 8)
    assert by_head(compare_axis(fixed(side), "base"))["alpine"].verdict is Verdict.SLOWER
    assert by_head(compare_axis(side, "base"))["alpine"].verdict is Verdict.UNDECIDED


def _alpine_slower(variant: str, state: State, round_: int) -> float:
    del state, round_
    return 1.04 if variant == "alpine" else 1.0


def test_other_pairs_of_the_run_are_judged_at_its_looks_too_and_named() -> None:
    side = decided({"alpine-multi": 1.4}, TWO_AXES)
    comparison = compare_axis(side, "shape", ASKED)
    (note,) = others(comparison)
    assert (note.subjects, note.detail, note.count) == (("alpine cold",), "debian-single", 1)
    assert by_head(comparison)["alpine-multi"].verdict is Verdict.SLOWER
    assert all((row.coverage or 0) > NOMINAL_COVERAGE for row in comparison.rows)
    (said,) = [text for text in comparison_note_texts(comparison) if "decided against debian-single" in text]
    assert "1 row here" in said


def test_two_variants_of_such_a_run_are_judged_alike_in_either_order() -> None:
    side = decided({"alpine-multi": 1.4}, TWO_AXES)
    ours, theirs = (msgspec.structs.replace(side, variant=name) for name in ("alpine-single", "alpine-multi"))
    (there,), (back,) = compare(ours, theirs, ASKED).rows, compare(theirs, ours, ASKED).rows
    assert (there.verdict, back.verdict) == (Verdict.SLOWER, Verdict.FASTER)
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    first = msgspec.structs.replace(side, variant="debian-single")
    assert others(compare(ours, first, ASKED)) == []


def test_what_goes_with_the_time_is_not_judged_by_a_plain_interval_either() -> None:
    side = decided({"alpine": 1.3}, ONE_AXIS)
    trials = tuple(
        msgspec.structs.replace(trial, resources={"cpu_user_s": Reading(value=trial.wall_s or 0, meter="m")})
        for trial in side.trials
    )
    asked = msgspec.structs.replace(ASKED, metric="cpu_user_s")
    told = compare_axis(msgspec.structs.replace(side, trials=trials), "base", asked)
    assert [row.coverage for row in told.rows] == [row.coverage for row in compare_axis(side, "base", ASKED).rows]


def test_a_rise_of_what_is_better_when_higher_is_no_regression() -> None:
    side = decided({"alpine": 1.3}, ONE_AXIS)
    trials = tuple(
        msgspec.structs.replace(
            trial, cache=msgspec.structs.replace(trial.cache, hit_ratio=0.9 if trial.variant == "alpine" else 0.5)
        )
        for trial in side.trials
        if trial.cache
    )
    asked = msgspec.structs.replace(ASKED, metric="hit_ratio")
    told = compare_axis(msgspec.structs.replace(side, trials=trials), "base", asked)
    assert by_head(told)["alpine"].verdict is Verdict.FASTER


def test_sizes_are_counted_whatever_ended_the_run() -> None:
    side = decided({"alpine": 1.3}, ONE_AXIS)
    asked = msgspec.structs.replace(ASKED, metric="image_size_bytes")
    assert compare_axis(side, "base", asked).rows == compare_axis(fixed(side), "base", asked).rows


def test_another_margin_is_judged_at_the_looks_that_it_needs() -> None:
    side = decided({"alpine": 1.1}, ONE_AXIS)
    assert by_head(compare_axis(side, "base", ASKED))["alpine"].verdict is Verdict.SLOWER
    wide = compare_axis(side, "base", Question(margin=0.3))
    assert by_head(wide)["alpine"].verdict is Verdict.SAME


@pytest.mark.parametrize("adaptive", [Adaptive(min_rounds=LEAST, budget_s=30.0), None])
def test_where_no_time_of_a_pair_ended_the_run_its_rounds_are_as_good_as_planned(adaptive: Adaptive | None) -> None:
    side = make_side(_alpine_slower, axes=ONE_AXIS, rounds=10, adaptive=adaptive)
    assert compare_axis(side, "base").rows == compare_axis(fixed(side), "base").rows


def test_other_pairs_of_revisions_are_told_by_the_revision_that_was_waited_for() -> None:
    side = decided({"alpine": 1.3}, {"base": ("debian", "alpine"), "rev": ("main", "HEAD")})
    assert others(compare_axis(side, "rev", ASKED)) == []
    (note,) = others(compare_axis(side, "base", ASKED))
    assert (note.detail, note.count) == ("main", 2)
