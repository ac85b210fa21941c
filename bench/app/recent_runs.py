"""What the index of all runs has of a branch's recent ones, for the gate to go by."""

from __future__ import annotations

import statistics
from collections import defaultdict

from bench.app.gate import Recent
from bench.model.scenario import State
from bench.ports.history_index import HistoryIndex
from bench.ports.history_queries import recent_runs, runs, samples_of_runs
from bench.pure.gating import RecentMedians
from bench.pure.metrics import WALL
from bench.pure.statistics.prediction import FEWEST_EARLIER

MOST_RUNS = 20


def recent_of(index: HistoryIndex, scenario: str, branch: str) -> Recent:
    """The recent runs of a scenario on a branch; their medians are read when the target is known."""
    found = list(runs(index, scenario=scenario, branch=branch).values())

    def medians(target: str) -> RecentMedians:
        names = recent_runs(index, scenario, target, branch, MOST_RUNS)
        by_row: defaultdict[tuple[str, State], list[float]] = defaultdict(list)
        for series in samples_of_runs(index, names, WALL).values():
            for name, walls in series.items():
                by_row[name.variant, name.state].append(statistics.median(walls.values()))
        return by_row

    return Recent(enough=len(found) >= FEWEST_EARLIER, medians=medians)
