"""Table 1: how often is something said to be different, where nothing is?"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

from bench.model.verdict import Verdict
from benchmarks.verdicts.noise import KINDS, Kind
from benchmarks.verdicts.ours import (
    MAX_ROUNDS,
    Told,
    axis_of_a_decided_run,
    compare,
    compare_campaigns,
    decide,
    gate,
)
from benchmarks.verdicts.tables import Table, percent

CAMPAIGNS = 4_000
SLOW_CAMPAIGNS = 2_000
BUILDS = 20
MARGIN = 0.05
SEED = 4
GATE = "gate: slower twice"
AXIS = "an axis after that"

ALLOWED = "5 % are allowed. Where the true rate is just that, 19 cells in 20 print {low} to {high}."
WHAT_THE_RULES_DO = (
    "compare, decide: both sides in each round, in a random order. Two campaigns: all of one side, then all of the "
    "other; the drift goes on through both. An axis after that: four variants, each decided against the first, two of "
    "them 25 % slower, then the axis compared that makes no difference ({slow:,} campaigns). Gate: decide, and decide "
    "again before an alarm."
)

Rule = Callable[[np.random.Generator, Kind, int], Told]

RULES: dict[str, Rule] = {
    f"compare, {BUILDS} rounds": functools.partial(compare, builds=BUILDS),
    f"two campaigns of {BUILDS}": functools.partial(compare_campaigns, builds=BUILDS),
    f"decide 5 %, up to {MAX_ROUNDS} rounds": functools.partial(decide, margin=MARGIN),
    AXIS: functools.partial(axis_of_a_decided_run, margin=MARGIN),
    GATE: functools.partial(gate, margin=MARGIN),
}


def false_alarms(campaigns: int = CAMPAIGNS) -> Table:
    """Identical builds on either side, by kind of noise and rule."""
    rows = []
    for number, (name, kind) in enumerate(KINDS.items()):
        told = {
            rule: run(np.random.default_rng((SEED, number)), kind, _most(rule, campaigns))
            for rule, run in RULES.items()
        }
        rows.append((name, *(percent(_share(rule, one)) for rule, one in told.items())))
    error = math.sqrt(0.05 * 0.95 / campaigns)
    return Table(
        title=f"False alarms on identical builds, of {campaigns:,} campaigns each",
        head=("noise", *RULES),
        rows=tuple(rows),
        notes=(
            ALLOWED.format(low=percent(0.05 - 2 * error), high=percent(0.05 + 2 * error)),
            WHAT_THE_RULES_DO.format(slow=_most(AXIS, campaigns)),
        ),
    )


def _most(rule: str, campaigns: int) -> int:
    """How many campaigns of a rule: fewer of what is built round by round by the schedule itself."""
    return min(campaigns, SLOW_CAMPAIGNS) if rule == AXIS else campaigns


def _share(rule: str, told: Told) -> float:
    """A gate falls only for what is slower; everywhere else, faster is as wrong as slower."""
    return told.share(Verdict.SLOWER) if rule == GATE else told.alarms()
