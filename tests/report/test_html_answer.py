"""The answer on top of a page, against numbers that are known."""

from __future__ import annotations

import msgspec
import pytest

from bench.model.scenario import State
from bench.model.summary import AxisEffect
from bench.model.trial import TrialStatus
from bench.pure.summary import summarise
from bench.report.charts.tradeoff import tradeoff
from bench.report.html.answer import answer_of
from bench.report.html.effect_words import effect_text, judge_effect
from bench.report.html.model import Answer, Judgement
from bench.report.units import DASH, MINUS
from tests.builders import make_lost_trial, make_plan, make_run, make_trials
from tests.pages import everything


def effect(
    ratio: float, low: float | None, high: float | None, *, metric: str = "wall_s", rounds: int = 6
) -> AxisEffect:
    return AxisEffect(
        axis="base",
        level="alpine-3.23",
        reference="debian-12",
        state=State.COLD,
        metric=metric,
        ratio=ratio,
        low=low,
        high=high,
        n_rounds=rounds,
        n_pairs=4 * rounds,
        n_left_out=0,
    )


@pytest.mark.parametrize(
    ("said", "judgement", "text"),
    [
        (effect(1.061, 1.02, 1.093), Judgement.WORSE, "6.1 % slower (+2.0 % to +9.3 %)"),
        (effect(0.77, 0.69, 0.85), Judgement.BETTER, f"23 % faster ({MINUS}31 % to {MINUS}15 %)"),
        (effect(1.0, 0.98, 1.02), Judgement.SAME, f"the same within 3 % ({MINUS}2.0 % to +2.0 %)"),
        (effect(1.02, 0.93, 1.12), Judgement.UNDECIDED, f"undecided ({MINUS}7.0 % to +12 %)"),
        (effect(2.5, 2.25, 2.75), Judgement.WORSE, f"2.50 times as long (2.25{DASH}2.75)"),
        (effect(1.5, None, None, rounds=1), Judgement.UNDECIDED, "undecided (in 1 round)"),
        (effect(0.7, 0.1, 4.9, rounds=2), Judgement.UNDECIDED, "undecided (in 2 rounds)"),
        (effect(0.27, 0.27, 0.27, metric="image_size_bytes"), Judgement.BETTER, "73 % smaller"),
        (
            effect(3.0, None, None, metric="image_size_bytes", rounds=1),
            Judgement.WORSE,
            "3.00 times as large (in 1 round)",
        ),
        (effect(1.0, 1.0, 1.0, metric="image_size_bytes"), Judgement.SAME, "the same within 3 %"),
    ],
)
def test_an_effect_is_said_with_its_interval_and_never_more_than_that_shows(
    said: AxisEffect, judgement: Judgement, text: str
) -> None:
    assert judge_effect(said) is judgement
    assert effect_text(said) == text


def answer() -> Answer:
    parts = everything()
    return answer_of(parts.summary, {one.id: place for place, one in enumerate(parts.run.plan.variants)})


def test_the_lead_names_the_fastest_and_the_smallest() -> None:
    text = "".join(phrase.text for phrase in answer().lead)
    assert text == (
        "Cold builds are fastest with debian-12-single-merged, at 1.52 s (not told apart from 1 other). "
        "The smallest image comes from alpine-3.23-single-split, 29.5 MB."
    )
    assert [phrase.variant for phrase in answer().lead if phrase.variant is not None] == [1, 4]


def test_each_state_has_its_best_with_its_interval_and_what_cannot_be_told_apart_from_it() -> None:
    cold, warm, size = answer().bests
    assert (cold.title, cold.value, cold.variant.text) == (
        "Fastest cold",
        f"1.52 s (1.50{DASH}1.53)",
        "debian-12-single-merged",
    )
    assert cold.note == "not told apart from debian-12-multi-merged: the 95 % intervals overlap"
    assert warm.note.startswith("not told apart from ")
    assert (size.title, size.value) == ("Smallest image, unpacked", "29.5 MB")
    assert size.note == (
        "within 1 % of it: alpine-3.23-single-merged, alpine-3.23-multi-split, alpine-3.23-multi-merged"
    )


def test_every_choice_says_what_it_changes_and_what_is_undecided_is_said_too() -> None:
    choices = {choice.text: {one.about: one for one in choice.changes} for choice in answer().choices}
    alpine = choices["alpine-3.23 instead of debian-12"]
    assert alpine["cold builds"].text.startswith("10 % slower")
    assert alpine["image"].text == "78 % smaller"
    assert choices["merged instead of split"]["cold builds"].judgement is Judgement.BETTER
    assert choices["multi instead of single"]["cold builds"].judgement is Judgement.SAME
    assert answer().undecided == (
        "Which variant is fastest cold: the fastest 2 of 8 have overlapping 95 % intervals.",
        "Which variant is fastest warm: the fastest 8 of 8 have overlapping 95 % intervals.",
    )


def test_the_front_goes_from_the_fastest_to_the_smallest_and_is_that_of_the_picture() -> None:
    assert answer().front_size == "compressed"
    assert [(one.variant.text, one.text) for one in answer().front] == [
        ("debian-12-single-merged", "1.52 s, 45.7 MB"),
        ("debian-12-multi-merged", "1.52 s, 45.7 MB"),
        ("alpine-3.23-single-merged", "1.67 s, 9.83 MB"),
        ("alpine-3.23-multi-merged", "1.67 s, 9.83 MB"),
    ]
    points = next(data for data in tradeoff(everything().summary)["datasets"].values() if len(data) == 8)
    assert {one["id"] for one in points if one["on_front"]} == {one.variant.text for one in answer().front}


def test_one_round_is_no_finding() -> None:
    plan = make_plan(rounds=1)
    summary = summarise(make_run(plan), make_trials(plan, wall_s={("alpine-3.23-single", State.COLD, 1): 9.0}))
    said = answer_of(summary, {})
    assert all(
        change.judgement is Judgement.UNDECIDED
        for choice in said.choices
        for change in choice.changes
        if change.about != "image"
    )
    assert said.bests[0].note == "1 round: how much it varies is not known"
    assert "alpine-3.23 instead of debian-12, cold: 1 round cannot tell; take 6 or more." in said.undecided


def test_a_run_in_which_nothing_counts_says_so() -> None:
    plan = make_plan()
    run = make_run(plan)
    lost = tuple(make_lost_trial(one, TrialStatus.FAILED, "exit code 1") for one in plan.trials)
    said = answer_of(summarise(run, lost), {})
    assert said.lead[0].text.startswith("No build of this run counts")
    assert (said.bests, said.front, said.choices) == ((), (), ())
    assert said.undecided[0] == "Anything about cold: no build in that state counts."


def test_a_variant_alone_is_not_praised_for_being_the_best() -> None:
    plan = make_plan({"base": ("debian-12",)})
    said = answer_of(summarise(make_run(plan, axes={"base": ("debian-12",)}), make_trials(plan)), {"debian-12": 0})
    assert said.bests[0].note == "range of 3 builds; no other variant to compare with"
    assert said.bests[-1].note == "no other variant to compare with"
    assert "it also makes the smallest image" in "".join(phrase.text for phrase in said.lead)


def test_an_undecided_effect_says_how_many_rounds_would_decide_it() -> None:
    parts = everything()
    unsure = effect(1.02, 0.93, 1.12)
    said = answer_of(msgspec.structs.replace(parts.summary, axes=(unsure,)), {})
    assert said.undecided[-1] == (
        f"alpine-3.23 instead of debian-12, cold: the 95 % interval reaches from {MINUS}7.0 % to +12 %; "
        "about 133 rounds in all would decide it."
    )


def test_a_run_that_other_work_disturbed_says_how_to_count_it_all_the_same() -> None:
    plan = make_plan()
    trials = tuple(msgspec.structs.replace(one, disturbed="other work") for one in make_trials(plan))
    lead = answer_of(summarise(make_run(plan), trials), {}).lead
    assert "other work disturbed 24 valid trials" in lead[0].text
    assert "--keep-disturbed" in lead[0].text
