"""What several pages of the site show: lines of runs, and what changed, each with its links."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bench.model.followed import Followed, FollowedSeries
from bench.model.history import Change, RunEntry
from bench.model.plan import CANARY
from bench.pure.site_names import page_name
from bench.report.history import commit_text, revisions_text, time_text, trials_text
from bench.report.html.model import Link
from bench.report.html.texts import short_name, visible
from bench.report.site.model import ChangeView, RunLine, StepView
from bench.report.site.words import judge_step, log_command, series_id, series_words, step_id, step_word
from bench.report.tables import GLUE
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


def told_changes(followed: Iterable[Followed]) -> list[tuple[Told, ...]]:
    """The steps of all series by where they are: those between the same two runs belong together. The newest first.

    Of those that belong together the canary's are the last ones, and the largest of the others the first.
    """
    groups: dict[tuple[str, ...], list[Told]] = {}
    for told in told_steps(followed):
        where = (told.followed.scenario, told.followed.target.digest, told.change.after.run, told.change.at.run)
        groups.setdefault(where, []).append(told)
    return [tuple(sorted(group, key=_rank)) for group in groups.values()]


def _rank(told: Told) -> tuple[bool, float]:
    return told.series.name.variant == CANARY, -abs(math.log(told.change.ratio or 1.0))


def change_view(
    group: Sequence[Told], runs: Mapping[int, RunEntry], places: Places, up: str, *, most: int | None = None
) -> ChangeView:
    """What changed between two runs. `up` leads from the page to the first page's folder."""
    first = group[0]
    change, key = first.change, first.key
    target, page = up + places.target(first.followed), places.run(key)
    entry = None if key is None else runs.get(key)
    return ChangeView(
        id=change_id(first),
        scenario=Link(text=short_name(first.followed.scenario), href=f"{target}#{change_id(first)}"),
        said=_said(group),
        judgement=judge_step(change, first.series.metric),
        steps=tuple(_step_view(told, target) for told in group[:most]),
        more=max(0, len(group) - len(group[:most])),
        since=time_text(change.at.created_at),
        moment=f"{change.at.created_at:%Y-%m-%dT%H:%M:%SZ}",
        commits=visible(range_text(change)),
        subject=short_name(entry.source.subject or "") if entry else "",
        log=log_command(change),
        details=tuple(dict.fromkeys(visible(told.change.detail) for told in group if told.change.detail)),
        run=Link(text=short_name(change.at.run), href=up + page if page else None),
    )


def change_id(told: Told) -> str:
    """The id of a change on its target's page."""
    return f"change-{page_name('', told.change.after.run, told.change.at.run)}"


def _said(group: Sequence[Told]) -> str:
    """The largest in words, and how many there are: `slower … (…), the largest of 16 steps`."""
    first = group[0]
    words = f"{step_word(first.change, first.series.metric)} {_ratio(first.change)}"
    return words if len(group) == 1 else f"{words}, the largest of {len(group):,} steps"


def _ratio(change: Change) -> str:
    return ratio_text(change.ratio or 1.0, change.low, change.high)


def _step_view(told: Told, target: str) -> StepView:
    series, change = told.series, told.change
    return StepView(
        id=step_id(series, change),
        series=Link(text=short_name(series_words(series.name)), href=f"{target}#{series_id(series)}"),
        metric=series.metric,
        word=step_word(change, series.metric),
        judgement=judge_step(change, series.metric),
        ratio=_ratio(change),
        levels=levels_text(change, series.unit).replace(" ", GLUE),
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
        subject=short_name(entry.source.subject or revisions_text(entry)),
        branch=short_name(entry.source.branch or ABSENT),
        trials=trials_text(entry),
        state=visible(places.states.get(key, "")),
    )
