"""Small factories of sides to compare: runs whose trials take what a test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.sides import Side
from tests.builders import make_plan, make_run, make_trials

ONE = {"base": ("debian-12",)}
REVISIONS = {"base": ("debian-12", "alpine-3.23"), "rev": ("main", "HEAD")}
WEATHER = (0.0, 0.013, -0.008, 0.021, 0.004, -0.017, 0.009, -0.003, 0.015, -0.011)
"""How much a round's builds differ, all together, as a share."""
LUCK = (0.001, -0.002, 0.003, 0.0, -0.001, 0.002, -0.003, 0.0015, 0.0005, -0.0015)
"""How much a single build differs beside, as a share."""

Takes = Callable[[str, State, int], float]
"""The seconds that a variant takes in a state and a round, before weather and luck."""


def make_side(
    takes: Takes | float = 1.0,
    *,
    axes: Mapping[str, tuple[str, ...]] = ONE,
    rounds: int = 10,
    states: tuple[State, ...] = (State.COLD,),
    variant: str | None = None,
    **changes: Any,
) -> Side:
    """A side on which every trial is valid; `changes` are those of its run."""
    plan = make_plan(axes, rounds=rounds, states=states)
    run = make_run(plan, axes=axes, **changes)
    walls = {
        (planned.variant, planned.state, planned.round): _wall_s(takes, planned.variant, planned.state, planned.round)
        for planned in plan.trials
    }
    label = run.id if variant is None else f"{run.id}:{variant}"
    return Side(label=label, run=run, trials=make_trials(plan, wall_s=walls), variant=variant)


def _wall_s(takes: Takes | float, variant: str, state: State, round_: int) -> float:
    plain_s = takes(variant, state, round_) if callable(takes) else takes
    luck = LUCK[(round_ + sum(map(ord, variant))) % len(LUCK)]
    return plain_s * (1 + WEATHER[round_ % len(WEATHER)]) * (1 + luck)


def slower_head(share: float) -> Takes:
    """Whatever has HEAD in its name takes that share longer."""
    return lambda variant, _, __: 1.0 + share if variant.endswith("HEAD") else 1.0


def with_trials(side: Side, change: Callable[[Trial], Trial]) -> Side:
    """The side with every trial changed."""
    return msgspec.structs.replace(side, trials=tuple(map(change, side.trials)))


def without(side: Side, numbers: Sequence[int]) -> Side:
    """The side as if these trials had not been recorded."""
    return msgspec.structs.replace(side, trials=tuple(trial for trial in side.trials if trial.number not in numbers))
