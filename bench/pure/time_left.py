"""How long the rest of a campaign will take, from what its trials took so far (builds and all around them)."""

from __future__ import annotations

from collections.abc import Iterable
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
