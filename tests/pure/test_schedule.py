"""Which trials are due: rounds end when every row is settled, and a resumed run goes on as if it had not stopped."""

import math
import random
import re
from collections.abc import Callable, Mapping

import msgspec
import pytest

from bench.model.plan import Adaptive, PlannedTrial
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.summary import NoteKind
from bench.model.trial import Trial, TrialStatus
from bench.pure.schedule import Stop, due_trials, is_complete, spent_s, stopped_by
from bench.pure.summary import summarise
from bench.report.notes import note_text
from tests.builders import make_plan, make_run, make_trial

AXES = {"base": ("debian-12",), "layers": ("split", "merged", "squashed")}
SPLIT, MERGED, SQUASHED = "debian-12-split", "debian-12-merged", "debian-12-squashed"
RATIOS = {SPLIT: 1.0, MERGED: 1.3, SQUASHED: 1.001}


def run_of(rounds: int = 40, **adaptive: float) -> Run:
    plan = make_plan(AXES, rounds=rounds, states=(State.COLD,))
    return make_run(plan, axes=AXES, adaptive=Adaptive(min_rounds=6, **adaptive))


def build(planned: PlannedTrial, *, spread: float = 0.02) -> Trial:
    noise = random.Random(f"{planned.round} {planned.variant}").gauss(0, spread)  # noqa: S311
    return make_trial(planned, wall_s=2.0 * RATIOS[planned.variant] * math.exp(noise), overhead_s={"prepare": 1.0})


def carry_out(run: Run, builds: Callable[[PlannedTrial], Trial] = build) -> tuple[Trial, ...]:
    recorded: list[Trial] = []
    while due := due_trials(run, recorded):
        assert len({planned.round for planned in due}) == 1
        recorded += map(builds, due)
    return tuple(recorded)


def rounds_of(trials: tuple[Trial, ...], variant: str) -> int:
    return max(trial.round for trial in trials if trial.variant == variant)


def test_a_row_that_is_settled_drops_out_and_its_reference_stays_as_long_as_it_is_needed() -> None:
    run = run_of(decide=0.05)
    trials = carry_out(run, lambda planned: build(planned, spread=0.05))
    assert 6 <= rounds_of(trials, MERGED) < rounds_of(trials, SQUASHED) == rounds_of(trials, SPLIT) < 40
    assert stopped_by(run, trials) is Stop.SETTLED


def test_what_cannot_be_decided_takes_all_rounds() -> None:
    run = run_of(12, decide=0.01)
    trials = carry_out(run, lambda planned: build(planned, spread=0.3))
    assert len(trials) == len(run.plan.trials)
    assert stopped_by(run, trials) is None


def test_a_precise_row_drops_out() -> None:
    run = run_of(precision=0.03)
    trials = carry_out(run)
    assert {rounds_of(trials, variant) < 40 for variant in RATIOS} == {True}


def test_the_budget_ends_the_run_before_the_round_that_would_not_fit() -> None:
    run = run_of(budget_s=100.0)
    trials = carry_out(run)
    a_round_s = sum(2.0 * ratio + 1.0 for ratio in RATIOS.values())
    assert 100.0 - 1.3 * a_round_s < spent_s(trials) <= 100.0 + 0.1 * a_round_s
    assert stopped_by(run, trials) is Stop.BUDGET


def test_the_first_round_is_run_whatever_the_budget() -> None:
    assert {trial.round for trial in carry_out(run_of(budget_s=0.1))} == {1}


@pytest.mark.parametrize("rule", [{"decide": 0.05}, {"precision": 0.03}, {"budget_s": 80.0}])
def test_a_run_that_is_resumed_anywhere_goes_on_as_if_it_had_never_stopped(rule: Mapping[str, float]) -> None:
    run = run_of(40, **rule)
    whole = carry_out(run)
    for length in range(len(whole)):
        expected = [trial.number for trial in whole[length:] if trial.round == whole[length].round]
        assert [planned.number for planned in due_trials(run, whole[:length])] == expected
    assert due_trials(run, whole) == ()
    assert len(whole) < len(run.plan.trials)
    assert is_complete(run, whole)
    assert not is_complete(run, whole[:-1])


def test_a_rule_that_fits_no_record_ends_no_run() -> None:
    run = run_of(4, decide=0.05)
    some = [build(planned) for planned in run.plan.trials[:6]]
    assert not is_complete(run, some)
    assert is_complete(run, [build(planned) for planned in run.plan.trials])


def test_rows_that_always_fail_do_not_keep_a_run_going() -> None:
    def broken(planned: PlannedTrial) -> Trial:
        trial = build(planned)
        return make_trial(planned, status=TrialStatus.FAILED, wall_s=None) if planned.variant == MERGED else trial

    trials = carry_out(run_of(decide=0.05), broken)
    assert rounds_of(trials, MERGED) == 6


def test_the_tables_say_why_a_run_ended_early() -> None:
    run = run_of(decide=0.05)
    trials = carry_out(run)
    notes = {note.kind: note for note in summarise(run, trials).notes}
    decided = [note_text(note) for note in summarise(run, trials).notes if note.kind is NoteKind.DECIDED]
    assert re.fullmatch(rf"Slower than {SPLIT}: {MERGED} cold \(1\.[23]\d times\)\.", decided[0])
    assert decided[1].startswith(f"The same as {SPLIT}: {SQUASHED} cold")
    assert NoteKind.INTERRUPTED not in notes
    assert notes[NoteKind.STOPPED].subjects == (Stop.SETTLED,)
    assert NoteKind.INTERRUPTED in {note.kind for note in summarise(run, trials[:-1]).notes}


def ended(run: Run, builds: Callable[[PlannedTrial], Trial]) -> tuple[Stop | None, str]:
    """Why a run ended early, and how the tables say so."""
    trials = carry_out(run, builds)
    notes = [note_text(note) for note in summarise(run, trials).notes if note.kind is NoteKind.STOPPED]
    return stopped_by(run, trials), " ".join(notes)


def disturbed(*variants: str) -> Callable[[PlannedTrial], Trial]:
    """Builds that other work disturbed, of these variants."""

    def builds(planned: PlannedTrial) -> Trial:
        trial = build(planned)
        return msgspec.structs.replace(trial, disturbed="other work") if planned.variant in variants else trial

    return builds


def test_a_run_of_which_nothing_counts_settled_nothing_and_says_so() -> None:
    stop, said = ended(run_of(decide=0.05), disturbed(*RATIOS))
    assert stop is Stop.NOTHING
    assert said == "The run ended after 6 of 40 rounds, since none of its trials counts."


@pytest.mark.parametrize("lost", [MERGED, SPLIT], ids=["a row", "the reference of all"])
def test_rows_of_which_nothing_counts_are_not_called_settled(lost: str) -> None:
    stop, said = ended(run_of(decide=0.05), disturbed(lost))
    assert stop is Stop.HOPELESS
    assert "every row was settled but those of which no trial counts" in said


def test_a_run_that_came_to_its_last_round_with_some_rows_settled_does_not_call_all_of_them_so() -> None:
    stop, said = ended(
        run_of(9, decide=0.05), lambda one: build(one, spread=0.15 if one.variant == SQUASHED else 0.001)
    )
    assert stop is Stop.ROUNDS
    assert said == "The run ended after 9 of 9 rounds, since it was to take no more; not every row was settled."


def test_trials_that_are_counted_after_all_do_not_make_a_run_unfinished() -> None:
    run = run_of(decide=0.05)
    trials = carry_out(run, disturbed(*RATIOS))
    kept = summarise(run, trials, keep_disturbed=True)
    assert NoteKind.INTERRUPTED not in {note.kind for note in kept.notes}
    assert kept.rows[0].n_valid == 6


def test_effects_of_rounds_that_ended_when_something_was_decided_are_not_left_to_be_believed() -> None:
    def told(run: Run, builds: Callable[[PlannedTrial], Trial] = build) -> list[str]:
        notes = summarise(run, carry_out(run, builds)).notes
        return [note_text(note) for note in notes if note.kind is NoteKind.PLAIN_EFFECTS]

    (said,) = told(run_of(decide=0.05))
    assert said.endswith("buildmark compare 20261123-090000-quick --axis layers")
    assert told(run_of(6, decide=0.01), lambda planned: build(planned, spread=0.3)) == []
    assert told(run_of(budget_s=100.0)) == []


def test_without_a_rule_everything_that_is_missing_is_due() -> None:
    run = make_run(make_plan(AXES, rounds=3, states=(State.COLD,)), axes=AXES)
    first = run.plan.trials[4]
    assert [planned.number for planned in due_trials(run, [build(first)])] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert not is_complete(run, [build(first)])
