"""What a campaign is going to do: the plan, decided purely before the engine is touched."""

from __future__ import annotations

import msgspec

from bench.model.scenario import State, Variant

CANARY = "@canary"
"""The variant of the canary's trials: a fixed reference build, once a round. No scenario's variant has an at sign."""


class PlannedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One build to come. `number` counts from 1 over the whole run and names the trial; `round` counts from 1."""

    number: int
    round: int
    variant: str
    state: State


class Adaptive(msgspec.Struct, frozen=True, kw_only=True):
    """When a run stops before its plan's last round.

    With `precision`, a row is settled when the interval of its median reaches no further than that share to either
    side; with `decide`, when its comparison is faster, slower, or the same within that margin. Rows that are settled
    are built no more, but for those that others are compared with. No row is settled before `min_rounds`. `budget_s`
    is the time after which no further round begins.
    """

    min_rounds: int
    precision: float | None = None
    decide: float | None = None
    budget_s: float | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Every trial of a run, in the order in which they run. The same scenario, choices and seed give the same plan."""

    scenario: str
    seed: int
    rounds: int
    states: tuple[State, ...]
    variants: tuple[Variant, ...]
    trials: tuple[PlannedTrial, ...]
