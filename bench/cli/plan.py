"""`buildmark plan`: what a run would do, with no engine touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

import typer

from bench.cli.groups import with_groups
from bench.cli.outlook import known_round_seconds, outlook_lines
from bench.cli.rounds import HowLong, RoundsAsked, how_long
from bench.cli.selection import (
    AllowLargeOption,
    BaseOption,
    Chosen,
    ContextOption,
    FormatOption,
    ListFormat,
    ScenarioArgument,
    SeedOption,
    SetOption,
    StateOption,
    check_edited_files,
    choose,
    states_of,
)
from bench.cli.show import RESULTS, ResultsOption
from bench.model.build import BuilderKind
from bench.model.plan import Plan
from bench.pure.planning import DEFAULT_SEED, make_plan

MOST_ROWS = 100
MOST_IN_ORDER = 16
MOST_RENDERED = 200


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("plan")
    @with_groups
    def plan(
        scenario: ScenarioArgument,
        *,
        context: ContextOption = None,
        set_: SetOption = None,
        base: BaseOption = None,
        state: StateOption = None,
        asked: RoundsAsked,
        seed: SeedOption = DEFAULT_SEED,
        allow_large: AllowLargeOption = False,
        results: ResultsOption = RESULTS,
        format_: FormatOption = ListFormat.TABLE,
    ) -> None:
        """Show what a run would build: variants, states, order and number of builds. Touches no engine.

        The Dockerfiles are rendered, too (of a large matrix the first 200), so that a slip in the template shows here.
        """
        length = how_long(asked)
        chosen = choose(scenario, set_, base, context=context, allow_large=allow_large)
        chosen.dockerfiles(BuilderKind.BUILDKIT, most=MOST_RENDERED)
        states = states_of(chosen, state)
        check_edited_files(chosen, states)
        made = make_plan(chosen.scenario.name, chosen.variants, states, length.rounds, seed)
        if format_ is ListFormat.JSON:
            typer.echo(json.dumps(_as_json(chosen, made)))
        else:
            typer.echo("\n".join(_table(chosen, made, length, known_round_seconds(made, results))))


def _as_json(chosen: Chosen, plan: Plan) -> dict[str, Any]:
    return {
        "scenario": plan.scenario,
        "title": chosen.scenario.title,
        "axes": {axis.name: [level.name for level in axis.levels] for axis in chosen.axes},
        "states": list(plan.states),
        "rounds": plan.rounds,
        "seed": plan.seed,
        "builds": len(plan.trials),
        "variants": [{"id": variant.id, "levels": variant.levels} for variant in plan.variants],
        "trials": [
            {"number": trial.number, "round": trial.round, "variant": trial.variant, "state": trial.state}
            for trial in plan.trials
        ],
    }


def _table(chosen: Chosen, plan: Plan, length: HowLong, round_s: float | None) -> Iterator[str]:
    yield f"{plan.scenario}: {chosen.scenario.title}"
    yield ""
    yield from _variants(chosen, plan)
    yield ""
    yield from _order(plan)
    yield ""
    yield from outlook_lines(plan, length.adaptive, round_s)
    if len(plan.variants) > MOST_RENDERED:
        yield f"only the first {MOST_RENDERED} Dockerfiles were rendered to find mistakes; `run` renders all"


def _variants(chosen: Chosen, plan: Plan) -> Iterator[str]:
    from tabulate import tabulate

    headers = ["variant", *(axis.name for axis in chosen.axes)]
    rows = [[variant.id, *variant.levels.values()] for variant in plan.variants[:MOST_ROWS]]
    yield tabulate(rows, headers=headers, disable_numparse=True)
    if len(plan.variants) > MOST_ROWS:
        yield f"… and {len(plan.variants) - MOST_ROWS:,} more; --format json has them all"


def _order(plan: Plan) -> Iterator[str]:
    """One line a round: its variants in their order. The states of a variant stand side by side."""
    each = f" (each variant {' then '.join(plan.states)})" if len(plan.states) > 1 else ""
    yield f"order{each}:"
    for number, trials in islice(groupby(plan.trials, key=lambda trial: trial.round), MOST_IN_ORDER):
        variants = [trial.variant for trial in trials if trial.state is plan.states[0]]
        more = f", and {len(variants) - MOST_IN_ORDER:,} more" if len(variants) > MOST_IN_ORDER else ""
        yield f"  round {number}: {', '.join(variants[:MOST_IN_ORDER])}{more}"
    if plan.rounds > MOST_IN_ORDER:
        yield f"  … and {plan.rounds - MOST_IN_ORDER:,} rounds more; --format json has them all"
