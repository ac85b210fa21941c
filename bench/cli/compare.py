"""`buildmark compare`: is HEAD slower than BASE, by how much, and which step is it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.bars import Bars, BarsOption, bars_wanted
from bench.cli.groups import with_groups
from bench.cli.measuring import Effort, MarginOption, ScenarioOption, Words
from bench.cli.selection import BaseOption, SetOption
from bench.cli.show import RESULTS, ResultsOption, StatesOption, terminal_width
from bench.errors import UsageError
from bench.pure.metrics import WALL
from bench.pure.verdicts import DEFAULT_MARGIN
from bench.report.choices import ComparisonFormat, parse_comparison_format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.model.comparison import Comparison
    from bench.pure.sides import Question

_FORMATS = ", ".join(ComparisonFormat)

BaseArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="BASE",
        help="What is compared with: a run's folder, its id, the beginning of its id, or `latest`; RUN:VARIANT for one "
        "variant of it.",
        show_default=False,
    ),
]
HeadArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="HEAD",
        help="What is judged, named alike; :VARIANT for one of the same run. None with --axis.",
        show_default=False,
    ),
]
AxisOption = Annotated[
    str | None,
    typer.Option(
        "--axis",
        metavar="AXIS",
        help="Compare the levels of this axis of the run BASE, each with the first, in pairs by round.",
        show_default=False,
    ),
]
MetricOption = Annotated[
    str, typer.Option("--metric", metavar="METRIC", help="What is judged: any metric of docs/FORMAT.md (Row).")
]
AcrossOption = Annotated[
    list[str] | None,
    typer.Option(
        "--across",
        metavar="FIELD,…",
        help="Compare although this field differs, for that is the point: storage_driver, docker_version, …; all for "
        "whatever differs. May be repeated.",
        show_default=False,
    ),
]
KeepDisturbedOption = Annotated[
    bool, typer.Option("--keep-disturbed", help="Count also the trials during which other work took much CPU.")
]
RevisionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rev",
        metavar="REV",
        help="Measure this git revision of the scenario now; twice or more, the first is the base. `.` is the working "
        "tree.",
        show_default=False,
    ),
]
FormatOption = Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"How to print: {_FORMATS}.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("compare")
    @with_groups
    def compare(
        base: BaseArgument = None,
        head: HeadArgument = None,
        *,
        axis: AxisOption = None,
        metric: MetricOption = WALL,
        margin: MarginOption = DEFAULT_MARGIN,
        state: StatesOption = None,
        across: AcrossOption = None,
        keep_disturbed: KeepDisturbedOption = False,
        results: ResultsOption = RESULTS,
        form: FormatOption = ComparisonFormat.TABLE.value,
        bars: BarsOption = Bars.AUTO,
        rev: RevisionOption = None,
        scenario: ScenarioOption = None,
        set_: SetOption = None,
        base_image: BaseOption = None,
        effort: Effort,
    ) -> None:
        """Compare two runs, two variants, the levels of an axis, or git revisions that are measured now.

        The verdicts are faster, slower, same or undecided, each with the steps to blame. Two sides of one run are
        compared in pairs by round. Two runs were measured at different times, which is said. With --rev, two revisions
        or more are built side by side until the question is decided; the options from --scenario on are for that.

        Exits with 4 when builds failed that did not fail in BASE, else with 1 when something is slower, else with 3
        when something is undecided, else with 0.
        """
        from bench.pure.comparison import exit_code_of_comparison
        from bench.pure.planning import parse_states
        from bench.pure.sides import Question
        from bench.report.comparison import render_comparison

        chosen_form = parse_comparison_format(form)
        drawn = bars_wanted(bars, is_table=chosen_form is ComparisonFormat.TABLE)
        question = Question(
            metric=metric,
            margin=margin,
            states=parse_states(state or (), ()),
            across=_fields(across or ()),
            keep_disturbed=keep_disturbed,
        )
        if rev:
            if base is not None or axis is not None:
                raise UsageError("--rev measures revisions now, and BASE or --axis name a run", remedy="leave one out")
            words = Words(set_=set_, base=base_image, state=state, margin=margin, effort=effort, results=results)
            comparison = _measured(scenario, rev, words, question)
        else:
            comparison = _compared(base, head, axis, question, results)
        typer.echo(render_comparison(comparison, chosen_form, width=terminal_width(), bars=drawn), nl=False)
        raise typer.Exit(exit_code_of_comparison(comparison))


def _measured(scenario: str | None, revisions: Sequence[str], words: Words, question: Question) -> Comparison:
    from bench.app.revision_campaign import compare_revisions
    from bench.cli.measuring import prepare

    if len(revisions) < 2:  # noqa: PLR2004  (a comparison has two sides)
        raise UsageError("--rev names one revision, and a comparison has two", remedy="--rev main --rev HEAD")
    asked = prepare(scenario, words)
    return compare_revisions(asked.scenario, revisions, asked.how, asked.world, question).comparison


def _compared(base: str | None, head: str | None, axis: str | None, question: Question, results: Path) -> Comparison:
    from bench.ports.compared_sides import open_side, open_sides, split_name
    from bench.ports.run_store import RunStore
    from bench.pure.comparison import compare, compare_axis

    store = RunStore(results)
    if axis is None:
        if base is None or head is None:
            raise UsageError(
                "compare needs a BASE and a HEAD",
                remedy="buildmark compare BASE HEAD, BASE --axis AXIS, or --rev main --rev HEAD",
            )
        return compare(*open_sides(store, base, head), question)
    run, variant = split_name(base or "latest")
    if head is not None or variant is not None:
        raise UsageError(
            "--axis compares all variants of one run, so it takes a run as BASE and no HEAD",
            remedy=f"buildmark compare {run or 'RUN'} --axis {axis}",
        )
    return compare_axis(open_side(store, run), axis, question)


def _fields(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(field for word in words for field in (part.strip() for part in word.split(",")) if field)
