"""What `compare --rev`, `gate` and `bisect` share: the options that say what of a scenario is measured, and how."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli.options import duration, share, whole_number
from bench.cli.rounds import DEFAULT_MIN_ROUNDS
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.plan import Adaptive
from bench.pure.host_samples import DISTURBED_ABOVE
from bench.pure.planning import make_selection, parse_states
from bench.pure.verdicts import DEFAULT_MARGIN
from bench.report.choices import parse_choice

if TYPE_CHECKING:
    from bench.app.asked import World
    from bench.app.revision_campaign import Measuring
    from bench.model.scenario import Scenario

REVISION_MAX_ROUNDS = 60

ScenarioOption = Annotated[
    str | None,
    typer.Option(
        "--scenario",
        metavar="SCENARIO",
        help="The scenario to build, by name or path; it has to lie in a git repository.",
        show_default="the only one in ./scenarios",
    ),
]
MarginOption = Annotated[
    float,
    typer.Option(
        "--margin",
        metavar="SHARE",
        parser=share("--margin", "3%"),
        help="The difference that still counts as the same: 3% or 0.03.",
        show_default=f"{DEFAULT_MARGIN:.0%}",
    ),
]
MinRoundsOption = Annotated[
    int,
    typer.Option(
        "--min-rounds",
        metavar="N",
        parser=whole_number("--min-rounds", DEFAULT_MIN_ROUNDS, least=2),
        help="Decide nothing before this many rounds.",
    ),
]
MaxRoundsOption = Annotated[
    int,
    typer.Option(
        "--max-rounds",
        metavar="N",
        parser=whole_number("--max-rounds", REVISION_MAX_ROUNDS, least=2),
        help="Stop after this many rounds, decided or not.",
    ),
]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        "--budget",
        metavar="TIME",
        parser=duration("--budget", "20m"),
        help="Begin no round that would take a campaign's trials beyond this time, such as 20m.",
        show_default=False,
    ),
]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say, not yet understood."""

    scenario: str | None
    set_: list[str] | None
    base: list[str] | None
    state: list[str] | None
    engine: str
    builder: BuilderKind
    timeout: float | None
    seed: int
    results: Path
    margin: float
    min_rounds: int
    max_rounds: int
    budget: float | None


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What the options come to."""

    scenario: Scenario
    how: Measuring
    world: World


def prepare(words: Words) -> Prepared:
    """Read the scenario and make sense of the options. Raises UsageError and InputError; touches no engine."""
    from bench.app.revision_campaign import Measuring
    from bench.cli.world import make_world
    from bench.ports.base_catalogue import load_catalogue
    from bench.ports.engines import EngineChoice
    from bench.ports.scenario_files import load_scenario, scenario_folders

    if words.min_rounds > words.max_rounds:
        raise UsageError(f"--min-rounds {words.min_rounds} is more than --max-rounds {words.max_rounds}")
    catalogue = load_catalogue()
    name = _only_scenario() if words.scenario is None else words.scenario
    how = Measuring(
        selection=make_selection(words.set_ or (), words.base or ()),
        states=parse_states(words.state or (), ()),
        rounds=words.max_rounds,
        adaptive=Adaptive(min_rounds=words.min_rounds, decide=words.margin, budget_s=words.budget),
        seed=words.seed,
        engine=parse_choice(words.engine, EngineChoice, "--engine", "there is no engine"),
        builder=words.builder,
        timeout_s=words.timeout,
        results=words.results,
        command=("buildmark", *sys.argv[1:]),
        disturbed_above=DISTURBED_ABOVE,
    )
    scenario = load_scenario(name, folders=scenario_folders(), known_bases=catalogue)
    return Prepared(scenario=scenario, how=how, world=make_world(catalogue))


def _only_scenario() -> str:
    from bench.ports.scenario_files import find_scenarios

    found = [one.name for one in find_scenarios([Path("scenarios")])]
    if len(found) != 1:
        has = f"./scenarios has {len(found)}: {', '.join(found)}" if found else "./scenarios has none"
        raise UsageError(f"which scenario? {has}", remedy="--scenario NAME")
    return found[0]
