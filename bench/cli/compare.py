"""`buildmark compare`: is HEAD slower than BASE, by how much, and which step is it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from bench.cli.bars import Bars, BarsOption, bars_wanted
from bench.cli.groups import with_groups
from bench.cli.measuring import Effort, MarginOption, ScenarioOption, Words
from bench.cli.out import check_out, write_out
from bench.cli.selection import BaseOption, SetOption
from bench.cli.show import RESULTS, ResultsOption, StatesOption, from_here, terminal_width
from bench.errors import UsageError
from bench.pure.metrics import WALL
from bench.pure.verdicts import DEFAULT_MARGIN
from bench.report.choices import ComparisonFormat, parse_comparison_format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.cli.compared import Made


COMPARE_FILE = "compare.html"
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
HtmlOption = Annotated[
    bool,
    typer.Option("--html", help="Also make a page of it: both sides beside each other, their steps matched."),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Where --html writes the page.",
        show_default=f"{COMPARE_FILE} in the folder of HEAD's run",
    ),
]
OpenOption = Annotated[bool, typer.Option("--open", help="Open that page in a browser.")]


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
        html: HtmlOption = False,
        out: OutOption = None,
        open_: OpenOption = False,
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
        --html makes a page of it beside the table, one file that fetches nothing.

        Exits with 4 when builds failed that did not fail in BASE, else with 1 when something is slower, else with 3
        when something is undecided, else with 0.
        """
        from bench.cli.compared import compared, measured
        from bench.pure.comparison import exit_code_of_comparison
        from bench.pure.planning import parse_states
        from bench.pure.sides import Question
        from bench.report.comparison import render_comparison

        chosen_form = parse_comparison_format(form)
        page = _asked_page(out, html=html, open_=open_)
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
            made = measured(scenario, rev, words, question)
        else:
            made = compared(base, head, axis, question, results)
        typer.echo(render_comparison(made.comparison, chosen_form, width=terminal_width(), bars=drawn), nl=False)
        if page is not None:
            _write_page(made, page, keep_disturbed=keep_disturbed)
        raise typer.Exit(exit_code_of_comparison(made.comparison))


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was asked for; `out` is None for its usual place."""

    out: Path | None
    is_opened: bool


def _asked_page(out: Path | None, *, html: bool, open_: bool) -> _Page | None:
    """What the options ask for. Raises UsageError before anything is measured, where it could not be written after."""
    if not html:
        if out is not None or open_:
            raise UsageError(
                f"{'--out' if out is not None else '--open'} is about the page of --html",
                remedy="add --html",
            )
        return None
    if out is not None:
        check_out(out)
    return _Page(out=out, is_opened=open_)


def _write_page(made: Made, page: _Page, *, keep_disturbed: bool) -> None:
    """Write the page and say where it is, on standard error: standard output is the comparison and nothing else."""
    from bench.ports.browser import open_in_browser
    from bench.report.html.compared.load import comparison_html
    from bench.report.units import bytes_text

    text = comparison_html(made.comparison, made.sides, made.folders, keep_disturbed=keep_disturbed).encode()
    path = page.out or made.folders[1].path / COMPARE_FILE
    write_out(path, text)
    typer.echo(f"{from_here(path)}: {bytes_text(len(text))}", err=True)
    if page.is_opened and not open_in_browser(path):
        typer.echo("no browser could be started: open that file yourself", err=True)


def _fields(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(field for word in words for field in (part.strip() for part in word.split(",")) if field)
