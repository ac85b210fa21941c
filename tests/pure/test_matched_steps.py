from __future__ import annotations

import msgspec

from bench.model.blame import StepChange
from bench.model.build import Step, StepKind
from bench.pure.blame import BlameSide, blame
from bench.pure.matched_steps import MatchedStep, matched_steps
from tests.builders import make_trial
from tests.pages import make_steps

STEPS = make_steps(3)
FROM = msgspec.structs.replace(STEPS[0], name="FROM debian", kind=StepKind.FROM, position=1, digest="sha256:from")


def matched(base: tuple[Step, ...], head: tuple[Step, ...]) -> list[tuple[int | None, int | None, str]]:
    found = blame(*(BlameSide(trials=(make_trial(steps=steps, wall_s=2.0),)) for steps in (base, head)))
    return [(one.base, one.head, one.change.value) for one in matched_steps(base, head, found)]


def test_every_step_is_there_once_in_the_order_of_the_dockerfile() -> None:
    assert matched((FROM, *STEPS), (FROM, *STEPS)) == [(0, 0, "same"), (1, 1, "same"), (2, 2, "same"), (3, 3, "same")]


def test_what_only_one_side_has_stands_where_it_belongs_there() -> None:
    other = msgspec.structs.replace(STEPS[1], name="COPY a b", kind=StepKind.COPY)
    assert matched(STEPS, (STEPS[0], STEPS[2])) == [(0, 0, "same"), (1, None, "removed"), (2, 1, "same")]
    assert matched((STEPS[0], STEPS[2]), STEPS) == [(0, 0, "same"), (None, 1, "added"), (1, 2, "same")]
    assert matched(STEPS, (STEPS[0], other, STEPS[2])) == [
        (0, 0, "same"),
        (1, None, "removed"),
        (None, 1, "added"),
        (2, 2, "same"),
    ]


def test_a_step_whose_text_changed_is_the_same_step() -> None:
    changed = msgspec.structs.replace(STEPS[1], name="RUN make part-2 --fast")
    assert matched(STEPS, (STEPS[0], changed, STEPS[2]))[1] == (1, 1, "changed")


def test_steps_that_are_no_part_of_the_difference_are_matched_too() -> None:
    label = msgspec.structs.replace(FROM, name="LABEL a=b", kind=StepKind.OTHER, position=9)
    assert matched((FROM, STEPS[0]), (FROM, STEPS[0], label))[-1] == (None, 2, "added")
    assert [one.part for one in matched_steps((FROM,), (FROM,), None)] == [None]


def test_without_blame_steps_are_matched_all_the_same() -> None:
    found = matched_steps(STEPS, STEPS[:2], None)
    assert found[0] == MatchedStep(base=0, head=0, change=StepChange.SAME)
    assert [one.change.value for one in found] == ["same", "same", "removed"]
    assert [(one.base, one.head) for one in matched_steps(STEPS, (), None)] == [(0, None), (1, None), (2, None)]


def test_a_step_of_another_trial_is_left_out() -> None:
    found = blame(
        BlameSide(trials=(make_trial(steps=STEPS, wall_s=2.0),)),
        BlameSide(trials=(make_trial(steps=STEPS, wall_s=2.0),)),
    )
    assert len(matched_steps(STEPS[:1], STEPS[:1], found)) == 1
