"""`buildmark run`: build every variant in every state, round after round, and print the tables."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.bars import Bars, BarsOption, bars_wanted
from bench.cli.groups import with_groups
from bench.cli.options import seconds
from bench.cli.outlook import known_round_seconds, outlook_lines
from bench.cli.rounds import RoundsAsked, how_long
from bench.cli.selection import (
    AllowLargeOption,
    BaseOption,
    BuilderOption,
    ContextOption,
    SeedOption,
    SetOption,
    StateOption,
    choose,
    states_of,
)
from bench.cli.show import RESULTS, KeepDisturbedOption, ResultsOption, ShowFormatOption, SortOption
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.pure.host_samples import DISTURBED_ABOVE
from bench.pure.planning import DEFAULT_SEED, make_plan
from bench.report.choices import SortColumn, SummaryFormat, parse_choice, parse_format, parse_sort
from bench.report.units import plain_text

if TYPE_CHECKING:
    from bench.app.asked import Campaign

ScenariosArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO",
        help="Scenarios by name (see `buildmark scenarios`), the paths of their folders, or Dockerfiles of yours. Each "
        "makes a run.",
        show_default=False,
    ),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="host: your own Docker. private: one that Buildmark fetches, starts and removes (root on Debian). "
        "auto: host where it answers, else private.",
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="S",
        parser=seconds("--timeout", 600, least=0.1),
        help="Stop a build after S seconds.",
        show_default="the scenario's",
    ),
]
ONE_DOCUMENT = (SummaryFormat.CSV, SummaryFormat.JSON)


class Registry(StrEnum):
    """What `--registry` may name."""

    LOCAL = "local"


RegistryOption = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="local",
        help="Where the state pull gets bases from that came from no registry. local: one on this machine, started and "
        "ended by Buildmark.",
    ),
]
DropPageCacheOption = Annotated[
    bool,
    typer.Option(
        "--drop-page-cache",
        help="Empty the whole machine's page cache before each timed build, so that it reads from the disk (root).",
    ),
]
DisturbedOption = Annotated[
    float,
    typer.Option(
        "--disturbed-above",
        metavar="SHARE",
        min=0.0,
        max=1.0,
        help="Mark a trial as disturbed when other work took more of the machine's CPU time than this; 1 for never.",
    ),
]
CanaryOption = Annotated[
    bool,
    typer.Option(
        "--canary",
        help="Begin each round with a small fixed build, which shows what else changed between two runs.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("run")
    @with_groups
    def run(
        scenarios: ScenariosArgument,
        *,
        context: ContextOption = None,
        set_: SetOption = None,
        base: BaseOption = None,
        state: StateOption = None,
        asked: RoundsAsked,
        seed: SeedOption = DEFAULT_SEED,
        engine: EngineOption = "auto",
        builder: BuilderOption = BuilderKind.BUILDKIT,
        timeout: TimeoutOption = None,
        drop_page_cache: DropPageCacheOption = False,
        registry: RegistryOption = None,
        results: ResultsOption = RESULTS,
        form: ShowFormatOption = SummaryFormat.TABLE.value,
        sort: SortOption = SortColumn.TIME.value,
        bars: BarsOption = Bars.AUTO,
        allow_large: AllowLargeOption = False,
        disturbed_above: DisturbedOption = DISTURBED_ABOVE,
        keep_disturbed: KeepDisturbedOption = False,
        canary: CanaryOption = False,
    ) -> None:
        """Build every variant of a scenario, cold and warm, round after round, and print the tables.

        Every trial is kept under the results folder. Ctrl-C keeps what was measured; `buildmark resume` goes on.
        """
        from bench.app.asked import Campaign
        from bench.app.session import start_run
        from bench.cli.world import make_world, report
        from bench.ports.base_catalogue import load_catalogue
        from bench.ports.engines import EngineChoice
        from bench.pure.canary import canaries

        shown, column = parse_format(form), parse_sort(sort)
        drawn = bars_wanted(bars, is_table=shown is SummaryFormat.TABLE)
        if registry is not None:
            parse_choice(registry, Registry, "--registry", "there is no registry")
        if shown in ONE_DOCUMENT and len(scenarios) > 1:
            raise UsageError(
                f"--format {shown} is one document, and {len(scenarios)} scenarios make as many",
                remedy=f"run one scenario, or print each run later: buildmark show RUN --format {shown}",
            )
        length = how_long(asked)
        chosen_engine = parse_choice(engine, EngineChoice, "--engine", "there is no engine")

        def campaign(name: str) -> Campaign:
            chosen = choose(name, set_, base, context=context, allow_large=allow_large)
            states = states_of(chosen, state)
            for note in chosen.notes:
                typer.echo(plain_text(note), err=True)
            return Campaign(
                scenario=chosen.scenario,
                home=chosen.scenario.folder,
                axes=chosen.axes,
                plan=make_plan(chosen.scenario.name, chosen.variants, states, length.rounds, seed, canary=canary),
                dockerfiles={**chosen.dockerfiles(builder), **(canaries(chosen.variants) if canary else {})},
                engine=chosen_engine,
                builder=builder,
                timeout_s=timeout or chosen.scenario.limits.timeout_s,
                results=results,
                drop_page_cache=drop_page_cache,
                local_registry=registry is not None,
                command=("buildmark", *sys.argv[1:]),
                disturbed_above=disturbed_above,
                adaptive=length.adaptive,
            )

        # All are read and rendered before the first build: a slip in the last one must not cost an hour.
        world = make_world(load_catalogue())
        campaigns = [campaign(name) for name in scenarios]
        for one in campaigns:
            if one.adaptive is not None:
                for line in outlook_lines(one.plan, one.adaptive, known_round_seconds(one.plan, results)):
                    world.say(line)
        codes = [
            report(start_run(one, world), shown, column, keep_disturbed=keep_disturbed, bars=drawn) for one in campaigns
        ]
        raise typer.Exit(max(codes))
