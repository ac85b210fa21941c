"""How long the rest of a campaign will take, from what its trials took so far (builds and all around them)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from bench.model.plan import PlannedTrial
from bench.model.scenario import State


class TimeLeft:
    """Learns what trials take. A trial is expected to take the median of the nearest of its kind seen so far."""

    def __init__(self) -> None:
        self._by_row: dict[tuple[str, State], list[float]] = {}
        self._by_state: dict[State, list[float]] = {}

    def learn(self, variant: str, state: State, took_s: float) -> None:
        """Take note of what one trial took, in seconds."""
        self._by_row.setdefault((variant, state), []).append(took_s)
        self._by_state.setdefault(state, []).append(took_s)

    def estimate_s(self, remaining: Iterable[PlannedTrial]) -> float | None:
        """Seconds that the remaining trials will take, None while a state among them was never seen."""
        total_s = 0.0
        for planned in remaining:
            seen = self._by_row.get((planned.variant, planned.state)) or self._by_state.get(planned.state)
            if not seen:
                return None
            total_s += median(seen)
        return total_s

    def within_budget_s(self, remaining: Sequence[PlannedTrial], round_: int, budget_left_s: float) -> float | None:
        """The same where no round begins that the budget does not hold: the round that is under way is finished.

        `budget_left_s` is below zero where the budget is spent already.
        """
        whole_s = self.estimate_s(remaining)
        this_round_s = self.estimate_s(planned for planned in remaining if planned.round == round_)
        if this_round_s is None:
            return None
        held_s = max(this_round_s, budget_left_s)
        return held_s if whole_s is None else min(whole_s, held_s)
