"""`buildmark bisect`: which commit made builds slower?"""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.compare import KeepDisturbedOption
from bench.cli.groups import with_groups
from bench.cli.measuring import ScenarioOption, Words, prepare
from bench.cli.selection import FormatOption, ListFormat
from bench.cli.show import terminal_width

GoodArgument = Annotated[
    str, typer.Argument(metavar="GOOD", help="A revision that builds as fast as it should.", show_default=False)
]
BadArgument = Annotated[
    str, typer.Argument(metavar="BAD", help="A later revision that builds slower.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("bisect")
    @with_groups
    def bisect(
        good: GoodArgument,
        bad: BadArgument,
        *,
        scenario: ScenarioOption = None,
        words: Words,
        keep_disturbed: KeepDisturbedOption = False,
        format_: FormatOption = ListFormat.TABLE,
    ) -> None:
        """Find the commit that made builds slower, by measuring each candidate beside GOOD until it is decided.

        Nothing of the repository is touched: each revision is checked out into a folder of its own. Exits with 0 when
        the commit is found and confirmed, else with 3.
        """
        from bench.app.bisection import Bisector
        from bench.ports.git_revisions import Repository
        from bench.pure.bisecting import exit_code_of_bisection
        from bench.pure.sides import Question
        from bench.report.bisection import render_bisection, render_bisection_json

        asked = prepare(scenario, words)
        commits = Repository(asked.scenario.folder, asked.world.environment)
        question = Question(margin=words.margin, keep_disturbed=keep_disturbed)
        bisector = Bisector(asked.scenario, asked.how, asked.world, question, commits=commits)
        found = bisector.find(good, bad)
        is_json = format_ is ListFormat.JSON
        typer.echo(
            render_bisection_json(found) if is_json else render_bisection(found, width=terminal_width()), nl=False
        )
        raise typer.Exit(exit_code_of_bisection(found))
