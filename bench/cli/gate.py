"""`buildmark gate`: stop a change that makes builds slower, and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.bars import Bars, BarsOption, bars_wanted
from bench.cli.compare import FormatOption, KeepDisturbedOption
from bench.cli.groups import with_groups
from bench.cli.history import IndexOption, chosen_index
from bench.cli.measuring import ScenarioOption, Words, prepare
from bench.cli.show import terminal_width
from bench.report.choices import ComparisonFormat, parse_comparison_format

AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="BRANCH",
        help="The branch that the change goes to; it is compared with where the change left it.",
        show_default="the remote's default branch, main or master",
    ),
]
HeadOption = Annotated[
    str, typer.Option("--head", metavar="REV", help="The change: a revision, or . for the files as they are.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("gate")
    @with_groups
    def gate(
        *,
        scenario: ScenarioOption = None,
        against: AgainstOption = None,
        head: HeadOption = "HEAD",
        words: Words,
        keep_disturbed: KeepDisturbedOption = False,
        index: IndexOption = None,
        form: FormatOption = ComparisonFormat.TABLE.value,
        bars: BarsOption = Bars.AUTO,
    ) -> None:
        """Build the change beside what it started from, and again before anything is said to be slower.

        Where recent runs of the base branch let expect what the change takes, they spare that.

        Exits with 1 when two campaigns found the same thing slower, else with 3 when something could not be decided,
        else with 0.
        """
        from bench.app.gate import Gatekeeper, gate_pair
        from bench.app.recent_runs import recent_of
        from bench.ports.git_revisions import Repository
        from bench.ports.history_update import open_index
        from bench.pure.gating import exit_code_of_gate
        from bench.pure.sides import Question
        from bench.report.gate import render_gate

        chosen_form = parse_comparison_format(form)
        drawn = bars_wanted(bars, is_table=chosen_form is ComparisonFormat.TABLE)
        asked = prepare(scenario, words)
        repository = Repository(asked.scenario.folder, asked.world.environment)
        branch = against or repository.default_branch()
        pair = gate_pair(repository, branch, head)
        with open_index(chosen_index(index), words.results) as opened:
            recent = recent_of(opened, asked.scenario.name, branch.removeprefix("origin/"))
            question = Question(margin=words.margin, keep_disturbed=keep_disturbed)
            keeper = Gatekeeper(asked.scenario, asked.how, asked.world, question, recent=recent)
            answer = keeper.judge(*pair)
        typer.echo(render_gate(answer, chosen_form, width=terminal_width(), bars=drawn), nl=False)
        raise typer.Exit(exit_code_of_gate(answer.rows))
