"""What the index tells of all runs → the view model of the pages. Pure: what is on the disk, `publish` has looked at.

Neighbours: `cards` has those of the first page, `lines` the parts that several pages share, `feed` the feed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.model.followed import Followed, FollowedRuns, FollowedSeries
from bench.model.history import RunEntry
from bench.model.plan import CANARY
from bench.pure.fingerprint import fact_text
from bench.pure.fingerprint_fields import FIELDS
from bench.pure.trends import LEAST_RUNS
from bench.report.history import commit_text, time_text
from bench.report.html.texts import short_name, visible
from bench.report.site.cards import comparisons, differs, scenario_group
from bench.report.site.lines import Places, change_view, run_line, told_changes, told_steps
from bench.report.site.model import IndexPage, MetricView, Problem, RunsPage, SeriesView, TargetPage
from bench.report.site.plots import plot_of, spark_of
from bench.report.site.words import metric_title, series_id, series_words, target_words, variant_words, verdict_of
from bench.report.units import count_text, metric_range_text, metric_text

MOST_CHANGES = 20
MOST_SERIES = 4
MOST_RUNS = 20
UP = "../"
"""From a page in a folder to the first page's."""


def index_page(title: str, known: FollowedRuns, places: Places, problems: Sequence[tuple[str, str]]) -> IndexPage:
    """The first page. `problems` are the runs that have no page, with the reasons."""
    groups: defaultdict[str, list[Followed]] = defaultdict(list)
    for one in known.followed:
        groups[one.scenario].append(one)
    changes = told_changes(known.followed)
    lines = [run_line(key, entry, places, "") for key, entry in known.runs.items()]
    return IndexPage(
        title=visible(title),
        lead=_lead(known, sum(map(len, changes))),
        groups=tuple(scenario_group(ours, known, places) for ours in groups.values()),
        changes=tuple(change_view(one, known.runs, places, "", most=MOST_SERIES) for one in changes[:MOST_CHANGES]),
        changes_more=max(0, len(changes) - MOST_CHANGES),
        runs=tuple(lines[:MOST_RUNS]),
        runs_more=max(0, len(lines) - MOST_RUNS),
        problems=tuple(Problem(run=short_name(run), reason=visible(reason)) for run, reason in problems),
    )


def runs_page(known: FollowedRuns, places: Places) -> RunsPage:
    """The page of all runs."""
    return RunsPage(title="All runs", runs=tuple(run_line(key, entry, places, "") for key, entry in known.runs.items()))


def target_page(followed: Followed, known: FollowedRuns, places: Places) -> TargetPage:
    """The page of a scenario on one target."""
    steps = told_steps([followed])
    keys = sorted({key for series in followed.series for key in series.keys}, key=followed.runs.index)
    numbers = {key: number for number, key in enumerate(keys)}
    return TargetPage(
        title=short_name(followed.scenario),
        subtitle=short_name(followed.title),
        target=visible(target_words(followed.target)),
        differs=differs(followed, known),
        lead=f"{count_text(len(followed.runs), 'run')}, {len(followed.series):,} series, "
        f"{count_text(len(steps), 'step')}.",
        facts=_facts(followed),
        changes=tuple(change_view(one, known.runs, places, UP) for one in told_changes([followed])),
        notes=_notes(followed, known),
        metrics=tuple(_metric(metric, followed, numbers) for metric in known.metrics),
        runs=tuple(run_line(key, known.runs[key], places, UP) for key in reversed(followed.runs)),
        points=tuple(_point(key, known.runs[key], places) for key in keys),
    )


def _lead(known: FollowedRuns, n_steps: int) -> str:
    if not known.runs:
        return "There is no run yet."
    n_scenarios = len({one.scenario for one in known.followed})
    newest = next(iter(known.runs.values()))
    told = f"the newest began {time_text(newest.created_at)} UTC"
    words = [count_text(len(known.runs), "run"), count_text(n_scenarios, "scenario"), count_text(n_steps, "step")]
    return f"{', '.join(words)}; {told}."


def _facts(one: Followed) -> tuple[tuple[str, str], ...]:
    return tuple(
        (FIELDS[name].title if name in FIELDS else visible(name).replace("_", " "), visible(fact_text(name, fact)))
        for name, fact in one.target.facts.items()
    )


def _notes(one: Followed, known: FollowedRuns) -> tuple[str, ...]:
    notes = []
    if n_compared := len(comparisons(one, known)):
        notes.append(
            f"The series leave out {count_text(n_compared, 'run')} made to compare revisions, which measured several "
            "commits each: what each revision changed is told on the page of the run."
        )
    if short := sum(series.is_short for series in one.series):
        notes.append(f"{short:,} series have fewer than {LEAST_RUNS} runs here: no step can be found there yet.")
    if any(series.name.variant == CANARY and series.changes for series in one.series):
        notes.append("A step of the canary is the machine's: it is the same build in every run.")
    if any(place.dirty for s in one.series for c in s.changes for place in (c.after, c.at)):
        notes.append("A star marks a run of which something was not committed.")
    return tuple(notes)


def _metric(metric: str, one: Followed, numbers: Mapping[int, int]) -> MetricView:
    return MetricView(
        id=f"m-{metric}",
        metric=metric,
        title=metric_title(metric),
        series=tuple(_series(each, numbers) for each in one.series if each.metric == metric),
    )


def _series(series: FollowedSeries, numbers: Mapping[int, int]) -> SeriesView:
    last = series.points[-1]
    verdict, judgement = verdict_of(series)
    plot = plot_of(series, numbers)
    return SeriesView(
        id=series_id(series),
        variant=short_name(variant_words(series.name)),
        state=series.name.state.value,
        filtered=short_name(series_words(series.name)).lower(),
        latest=metric_text(last.median, series.unit),
        between="" if last.n == 1 else metric_range_text(last.low, last.high, series.unit, like=last.median),
        when=time_text(last.created_at),
        n_runs=len(series.points),
        verdict=verdict,
        judgement=judgement,
        spark=spark_of([point.median for point in series.points], plot.label),
        plot=plot,
    )


def _point(key: int, entry: RunEntry, places: Places) -> tuple[str, str, str, str]:
    commit = commit_text(entry.source.commit, dirty=entry.source.dirty)
    href = places.run(key)
    return (short_name(entry.name), time_text(entry.created_at), visible(commit), UP + href if href else "")
