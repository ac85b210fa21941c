"""`buildmark plot`: a picture of a run or of a series, as an SVG or PNG file, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.history import BranchOption, IndexOption, MetricOption, chosen_index, chosen_metrics
from bench.cli.options import choice
from bench.cli.out import write_out
from bench.cli.show import RESULTS, KeepDisturbedOption, ReadResultsOption, from_here
from bench.errors import UsageError
from bench.report.choices import PlotFormat, PlotKind, Theme

if TYPE_CHECKING:
    from bench.report.charts.themes import Spec

_WIDTH = 760
_WIDTHS = (240, 4000)


def _width(word: str | int) -> int:
    width = int(word) if str(word).isascii() and str(word).isdigit() else 0
    if not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise UsageError(f"--width takes {_WIDTHS[0]} to {_WIDTHS[1]} pixels, not '{word}'", remedy=f"--width {_WIDTH}")
    return width


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("plot")
    def plot(
        run: Annotated[
            str,
            typer.Argument(
                metavar="RUN",
                help="A run's folder, its id, the beginning of its id, or `latest`. With --kind trend, the name of a "
                "series, SCENARIO/VARIANT/STATE, or a part of it.",
            ),
        ],
        *,
        kind: Annotated[
            PlotKind,
            typer.Option(
                "--kind",
                metavar="KIND",
                parser=choice(PlotKind, "--kind", "there is no kind of picture"),
                help=f"What to show: {', '.join(PlotKind)}.",
                show_default=False,
            ),
        ],
        out: Annotated[
            Path,
            typer.Option(
                "--out",
                metavar="FILE",
                help="The file to write, whole or not at all: .svg or .png.",
                show_default=False,
            ),
        ],
        variant: Annotated[
            list[str] | None,
            typer.Option("--variant", metavar="ID,…", help="Only these variants. May be repeated.", show_default="all"),
        ] = None,
        state: Annotated[
            list[str] | None,
            typer.Option(
                "--state",
                metavar="STATE,…",
                help="Only these cache states. May be repeated.",
                show_default="all; tradeoff and waterfall: cold",
            ),
        ] = None,
        width: Annotated[
            int, typer.Option("--width", metavar="PIXELS", parser=_width, help="How wide the picture is, about.")
        ] = _WIDTH,
        theme: Annotated[
            Theme,
            typer.Option(
                "--theme",
                metavar="THEME",
                parser=choice(Theme, "--theme", "there is no theme"),
                help=f"What it is looked at on: {', '.join(Theme)}.",
            ),
        ] = Theme.LIGHT,
        metric: MetricOption = None,
        branch: BranchOption = None,
        index: IndexOption = None,
        keep_disturbed: KeepDisturbedOption = False,
        results: ReadResultsOption = RESULTS,
    ) -> None:
        """Draw a run, or a series over its runs, without a browser.

        tradeoff: size against time; effects: what each axis level does; phases: where the time goes; waterfall: the
        steps of the median trial of a variant; trials: every one; trend: a series, for which alone --metric, --branch
        and --index are.
        """
        form = _form(out)
        words = (variant or [], state or [])
        if kind is PlotKind.TREND:
            spec = _series(run, results, words, (metric, branch, index), width)
        else:
            _refuse({"--metric": metric, "--branch": branch, "--index": index})
            spec = _run(run, results, kind, words, width, keep_disturbed=keep_disturbed)
        from bench.report.charts.render import render

        write_out(out, render(spec, form, theme))
        typer.echo(f"wrote {from_here(out)}")


def _form(out: Path) -> PlotFormat:
    """The format that a file's name asks for."""
    known = [form.value for form in PlotFormat]
    ending = out.suffix.removeprefix(".").lower()
    if ending not in known:
        raise UsageError(f"--out {out} names neither an .svg nor a .png file", remedy=f"--out {out.stem or 'plot'}.svg")
    return PlotFormat(ending)


def _refuse(given: dict[str, object]) -> None:
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} is for --kind trend only", remedy=f"leave out {option}")


def _run(
    run: str, results: Path, kind: PlotKind, words: tuple[list[str], list[str]], width: int, *, keep_disturbed: bool
) -> Spec:
    from bench.ports.run_store import RunStore
    from bench.pure.planning import parse_states, split_list
    from bench.report.export_records import load_records
    from bench.report.plots import Wanted, plot_run

    variants, states = words
    wanted = Wanted(
        kind=kind,
        variants=tuple(name for word in variants for name in split_list(word)),
        states=parse_states(states, ()),
        width=width,
    )
    return plot_run(load_records(RunStore(results).open(run), keep_disturbed=keep_disturbed), wanted)


def _series(
    pattern: str,
    results: Path,
    words: tuple[list[str], list[str]],
    chosen: tuple[list[str] | None, str | None, str | None],
    width: int,
) -> Spec:
    from bench.app.history import show_series
    from bench.app.trends import Search, find_trends
    from bench.ports.history_update import open_index
    from bench.report.plots import plot_series

    if words[0] or words[1]:
        raise UsageError(
            "--variant and --state are not for --kind trend", remedy="name the series: SCENARIO/VARIANT/STATE"
        )
    metrics, branch = chosen_metrics(chosen[0]), chosen[1]
    if len(metrics) > 1:
        raise UsageError("a picture shows one metric", remedy=f"--metric {metrics[0]}")
    with open_index(chosen_index(chosen[2]), results) as opened:
        found = show_series(opened, pattern, metrics, branch=branch).series
        trends = find_trends(opened, Search(metrics=metrics, pattern=pattern, branch=branch))
    return plot_series(found, trends, pattern=pattern, width=width)
