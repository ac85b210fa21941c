"""The newest steps as a feed, for programs that follow a site (Atom, RFC 4287). Its ids do not depend on its place."""

from __future__ import annotations

import uuid

from bench.model.followed import FollowedRuns
from bench.report.html.texts import visible
from bench.report.site.lines import Places, Told, step_view, told_steps
from bench.report.site.model import Feed, FeedEntry

MOST_ENTRIES = 50
_BEGINNING = "1970-01-01T00:00:00Z"


def feed_of(title: str, known: FollowedRuns, places: Places) -> Feed:
    """The feed of all steps, the newest first."""
    entries = tuple(_entry(told, known, places) for told in told_steps(known.followed)[:MOST_ENTRIES])
    newest = next(iter(known.runs.values()), None)
    moment = _BEGINNING if newest is None else f"{newest.created_at:%Y-%m-%dT%H:%M:%SZ}"
    return Feed(title=visible(title), id=_urn("site", title), moment=moment, entries=entries)


def _entry(told: Told, known: FollowedRuns, places: Places) -> FeedEntry:
    step = step_view(told, known.runs, places, "")
    name, target = told.series.name.text, told.followed.target.digest
    besides = f" Besides the commit, {step.detail}." if step.detail else ""
    return FeedEntry(
        id=_urn("step", name, told.series.metric, target, told.change.at.run),
        title=f"{step.scenario.text}: {step.series.text}: {step.metric} {step.word} {step.ratio}",
        moment=step.moment,
        href=f"{step.scenario.href}#{step.id}",
        text=f"{step.levels} since run {step.run.text}; commits: {step.commits}.{besides}",
    )


def _urn(*words: str) -> str:
    """An id that is the same whenever and wherever the same is told."""
    text = "".join(f"{len(word)}:{word}" for word in words).encode(errors="replace").decode()
    return uuid.uuid5(uuid.NAMESPACE_OID, text).urn
