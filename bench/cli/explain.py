"""`buildmark explain`: the steps of a trial, why each missed the cache, the proof, and where the time went."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bench.cli.show import RESULTS, ResultsOption, RunArgument, StatesOption, terminal_width


class ExplainFormat(StrEnum):
    """How an explanation can be had."""

    TABLE = "table"
    JSON = "json"


VariantArgument = Annotated[
    str | None, typer.Argument(metavar="[VARIANT]", help="A variant's id; all of them when none is named.")
]
RoundOption = Annotated[
    int | None,
    typer.Option("--round", metavar="N", help="Explain the trial of this round.", show_default="the typical one"),
]
FormatOption = Annotated[str, typer.Option("--format", metavar="FORMAT", help="How to print: table, json.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("explain")
    def explain(
        run: RunArgument = "latest",
        variant: VariantArgument = None,
        *,
        state: StatesOption = None,
        round_: RoundOption = None,
        form: FormatOption = ExplainFormat.TABLE.value,
        results: ResultsOption = RESULTS,
    ) -> None:
        """Explain trials: each step and why it missed the cache, the state's proof, where the time went.

        Of each variant and state it takes the valid trial whose time is nearest to the median, unless a round is named.
        """
        from bench.ports.run_store import RunStore
        from bench.pure.explanation import explain as explained
        from bench.pure.planning import parse_states
        from bench.report.choices import parse_choice
        from bench.report.explain import render_explanation, render_explanation_json

        chosen_form = parse_choice(form, ExplainFormat, "--format", "there is no format")
        states = parse_states(state or (), ())
        folder = RunStore(results).open(run)
        record = folder.read_run()
        found = explained(record, folder.read_trials(record).trials, variant=variant, states=states, round_=round_)
        if chosen_form is ExplainFormat.JSON:
            typer.echo(render_explanation_json(found), nl=False)
        else:
            typer.echo(render_explanation(found, width=terminal_width()), nl=False)
