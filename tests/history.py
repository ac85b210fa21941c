"""A results folder with a history: the same scenario measured again and again, commit after commit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.model.plan import Adaptive
from bench.model.run import Revision, Source
from bench.model.scenario import State
from bench.ports.run_store import RunStore
from tests.builders import START, make_plan, make_run, make_trials

AXES = {"base": ("debian-12",), "stages": ("single",)}
VARIANT = "debian-12-single"
COLD = f"quick/{VARIANT}/cold"
PLAN = make_plan(AXES, rounds=3)


def begun(number: int) -> datetime:
    return START + timedelta(hours=number)


def commit(number: int) -> str:
    return f"{number:02}" + "c0ffee" * 6 + "ab"


def run_id(number: int) -> str:
    return f"{begun(number):%Y%m%d-%H%M%S}-quick"


BUDGET = Adaptive(min_rounds=1, budget_s=0.1)
"""It ends a run after its first round."""
REVISIONS = tuple(Revision(name=name, commit=name[0] * 40, context_sha256="ab" * 32) for name in ("main", "feature"))


def record(
    results: Path, number: int, *, cold_s: float = 1.0, warm_s: float = 0.2, rounds: int = 3, **changes: Any
) -> str:
    """Write the run of one commit; its three cold trials scatter by about a percent around `cold_s`, the warm not.

    Of the three rounds that it plans, so many are recorded.
    """
    scatter = random.Random(number)  # noqa: S311 - values for a test
    source = Source(commit=commit(number), branch="main", dirty=False, committed_at=begun(number), subject="A change")
    given = {"id": run_id(number), "created_at": begun(number), "git": source, **changes}
    times = {(VARIANT, State.COLD, round_): cold_s * (1 + scatter.gauss(0, 0.01)) for round_ in (1, 2, 3)}
    times |= {(VARIANT, State.WARM, round_): warm_s for round_ in (1, 2, 3)}
    with RunStore(results).create(make_run(PLAN, axes=AXES, **given)) as writer:
        for trial in make_trials(PLAN, wall_s=times):
            if trial.round <= rounds:
                writer.append(trial)
    return str(given["id"])


def record_all(results: Path, levels_s: Sequence[float]) -> None:
    """Write a run for each level, one an hour."""
    for number, level_s in enumerate(levels_s):
        record(results, number, cold_s=level_s)
