"""What the index tells of all runs → the view model of the pages. Pure: what is on the disk, `publish` has looked at.

Neighbours: `lines` has the parts that several pages share, `feed` the feed.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.model.followed import Followed, FollowedRuns, FollowedSeries
from bench.model.history import RunEntry
from bench.model.plan import CANARY
from bench.model.scenario import State
from bench.pure.fingerprint import fact_text
from bench.pure.fingerprint_fields import FIELDS
from bench.pure.metrics import IMAGE_SIZE, MORE_IS_BETTER, WALL
from bench.pure.series import target_difference
from bench.pure.trends import LEAST_RUNS
from bench.report.history import commit_text, revisions_text, time_text
from bench.report.html.model import Judgement, Link
from bench.report.html.texts import short_name, visible
from bench.report.site.lines import Places, Told, change_view, run_line, told_changes, told_steps
from bench.report.site.model import (
    Card,
    Figure,
    Group,
    IndexPage,
    MetricView,
    Problem,
    RunsPage,
    SeriesView,
    Spark,
    TargetPage,
)
from bench.report.site.plots import plot_of, spark_of
from bench.report.site.words import (
    judge_step,
    metric_title,
    series_id,
    series_words,
    step_word,
    target_words,
    variant_words,
    verdict_of,
)
from bench.report.units import count_text, metric_range_text, metric_text, ratio_number, ratio_text

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
        groups=tuple(_group(ours, known, places) for ours in groups.values()),
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
        differs=_differs(followed, known),
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


def _group(ours: Sequence[Followed], known: FollowedRuns, places: Places) -> Group:
    return Group(
        scenario=short_name(ours[0].scenario),
        title=short_name(ours[0].title),
        cards=tuple(_card(one, known, places) for one in ours),
    )


def _card(one: Followed, known: FollowedRuns, places: Places) -> Card:
    newest = one.runs[-1]
    entry = known.runs[newest]
    changes = told_changes([one])
    verdict, judgement = _verdict(one, changes, known)
    href = places.target(one)
    return Card(
        link=Link(text=short_name(one.scenario), href=href),
        target=visible(target_words(one.target)),
        differs=_differs(one, known),
        runs=count_text(len(one.runs), "run"),
        latest=Link(text=short_name(entry.name), href=places.run(newest)),
        when=time_text(entry.created_at),
        commit="" if entry.revisions else commit_text(entry.source.commit, dirty=entry.source.dirty),
        spark=_overall(one),
        figures=_figures(one, known.metrics),
        verdict=verdict,
        judgement=judgement,
        step=_told_of(one, changes, known, places),
    )


def _verdict(one: Followed, changes: Sequence[Sequence[Told]], known: FollowedRuns) -> tuple[str, Judgement | None]:
    """What became of a scenario on a target last; the canary's steps are the machine's."""
    ours = [[told for told in group if told.series.name.variant != CANARY] for group in changes]
    newest = next((group for group in ours if group), None)
    if newest is not None:
        first = newest[0]
        words = f"{series_words(first.series.name)}: {step_word(first.change, first.series.metric)}"
        words += f" {ratio_text(first.change.ratio or 1.0)} since {time_text(first.change.at.created_at)}"
        more = f"; {len(newest) - 1:,} more series changed with it" if len(newest) > 1 else ""
        return visible(words + more), judge_step(first.change, first.series.metric)
    there = [series for series in one.series if series.name.variant != CANARY]
    if not there:
        return _without_series(one, known)
    return verdict_of(max(there, key=lambda series: len(series.points)))


def _without_series(one: Followed, known: FollowedRuns) -> tuple[str, Judgement | None]:
    """Why a scenario on a target has no trend at all."""
    n_compared = len(_compared(one, known))
    if not n_compared:
        return "nothing of it counts", Judgement.UNDECIDED
    told = f"{count_text(n_compared, 'comparison')} of revisions, each with its verdict on a page of its own"
    if n_compared == len(one.runs):
        return told, None
    return f"{told}; nothing counts of the other runs", Judgement.UNDECIDED


def _told_of(one: Followed, changes: Sequence[Sequence[Told]], known: FollowedRuns, places: Places) -> Link:
    """What changed last; without any series, the newest comparison of revisions that has a page."""
    if changes:
        last = change_view(changes[0], known.runs, places, "")
        return Link(text=f"commits: {last.commits}", href=last.scenario.href)
    shown = [key for key in _compared(one, known) if places.run(key) is not None]
    if one.series or not shown:
        return Link(text="")
    words = revisions_text(known.runs[shown[-1]])
    return Link(text=short_name(f"the newest {words}"), href=places.run(shown[-1]))


def _compared(one: Followed, known: FollowedRuns) -> list[int]:
    """The runs that compare revisions, the oldest first: they measured several commits, and are points of no series."""
    return [key for key in one.runs if known.runs[key].revisions]


def _overall(one: Followed) -> Spark | None:
    """All variants in the first state together: each against the median of its own runs, geometric mean."""
    state = _first_state(one)
    series = [
        each
        for each in one.series
        if each.metric == WALL and each.name.state is state and each.name.variant != CANARY and not each.has_zero
    ]
    logs: defaultdict[int, list[float]] = defaultdict(list)
    for each in series:
        middle = statistics.median(point.median for point in each.points)
        for key, point in zip(each.keys, each.points, strict=True):
            logs[key].append(math.log(point.median / middle))
    values = [math.exp(statistics.fmean(logs[key])) for key in one.runs if key in logs]
    if not values:
        return None
    words = f"{state} builds of all variants against the median of their runs: {_of_median(values)}"
    return spark_of(values, words)


def _of_median(values: Sequence[float]) -> str:
    return f"{ratio_number(min(values))} to {ratio_number(max(values))}, {ratio_number(values[-1])} at last"


def _first_state(one: Followed) -> State | None:
    there = {series.name.state for series in one.series if series.name.variant != CANARY}
    return next((state for state in State if state in there), None)


def _figures(one: Followed, metrics: Sequence[str]) -> tuple[Figure, ...]:
    """The best of the newest run that has a value: of each metric in the first state."""
    state = _first_state(one)
    ours = [each for each in one.series if each.name.state is state and each.name.variant != CANARY]
    if state is None or not ours:
        return ()
    newest = max(ours, key=lambda each: each.points[-1].created_at).keys[-1]
    now = [each for each in ours if each.keys[-1] == newest]
    return tuple(
        _figure(metric, state, [each for each in now if each.metric == metric])
        for metric in metrics
        if any(each.metric == metric for each in now)
    )


def _figure(metric: str, state: State, series: Sequence[FollowedSeries]) -> Figure:
    best = (max if metric in MORE_IS_BETTER else min)(series, key=lambda each: each.points[-1].median)
    title = {WALL: f"fastest {state}", IMAGE_SIZE: "smallest image"}.get(metric, f"best {metric}, {state}")
    return Figure(
        title=title,
        value=metric_text(best.points[-1].median, best.unit),
        of=short_name(variant_words(best.name)),
    )


def _differs(one: Followed, known: FollowedRuns) -> str:
    """In what a target differs from the one before it, empty for a scenario's first."""
    ours = [each for each in known.followed if each.scenario == one.scenario]
    place = ours.index(one)
    if place + 1 == len(ours):
        return ""
    words = target_difference(ours[place + 1].target, one.target)
    return visible(f"Unlike the target before: {words or 'what differs is not known'}.")


def _facts(one: Followed) -> tuple[tuple[str, str], ...]:
    return tuple(
        (FIELDS[name].title if name in FIELDS else visible(name).replace("_", " "), visible(fact_text(name, fact)))
        for name, fact in one.target.facts.items()
    )


def _notes(one: Followed, known: FollowedRuns) -> tuple[str, ...]:
    notes = []
    if n_compared := len(_compared(one, known)):
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
