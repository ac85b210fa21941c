"""`buildmark bisect`: which commit made builds slower?"""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.measuring import (
    REVISION_MAX_ROUNDS,
    BudgetOption,
    MarginOption,
    MaxRoundsOption,
    MinRoundsOption,
    ScenarioOption,
    Words,
    prepare,
)
from bench.cli.rounds import DEFAULT_MIN_ROUNDS
from bench.cli.run import EngineOption, TimeoutOption
from bench.cli.selection import BaseOption, BuilderOption, FormatOption, ListFormat, SeedOption, SetOption, StateOption
from bench.cli.show import RESULTS, ResultsOption, terminal_width
from bench.model.build import BuilderKind
from bench.pure.planning import DEFAULT_SEED
from bench.pure.verdicts import DEFAULT_MARGIN

GoodArgument = Annotated[
    str, typer.Argument(metavar="GOOD", help="A revision that builds as fast as it should.", show_default=False)
]
BadArgument = Annotated[
    str, typer.Argument(metavar="BAD", help="A later revision that builds slower.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("bisect")
    def bisect(
        good: GoodArgument,
        bad: BadArgument,
        *,
        scenario: ScenarioOption = None,
        set_: SetOption = None,
        base: BaseOption = None,
        state: StateOption = None,
        margin: MarginOption = DEFAULT_MARGIN,
        min_rounds: MinRoundsOption = DEFAULT_MIN_ROUNDS,
        max_rounds: MaxRoundsOption = REVISION_MAX_ROUNDS,
        budget: BudgetOption = None,
        engine: EngineOption = "auto",
        builder: BuilderOption = BuilderKind.BUILDKIT,
        timeout: TimeoutOption = None,
        seed: SeedOption = DEFAULT_SEED,
        results: ResultsOption = RESULTS,
        format_: FormatOption = ListFormat.TABLE,
    ) -> None:
        """Find the commit that made builds slower, by measuring each candidate beside GOOD until it is decided.

        Nothing of the repository is touched: each revision is checked out into a folder of its own. Exits with 0 when
        the commit is found and confirmed, else with 3.
        """
        from bench.app.bisection import Bisector
        from bench.ports.git_revisions import Repository
        from bench.pure.bisecting import exit_code_of_bisection
        from bench.report.bisection import render_bisection, render_bisection_json

        asked = prepare(
            Words(
                scenario=scenario,
                set_=set_,
                base=base,
                state=state,
                engine=engine,
                builder=builder,
                timeout=timeout,
                seed=seed,
                results=results,
                margin=margin,
                min_rounds=min_rounds,
                max_rounds=max_rounds,
                budget=budget,
            )
        )
        commits = Repository(asked.scenario.folder, asked.world.environment)
        bisector = Bisector(asked.scenario, asked.how, asked.world, margin=margin, commits=commits)
        found = bisector.find(good, bad)
        is_json = format_ is ListFormat.JSON
        typer.echo(
            render_bisection_json(found) if is_json else render_bisection(found, width=terminal_width()), nl=False
        )
        raise typer.Exit(exit_code_of_bisection(found))
