"""How long a round of a plan takes, from an earlier run of the same variants and states."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable

from bench.model.plan import Plan
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.pure.schedule import spent_s


def round_seconds(plan: Plan, earlier: Iterable[Trial]) -> float | None:
    """Seconds of one round, in and outside the timed regions, by the medians of earlier trials.

    None where one of the plan's rows was never measured.
    """
    by_row: defaultdict[tuple[str, State], list[float]] = defaultdict(list)
    for trial in earlier:
        if trial.wall_s is not None:
            by_row[trial.variant, trial.state].append(spent_s([trial]))
    rows = [(trial.variant, trial.state) for trial in plan.trials if trial.round == 1]
    if not all(by_row[row] for row in rows):
        return None
    return sum(statistics.median(by_row[row]) for row in rows)
