"""What `plan` and `run` say of rounds beforehand: how many builds, what they can show, what a budget holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.cli.progress import readable_time
from bench.errors import StorageError
from bench.model.plan import Adaptive, Plan
from bench.report.units import count_text


def known_round_seconds(plan: Plan, results: Path) -> float | None:
    """Seconds of a round as the newest run of the scenario tells them; None where none has all of the plan's rows."""
    from bench.ports.run_store import RunStore
    from bench.pure.round_time import round_seconds

    store = RunStore(results)
    try:
        found = next((one for one in store.list_runs() if one.scenario == plan.scenario), None)
        if found is None:
            return None
        folder = store.open(str(found.path))
        return round_seconds(plan, folder.read_trials(folder.read_run()).trials)
    except StorageError:
        return None  # a plan does not fail for a broken record of another run


def outlook_lines(plan: Plan, adaptive: Adaptive | None, round_s: float | None) -> Iterator[str]:
    """How many builds there are, or may be, and what they can show; `round_s` is what a round takes, where known."""
    from bench.pure.adaptive import TYPICAL_SPREAD, outlook
    from bench.pure.schedule import rule_of

    most = "at most " if adaptive else ""
    yield (
        f"{count_text(len(plan.variants), 'variant')} x {count_text(len(plan.states), 'state')}"
        f" ({', '.join(plan.states)}) x {most}{count_text(plan.rounds, 'round')}"
        f" = {most}{count_text(len(plan.trials), 'timed build')}, seed {plan.seed}"
    )
    rounds = plan.rounds
    if adaptive and adaptive.budget_s is not None:
        told = "how many fit is known after the first round"
        if round_s is not None:
            rounds = max(1, min(rounds, int(adaptive.budget_s / round_s)))
            told = f"as a round takes {readable_time(round_s)}, it holds {count_text(rounds, 'round')}"
        yield f"no round begins that would take the trials beyond {readable_time(adaptive.budget_s)}: {told}"
    spread = {state: share for state, share in TYPICAL_SPREAD.items() if state in plan.states} or TYPICAL_SPREAD
    yield outlook(None if adaptive is None else rule_of(adaptive), rounds, spread)
