from bench.model.plan import PlannedTrial
from bench.model.scenario import State
from bench.pure.time_left import TimeLeft


def planned(variant: str, state: State = State.COLD, round_: int = 1) -> PlannedTrial:
    return PlannedTrial(number=1, round=round_, variant=variant, state=state)


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


def test_a_budget_bounds_the_rounds_that_have_not_begun() -> None:
    left = TimeLeft()
    left.learn("a", State.COLD, 4.0)
    rest = [planned("a"), planned("a", round_=2), planned("a", round_=3)]
    assert left.within_budget_s(rest, 1, 7.0) == 7.0
    assert left.within_budget_s(rest, 1, 60.0) == 12.0
    assert left.within_budget_s(rest, 1, 1.0) == 4.0, "the round under way is finished"
    assert left.within_budget_s(rest[1:], 1, -1.0) == 0.0, "no round begins any more"
    assert left.within_budget_s([planned("a", State.WARM)], 1, 7.0) is None
