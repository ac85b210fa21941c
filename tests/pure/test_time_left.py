from bench.model.plan import PlannedTrial
from bench.model.scenario import State
from bench.pure.time_left import TimeLeft


def planned(variant: str, state: State = State.COLD) -> PlannedTrial:
    return PlannedTrial(number=1, round=1, variant=variant, state=state)


def test_nothing_is_claimed_before_a_trial_of_each_state_was_seen() -> None:
    left = TimeLeft()
    left.learn("a", State.COLD, 2.0)
    assert left.estimate_s([planned("a"), planned("a", State.WARM)]) is None


def test_a_trial_is_expected_to_take_the_median_of_its_own_row_else_of_its_state() -> None:
    left = TimeLeft()
    for took_s in (1.0, 2.0, 30.0):
        left.learn("a", State.COLD, took_s)
    left.learn("b", State.COLD, 8.0)
    assert left.estimate_s([planned("a"), planned("b")]) == 2.0 + 8.0
    assert left.estimate_s([planned("new")]) == 5.0


def test_no_trials_take_no_time() -> None:
    assert TimeLeft().estimate_s([]) == 0.0
