from __future__ import annotations

import msgspec
import pytest

from bench.model.trial import Trial, TrialStatus
from bench.pure.last_words import cause_of, last_words, short_cause
from tests.builders import make_lost_trial, make_plan


def lost(*tail: str, status: TrialStatus = TrialStatus.FAILED) -> Trial:
    return msgspec.structs.replace(make_lost_trial(make_plan().trials[0], status, "why"), log_tail=tail)


def test_cold_and_warm_and_every_round_have_one_cause() -> None:
    said = 'failed to build: failed to solve: failed to calculate checksum of ref {}: "/no": not found'
    cold = said.format("08efbabe-dfe3::ptyajmrl6mg")
    warm = "the build that prepares the state failed: " + said.format("18efbabe-afe3::tm84ggs2na2")
    assert cause_of(cold) == cause_of(warm) == 'failed to calculate checksum of the context: "/no": not found'


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        (
            'failed to solve: process "/bin/sh -c make  all" did not complete successfully: exit code: 2',
            "`make all` exited with 2",
        ),
        ("The command '/bin/sh -c make all' returned a non-zero code: 2", "`make all` exited with 2"),
        ("dockerfile parse error\non line 2", "dockerfile parse error on line 2"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_a_cause_is_short_and_on_one_line(reason: str, short: str) -> None:
    assert short_cause(reason) == short


def test_of_several_failing_steps_the_one_that_was_not_cancelled_speaks() -> None:
    trial = lost(
        "#4 | neighbour",
        "#5 | mine",
        "#5 failed: exit code: 1",
        "#4 failed: process: context canceled",
        "ERROR: failed",
    )
    assert last_words(trial) == ("mine",)


def test_a_step_that_hung_speaks_too_and_a_build_that_worked_does_not() -> None:
    tail = ("#8 [4/4] RUN sleep 30", "#8 | waiting", "#8 | ", "#8 failed: x: context canceled")
    assert last_words(lost(*tail, status=TrialStatus.TIMEOUT)) == ("waiting",)
    assert last_words(lost(*tail, status=TrialStatus.INVALID)) == ()


def test_a_mistake_in_the_dockerfile_is_no_program_s_output() -> None:
    assert last_words(lost("#1 done 0.019 s", "Dockerfile:2", "   2 | >>> BOGUS x", "ERROR: unknown BOGUS")) == ()


def test_the_classic_builder_s_own_lines_are_left_out() -> None:
    trial = lost(
        "Step 1/3 : FROM b",
        " ---> abc",
        "Step 2/3 : RUN pip install x",
        " ---> Running in 12ab",
        "Collecting x",
        "ERROR: No matching distribution",
        "ERROR: The command '/bin/sh -c pip install x' returned a non-zero code: 1",
    )
    assert last_words(trial) == ("Collecting x", "ERROR: No matching distribution")
