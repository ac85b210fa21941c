"""What several pages of the site show: lines of runs, and steps, each with its links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bench.model.followed import Followed, FollowedSeries
from bench.model.history import Change, RunEntry
from bench.report.history import commit_text, time_text
from bench.report.html.model import Link
from bench.report.html.texts import short_name, visible
from bench.report.site.model import RunLine, StepView
from bench.report.site.words import judge_step, log_command, series_id, series_words, step_id, step_word
from bench.report.trend import levels_text, range_text
from bench.report.units import ABSENT, ratio_text


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where pages are, from the first page: of runs by their keys, of targets by scenario and digest.

    `states` say of a run what is not as usual with it.
    """

    runs: Mapping[int, str]
    targets: Mapping[tuple[str, str], str]
    states: Mapping[int, str] = {}

    def run(self, key: int | None) -> str | None:
        """The page of a run, None where it has none."""
        return None if key is None else self.runs.get(key)

    def target(self, followed: Followed) -> str:
        """The page of a scenario on a target."""
        return self.targets[followed.scenario, followed.target.digest]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A step and whose it is."""

    followed: Followed
    series: FollowedSeries
    change: Change

    @property
    def key(self) -> int | None:
        """The key of the first run after the step."""
        at = self.change.at
        found = [
            key
            for key, point in zip(self.series.keys, self.series.points, strict=True)
            if point.run == at.run and point.created_at == at.created_at
        ]
        return found[0] if found else None


def told_steps(followed: Iterable[Followed]) -> list[Told]:
    """The steps of all series, the newest first."""
    found = [
        Told(followed=one, series=series, change=change)
        for one in followed
        for series in one.series
        for change in series.changes
    ]
    return sorted(found, key=lambda told: told.change.at.created_at, reverse=True)


def step_view(told: Told, runs: Mapping[int, RunEntry], places: Places, up: str) -> StepView:
    """A step as a page shows it; `up` leads from that page to the first page's folder."""
    series, change = told.series, told.change
    target, key = up + places.target(told.followed), told.key
    page = places.run(key)
    first = None if key is None else runs.get(key)
    return StepView(
        id=step_id(series, change),
        scenario=Link(text=short_name(told.followed.scenario), href=target),
        series=Link(text=short_name(series_words(series.name)), href=f"{target}#{series_id(series)}"),
        metric=series.metric,
        word=step_word(change, series.metric),
        judgement=judge_step(change, series.metric),
        ratio=ratio_text(change.ratio or 1.0, change.low, change.high),
        levels=levels_text(change, series.unit),
        since=time_text(change.at.created_at),
        moment=f"{change.at.created_at:%Y-%m-%dT%H:%M:%SZ}",
        commits=visible(range_text(change)),
        subject=short_name(first.source.subject or "") if first else "",
        log=log_command(change),
        detail=visible(change.detail),
        run=Link(text=short_name(change.at.run), href=up + page if page else None),
    )


def run_line(key: int, entry: RunEntry, places: Places, up: str) -> RunLine:
    """A run as a table shows it."""
    page = places.run(key)
    target = places.targets.get((entry.scenario, entry.target))
    return RunLine(
        run=Link(text=short_name(entry.name), href=up + page if page else None),
        begun=time_text(entry.created_at),
        scenario=Link(text=short_name(entry.scenario) or ABSENT, href=up + target if target else None),
        commit=visible(commit_text(entry.source.commit, dirty=entry.source.dirty)),
        subject=short_name(entry.source.subject or ""),
        branch=short_name(entry.source.branch or ABSENT),
        trials=ABSENT if entry.problem else f"{entry.n_valid} of {entry.n_planned}",
        state=visible(places.states.get(key, "")),
    )
