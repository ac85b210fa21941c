"""What a campaign is going to do: the plan, decided purely before the engine is touched."""

from __future__ import annotations

import msgspec

from bench.model.scenario import State, Variant


class PlannedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One build to come. `number` counts from 1 over the whole run and names the trial; `round` counts from 1."""

    number: int
    round: int
    variant: str
    state: State


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Every trial of a run, in the order in which they run. The same scenario, choices and seed give the same plan."""

    scenario: str
    seed: int
    rounds: int
    states: tuple[State, ...]
    variants: tuple[Variant, ...]
    trials: tuple[PlannedTrial, ...]
