"""Which trials of a plan are due now: all that are missing, or, where a run may stop early, one round at a time.

The answer follows from the records alone, so a run that is resumed goes on as if it had never stopped. Neighbours:
`bench.pure.adaptive` says which rows are settled, `bench.app.campaign` runs what is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from bench.model.plan import Adaptive, PlannedTrial
from bench.model.rules import Decide, Precision, Rule
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.adaptive import settled_rows
from bench.pure.metrics import counts


class Stop(StrEnum):
    """Why a run needs no more trials, though its plan has more.

    Every row is settled; or all but those of which no trial counts, or of whose reference none does, so that more
    rounds would not help; or nothing counts at all; or the budget does not hold another round; or the plan's last
    round is over, before which only some rows were settled.
    """

    SETTLED = "settled"
    HOPELESS = "hopeless"
    NOTHING = "nothing"
    BUDGET = "budget"
    ROUNDS = "rounds"


def due_trials(run: Run, recorded: Sequence[Trial]) -> tuple[PlannedTrial, ...]:
    """The trials to run next, in the plan's order; none when the run is complete."""
    done = {trial.number for trial in recorded}
    if run.adaptive is None:
        return tuple(planned for planned in run.plan.trials if planned.number not in done)
    latest = max((trial.round for trial in recorded), default=1)
    for number in (latest, latest + 1):
        if missing := [one for one in _wanted(run, recorded, number) if one.number not in done]:
            return tuple(missing)
    return ()


def is_complete(run: Run, recorded: Sequence[Trial]) -> bool:
    """Whether a run needs no more trials: its plan is done, or its rule for stopping early has ended it.

    A rule that cannot be applied to what a record from elsewhere holds has ended nothing.
    """
    if len(recorded) >= len(run.plan.trials):
        return True
    try:
        return not due_trials(run, recorded)
    except ValueError:
        return False


def stopped_by(run: Run, recorded: Sequence[Trial]) -> Stop | None:
    """Why a run that has no more due trials ended before its plan did; None where it did not."""
    if due_trials(run, recorded) or len(recorded) == len(run.plan.trials):
        return None
    latest = max((trial.round for trial in recorded), default=0)
    if _rows(run) <= _settled(run, recorded):
        return _settled_stop(run, recorded)
    return Stop.BUDGET if latest < run.plan.rounds and _is_spent(run, recorded, latest + 1) else Stop.ROUNDS


def _settled_stop(run: Run, recorded: Sequence[Trial]) -> Stop:
    counting = {(trial.variant, trial.state) for trial in recorded if counts(trial)}
    if not counting & _rows(run):
        return Stop.NOTHING
    return Stop.SETTLED if _rows(run) <= counting else Stop.HOPELESS


def _rows(run: Run) -> frozenset[tuple[str, State]]:
    return frozenset((variant.id, state) for variant in run.plan.variants for state in run.plan.states)


def spent_s(trials: Iterable[Trial]) -> float:
    """The seconds that trials took, in and outside their timed regions."""
    return sum((trial.wall_s or 0.0) + sum(trial.overhead_s.values()) for trial in trials)


def _wanted(run: Run, recorded: Sequence[Trial], number: int) -> list[PlannedTrial]:
    """What one round runs, given the records of the rounds before it; nothing when no row is left to settle."""
    if _is_spent(run, recorded, number):
        return []
    settled = _settled(run, [trial for trial in recorded if trial.round < number])
    if _rows(run) <= settled:
        return []
    return [one for one in run.plan.trials if one.round == number and (one.variant, one.state) not in settled]


def _settled(run: Run, earlier: Sequence[Trial]) -> frozenset[tuple[str, State]]:
    if run.adaptive is None or not earlier:
        return frozenset()
    least, most = run.adaptive.min_rounds, run.plan.rounds
    return settled_rows(run, earlier, rule_of(run.adaptive), min_rounds=least, max_rounds=most)


def rule_of(adaptive: Adaptive) -> Rule:
    """What settles a row; None where only the budget ends the run."""
    if adaptive.precision is not None:
        return Precision(share=adaptive.precision)
    return None if adaptive.decide is None else Decide(margin=adaptive.decide)


def _is_spent(run: Run, recorded: Sequence[Trial], number: int) -> bool:
    """Whether the budget does not hold another round as long as the last one; the first is always run."""
    budget_s = run.adaptive.budget_s if run.adaptive else None
    if budget_s is None or number == 1:
        return False
    earlier = [trial for trial in recorded if trial.round < number]
    return spent_s(earlier) + spent_s(trial for trial in earlier if trial.round == number - 1) > budget_s
