"""What changed as a feed, for programs that follow a site (Atom, RFC 4287).

Its ids are made of the site's own, which it keeps wherever it is moved: two sites with one title are two feeds.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from bench.model.followed import FollowedRuns
from bench.report.html.texts import visible
from bench.report.site.lines import Places, Told, change_view, told_changes
from bench.report.site.model import Feed, FeedEntry

MOST_ENTRIES = 50
MOST_SERIES = 6
_BEGINNING = "1970-01-01T00:00:00Z"


def feed_of(title: str, known: FollowedRuns, places: Places, site: uuid.UUID) -> Feed:
    """The feed of all changes, the newest first: steps between the same two runs are one entry. `site` is its id."""
    entries = tuple(_entry(group, known, places, site) for group in told_changes(known.followed)[:MOST_ENTRIES])
    newest = next(iter(known.runs.values()), None)
    moment = _BEGINNING if newest is None else f"{newest.created_at:%Y-%m-%dT%H:%M:%SZ}"
    return Feed(title=visible(title), id=site.urn, moment=moment, entries=entries)


def _entry(group: Sequence[Told], known: FollowedRuns, places: Places, site: uuid.UUID) -> FeedEntry:
    view = change_view(group, known.runs, places, "", most=MOST_SERIES)
    first = group[0]
    steps = "; ".join(f"{one.series.text}: {one.metric} {one.word} {one.ratio}, {one.levels}" for one in view.steps)
    more = f"; and {view.more:,} more" if view.more else ""
    besides = "".join(f" Besides the commit, {detail}." for detail in view.details)
    change = first.change
    return FeedEntry(
        id=_urn(site, first.followed.scenario, first.followed.target.digest, change.after.run, change.at.run),
        title=f"{view.scenario.text}: {view.steps[0].series.text} {view.said}",
        moment=view.moment,
        href=view.scenario.href or "",
        text=f"{steps}{more}. Since run {view.run.text}; commits: {view.commits}.{besides}",
    )


def _urn(site: uuid.UUID, *words: str) -> str:
    """An id that is the same whenever a site tells the same."""
    text = "".join(f"{len(word)}:{word}" for word in words).encode(errors="replace").decode()
    return uuid.uuid5(site, text).urn
