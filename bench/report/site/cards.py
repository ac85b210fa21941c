"""The cards of the site's first page: each scenario on each target, what is newest of it, and what changed last.

Neighbours: `view` lays out the pages, `lines` has the parts that several of them share.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence

from bench.model.followed import Followed, FollowedRuns, FollowedSeries
from bench.model.plan import CANARY
from bench.model.scenario import State
from bench.pure.metrics import IMAGE_SIZE, MORE_IS_BETTER, WALL
from bench.pure.series import target_difference
from bench.report.history import commit_text, revisions_text, time_text
from bench.report.html.model import Judgement, Link
from bench.report.html.texts import short_name, visible
from bench.report.site.lines import Places, Told, change_view, told_changes
from bench.report.site.model import Card, Figure, Group, Spark
from bench.report.site.plots import spark_of
from bench.report.site.words import judge_step, series_words, step_word, target_words, variant_words, verdict_of
from bench.report.units import count_text, metric_text, ratio_number, ratio_text


def scenario_group(ours: Sequence[Followed], known: FollowedRuns, places: Places) -> Group:
    """The cards of one scenario."""
    return Group(
        scenario=short_name(ours[0].scenario),
        title=short_name(ours[0].title),
        cards=tuple(_card(one, known, places) for one in ours),
    )


def _card(one: Followed, known: FollowedRuns, places: Places) -> Card:
    newest = one.runs[-1]
    entry = known.runs[newest]
    changes = told_changes([one])
    verdict, judgement = _verdict(one, changes, known, places)
    href = places.target(one)
    return Card(
        link=Link(text=short_name(one.scenario), href=href),
        target=visible(target_words(one.target)),
        differs=differs(one, known),
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


def _verdict(
    one: Followed, changes: Sequence[Sequence[Told]], known: FollowedRuns, places: Places
) -> tuple[str, Judgement | None]:
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
        return _without_series(one, known, places)
    return verdict_of(max(there, key=lambda series: len(series.points)))


def _without_series(one: Followed, known: FollowedRuns, places: Places) -> tuple[str, Judgement | None]:
    """Why a scenario on a target has no trend at all."""
    compared = comparisons(one, known)
    if not compared:
        return "nothing of it counts", Judgement.UNDECIDED
    told = f"{count_text(len(compared), 'comparison')} of revisions"
    if all(places.run(key) for key in compared):
        told += ", each with its verdict on a page of its own"
    if len(compared) == len(one.runs):
        return told, None
    return f"{told}; nothing counts of the other runs", Judgement.UNDECIDED


def _told_of(one: Followed, changes: Sequence[Sequence[Told]], known: FollowedRuns, places: Places) -> Link:
    """What changed last; without any series, the newest comparison of revisions that has a page."""
    if changes:
        last = change_view(changes[0], known.runs, places, "")
        return Link(text=f"commits: {last.commits}", href=last.scenario.href)
    shown = [key for key in comparisons(one, known) if places.run(key) is not None]
    if one.series or not shown:
        return Link(text="")
    words = revisions_text(known.runs[shown[-1]])
    return Link(text=short_name(f"the newest {words}"), href=places.run(shown[-1]))


def comparisons(one: Followed, known: FollowedRuns) -> list[int]:
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


def differs(one: Followed, known: FollowedRuns) -> str:
    """In what a target differs from the one before it, empty for a scenario's first."""
    ours = [each for each in known.followed if each.scenario == one.scenario]
    place = ours.index(one)
    if place + 1 == len(ours):
        return ""
    words = target_difference(ours[place + 1].target, one.target)
    return visible(f"Unlike the target before: {words or 'what differs is not known'}.")
