"""A comparison and its sides → the view model of a page. Pure: what it needs of the disk, `load` has read."""

from __future__ import annotations

import msgspec

from bench import __version__
from bench.model.run import Run
from bench.model.scenario import State
from bench.pure.sides import Side
from bench.report.comparison import headline
from bench.report.html.compared.answer import answer_of
from bench.report.html.compared.besides import besides_of
from bench.report.html.compared.details import details_of
from bench.report.html.compared.forest import forest_of
from bench.report.html.compared.held import BASE, HEAD, ComparedParts, held_rows
from bench.report.html.compared.model import ComparedPage
from bench.report.html.compared.times import legend_of, times_of
from bench.report.html.render import render_template
from bench.report.html.texts import visible

KEY = "c"
SCRIPTS = (
    "start.js",
    "lanes.js",
    "table.js",
    "diff.js",
    "main.js",
    "compared-dots.js",
    "compared-detail.js",
    "compared.js",
)
STYLES = ("page.css", "compared.css")
_COMMIT = 12


def compared_page(parts: ComparedParts) -> ComparedPage:
    """The page of a comparison."""
    if parts.keep_disturbed:
        parts = msgspec.structs.replace(parts, base=_undisturbed(parts.base), head=_undisturbed(parts.head))
    comparison, held = parts.comparison, held_rows(parts)
    answer, times = answer_of(comparison, held), times_of(held)
    states = {one.row.state for one in held}
    return ComparedPage(
        key=KEY,
        title=visible(f"{comparison.head.label} against {comparison.base.label}"),
        version=__version__,
        headline=visible(headline(comparison)),
        sides=(
            (BASE, _side_text(parts.base.run, comparison.base.label)),
            (HEAD, _side_text(parts.head.run, comparison.head.label)),
        ),
        answer=answer,
        forest=forest_of(comparison, held),
        states=tuple(state.value for state in State if state in states),
        times=times,
        legend=legend_of(times),
        besides=besides_of(parts, held),
        details=details_of(parts, held, answer.outcomes[0].row.variant or 0),
        runs=tuple(dict.fromkeys(visible(side.run.id) for side in (parts.base, parts.head))),
    )


def render_compared(page: ComparedPage) -> str:
    """The page as one text."""
    return render_template("compared.html.jinja", page, scripts=SCRIPTS, styles=STYLES)


def _undisturbed(side: Side) -> Side:
    trials = tuple(msgspec.structs.replace(trial, disturbed=None) for trial in side.trials)
    return msgspec.structs.replace(side, trials=trials)


def _side_text(run: Run, label: str) -> str:
    """Which side it is, when it began, and of which commit."""
    words = [label, f"begun {run.created_at:%Y-%m-%d %H:%M} UTC"]
    if run.git is not None and run.git.commit is not None and not run.revisions:
        branch = f" ({run.git.branch})" if run.git.branch else ""
        words.append(f"commit {run.git.commit[:_COMMIT]}{branch}{', with changes' if run.git.dirty else ''}")
    return visible(" · ".join(words))
