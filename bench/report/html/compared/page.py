"""A comparison and its sides → the view model of a page. Pure: what it needs of the disk, `load` has read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bench import __version__
from bench.model.comparison import Comparison
from bench.model.scenario import REVISION_AXIS, State
from bench.pure.sides import Side
from bench.report.comparison import headline
from bench.report.html.compared.answer import answer_of
from bench.report.html.compared.besides import besides_of
from bench.report.html.compared.details import details_of
from bench.report.html.compared.forest import forest_of
from bench.report.html.compared.held import BASE, HEAD, ComparedParts, Held, held_rows
from bench.report.html.compared.model import ComparedAnswer, ComparedPage
from bench.report.html.compared.times import legend_of, times_of
from bench.report.html.render import render_template
from bench.report.html.texts import visible
from bench.report.units import plain_text

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
        headline=visible(_headline(comparison)),
        sides=tuple(
            (word, _side_text(side, told.label, _revisions(side, comparison, word)))
            for word, side, told in ((BASE, parts.base, comparison.base), (HEAD, parts.head, comparison.head))
        ),
        answer=answer,
        forest=forest_of(comparison, held),
        states=tuple(state.value for state in State if state in states),
        times=times,
        legend=legend_of(times),
        besides=besides_of(parts, held),
        details=details_of(parts, held, _first(held, answer)),
        runs=tuple(dict.fromkeys(visible(side.run.id) for side in (parts.base, parts.head))),
    )


def render_compared(page: ComparedPage) -> str:
    """The page as one text."""
    return render_template("compared.html.jinja", page, scripts=SCRIPTS, styles=STYLES)


def _undisturbed(side: Side) -> Side:
    trials = tuple(msgspec.structs.replace(trial, disturbed=None) for trial in side.trials)
    return msgspec.structs.replace(side, trials=trials)


def _headline(comparison: Comparison) -> str:
    """What the title does not say: in which metric, how, and within which margin."""
    titled = plain_text(f"{comparison.head.label} against {comparison.base.label}")
    return headline(comparison).removeprefix(f"{titled} · ")


def _first(held: Sequence[Held], answer: ComparedAnswer) -> int:
    """The row that is shown at first: the gravest that was judged."""
    places = [outcome.row.variant or 0 for outcome in answer.outcomes]
    return next((place for place in places if held[place].row.ratio is not None), places[0])


def _side_text(side: Side, label: str, revisions: Sequence[str]) -> str:
    """Which side it is, when it began, and of which commit."""
    run = side.run
    words = [label, f"begun {run.created_at:%Y-%m-%d %H:%M} UTC"]
    commits = [one.commit for one in run.revisions if one.name in revisions]
    if commits:
        words += [f"commit {commit[:_COMMIT]}" if commit else "the working tree" for commit in commits]
    elif run.git is not None and run.git.commit is not None and not run.revisions:
        branch = f" ({run.git.branch})" if run.git.branch else ""
        words.append(f"commit {run.git.commit[:_COMMIT]}{branch}{', with changes' if run.git.dirty else ''}")
    return visible(" · ".join(words))


def _revisions(side: Side, comparison: Comparison, word: str) -> Sequence[str]:
    """The revisions that one side of a comparison is of, by name; none where it is of another kind."""
    levels = side.run.axes.get(REVISION_AXIS, ())
    if comparison.axis == REVISION_AXIS:
        return levels[:1] if word == BASE else levels[1:]
    return [variant.levels.get(REVISION_AXIS, "") for variant in side.run.plan.variants if variant.id == side.variant]
