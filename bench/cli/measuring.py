"""What `compare --rev`, `gate` and `bisect` share: the options that say what of a scenario is measured, and how."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli.options import duration, share, whole_number
from bench.cli.rounds import DEFAULT_MIN_ROUNDS
from bench.cli.run import DisturbedOption, EngineOption, TimeoutOption
from bench.cli.selection import BaseOption, BuilderOption, SeedOption, SetOption, StateOption
from bench.cli.show import RESULTS, ResultsOption
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.plan import Adaptive
from bench.pure.host_samples import DISTURBED_ABOVE
from bench.pure.planning import DEFAULT_SEED, make_selection, parse_states
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
        help="The scenario to build: the name of one in this git repository, or the path of one in any.",
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


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """The options that say how long is measured, and on what."""

    min_rounds: MinRoundsOption = DEFAULT_MIN_ROUNDS
    max_rounds: MaxRoundsOption = REVISION_MAX_ROUNDS
    budget: BudgetOption = None
    engine: EngineOption = "auto"
    builder: BuilderOption = BuilderKind.BUILDKIT
    timeout: TimeoutOption = None
    seed: SeedOption = DEFAULT_SEED
    disturbed_above: DisturbedOption = DISTURBED_ABOVE


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say of a scenario that is measured, not yet understood."""

    set_: SetOption = None
    base: BaseOption = None
    state: StateOption = None
    margin: MarginOption = DEFAULT_MARGIN
    effort: Effort
    results: ResultsOption = RESULTS


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What the options come to."""

    scenario: Scenario
    how: Measuring
    world: World


def prepare(scenario: str | None, words: Words) -> Prepared:
    """Read the scenario and make sense of the options. Raises UsageError and InputError; touches no engine."""
    from bench.app.revision_campaign import Measuring
    from bench.cli.world import make_world
    from bench.ports.base_catalogue import load_catalogue
    from bench.ports.engines import EngineChoice
    from bench.ports.scenario_files import is_path, load_scenario, scenario_folders

    effort = words.effort
    if effort.min_rounds > effort.max_rounds:
        raise UsageError(f"--min-rounds {effort.min_rounds} is more than --max-rounds {effort.max_rounds}")
    catalogue = load_catalogue()
    name = _only_scenario() if scenario is None else scenario
    how = Measuring(
        selection=make_selection(words.set_ or (), words.base or ()),
        states=parse_states(words.state or (), ()),
        rounds=effort.max_rounds,
        adaptive=Adaptive(min_rounds=effort.min_rounds, decide=words.margin, budget_s=effort.budget),
        seed=effort.seed,
        engine=parse_choice(effort.engine, EngineChoice, "--engine", "there is no engine"),
        builder=effort.builder,
        timeout_s=effort.timeout,
        results=words.results,
        command=("buildmark", *sys.argv[1:]),
        disturbed_above=effort.disturbed_above,
    )
    loaded = load_scenario(name, folders=scenario_folders(), known_bases=catalogue)
    world = make_world(catalogue)
    _check_repository(loaded, world, by_name=not is_path(name))
    return Prepared(scenario=loaded, how=how, world=world)


def _check_repository(scenario: Scenario, world: World, *, by_name: bool) -> None:
    """Raise UsageError where a scenario has no revisions, or where its name led to another repository's."""
    from bench.ports.git_revisions import repository_root

    home, here = repository_root(scenario.folder, world.environment), repository_root(Path.cwd(), world.environment)
    is_ours = scenario.folder.is_relative_to(Path.cwd()) if home is None else home == here
    if by_name and not is_ours:
        raise UsageError(
            f"this folder has no scenario '{scenario.name}': the one of that name is {scenario.folder}, and its "
            f"revisions are not those of {here or 'this folder'}",
            remedy="make a scenario here: buildmark init; or, if you mean that one, name its path: "
            f"--scenario {scenario.folder}",
        )
    if home is None:
        raise UsageError(
            f"the scenario {scenario.name} lies in no git repository, so there are no revisions of it",
            remedy="make one, and commit the scenario: git init && git add -A && git commit",
        )


def _only_scenario() -> str:
    from bench.ports.scenario_files import find_scenarios

    found = [one.name for one in find_scenarios([Path("scenarios")])]
    if len(found) != 1:
        has = f"./scenarios has {len(found)}: {', '.join(found)}" if found else "./scenarios has none"
        raise UsageError(f"which scenario? {has}", remedy="--scenario NAME")
    return found[0]
