"""Summary, run and trials → the view model of a page. Pure: what it needs of the disk, `load` has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bench import __version__
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.summary import RunSummary, Summary
from bench.model.trial import Trial
from bench.pure.fingerprint import environment_line
from bench.report.html.answer import answer_of
from bench.report.html.details import details_of
from bench.report.html.model import Page, RunView
from bench.report.html.rows import effects_of, filters_of, legend_of, table_of, times_of
from bench.report.html.surroundings import surroundings_of
from bench.report.html.texts import visible
from bench.report.tables import headline
from bench.report.units import count_text


class RunParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a run's files hold: `dockerfiles` maps the ids of variants to texts, without those that are gone."""

    run: Run
    trials: tuple[Trial, ...]
    summary: Summary
    dockerfiles: Mapping[str, str] = {}


def page_of(parts: Sequence[RunParts]) -> Page:
    """The page of one or more runs, in the order in which they are given."""
    runs = tuple(run_view(one, f"r{number}") for number, one in enumerate(parts, start=1))
    title = runs[0].title if len(runs) == 1 else f"Buildmark: {count_text(len(runs), 'run')}"
    return Page(title=title, version=__version__, runs=runs)


def run_view(parts: RunParts, key: str) -> RunView:
    """One run of the page. `key` starts the ids of its elements, so that several runs fit on one page."""
    run, summary = parts.run, parts.summary
    places = {variant.id: place for place, variant in enumerate(run.plan.variants)}
    table, times = table_of(summary, places), times_of(summary, places)
    best = next((bar.variant for bar in table.rows), 0)
    names = [variant.id for variant in run.plan.variants]
    return RunView(
        key=key,
        id=visible(run.id),
        title=visible(_title(summary.run)),
        when=f"{summary.run.created_at:%Y-%m-%d %H:%M} UTC",
        headline=visible(_headline(summary.run)),
        machine=visible(environment_line(summary.run.fingerprint)),
        answer=answer_of(summary, places),
        table=table,
        filters=filters_of(summary),
        states=tuple(state.value for state in State if any(row.state is state for row in summary.rows)),
        effects=effects_of(summary),
        times=times,
        legend=legend_of(times),
        surroundings=surroundings_of(run, parts.trials, summary, places),
        details=details_of(run, parts.trials, parts.dockerfiles, names[best] if names else None),
    )


def _title(run: RunSummary) -> str:
    return f"{run.scenario}: {run.title}"


def _headline(run: RunSummary) -> str:
    """What the title does not say: which run it is, how it was measured, and on what."""
    return headline(run).removeprefix(f"{_title(run)} · ")
