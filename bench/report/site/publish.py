"""From the index and the folders of runs to the files of a site: what has changed is written, and nothing else.

A page of runs is known by the digest of its records, every other one by what it shows. `buildmark publish` and
`buildmark serve` end here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from bench.app.following import follow
from bench.errors import StorageError
from bench.model.followed import FollowedRuns
from bench.model.history import RunEntry
from bench.ports.history_index import HistoryIndex
from bench.ports.history_queries import runs
from bench.ports.history_update import place_of
from bench.ports.run_folder import RunFolder
from bench.ports.site_folder import SiteFolder
from bench.ports.site_inputs import RunInput, look_at
from bench.pure.site_names import page_name
from bench.report.choices import SITE_METRICS, SITE_TITLE
from bench.report.html.charts import chart_script, chart_script_key
from bench.report.html.model import Frame, Link, Live
from bench.report.html.texts import short_name, visible
from bench.report.site.feed import feed_of
from bench.report.site.lines import Places
from bench.report.site.render import SitePage, key_of, render_feed, render_site_page
from bench.report.site.run_pages import RunPage, make_pages
from bench.report.site.view import UP, index_page, runs_page, target_page

INDEX, ALL_RUNS, FEED = "index.html", "runs.html", "feed.xml"


class SiteOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a site shows. `events` is where its pages ask whether they have changed, None where nobody would answer.

    `anew`: every page is made anew, whatever has changed.
    """

    title: str = SITE_TITLE
    metrics: tuple[str, ...] = SITE_METRICS
    branch: str | None = None
    events: str | None = None
    anew: bool = False


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a site: how many runs and targets it has, which files were written and removed.

    `problems` are the runs without a page, with the reasons; `size_bytes` is what all files come to.
    """

    n_runs: int
    n_targets: int
    n_files: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    size_bytes: int


class _Runs(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that have a folder here, by their keys, as they are now, and those of which that cannot be told."""

    inputs: Mapping[int, RunInput]
    problems: Mapping[int, str]


def publish(index: HistoryIndex, results: Path, site: SiteFolder, options: SiteOptions, *, shared: bool) -> Published:
    """Bring a site up to date with the index. Raises StorageError; a run that cannot be read is only told of."""
    known = follow(index, options.metrics, branch=options.branch)
    here = runs(index, branch=options.branch, place=place_of(results, shared=shared))
    present = {key: entry for key, entry in here.items() if entry.present and key in known.runs}
    looked = _look_at(results, present, site)
    return _Publication(known, results, site, options).publish(looked)


def _look_at(results: Path, here: Mapping[int, RunEntry], site: SiteFolder) -> _Runs:
    inputs: dict[int, RunInput] = {}
    problems: dict[int, str] = {}
    for key, entry in here.items():
        if entry.problem is not None:
            problems[key] = entry.problem
            continue
        try:
            inputs[key] = look_at(RunFolder(results / entry.name), site.records(entry.name))
        except StorageError as error:
            problems[key] = error.message
    return _Runs(inputs=inputs, problems=problems)


class _Publication:
    """One bringing up to date."""

    def __init__(self, known: FollowedRuns, results: Path, site: SiteFolder, options: SiteOptions) -> None:
        self._known = known
        self._results = results
        self._site = site
        self._options = options
        self._written: list[str] = []
        self._targets = {
            (one.scenario, one.target.digest): f"trends/{page_name(one.scenario, one.target.digest)}.html"
            for one in known.followed
        }

    def publish(self, looked: _Runs) -> Published:
        pages = {key: self._run_page(key, looked.inputs[key]) for key in looked.inputs}
        script = f"assets/charts-{page_name('', chart_script_key())}.js"
        fixed = (script, INDEX, ALL_RUNS, FEED)
        self._site.claim([*fixed, *self._targets.values(), *(page.name for page in pages.values())])
        self._put(script, key_of(chart_script_key()), lambda: chart_script().encode())
        failed = self._put_runs(pages, f"{UP}{script}")
        problems = {**looked.problems, **failed}
        names = [*fixed, *self._targets.values()]
        names += [page.name for key, page in pages.items() if key not in failed]
        self._put_pages(self._places(looked, pages, problems), problems)
        records = {self._known.runs[key].name: looked.inputs[key].records for key in pages if key not in failed}
        removed = self._site.finish(names, records)
        return Published(
            n_runs=len(self._known.runs),
            n_targets=len(self._targets),
            n_files=len(names),
            written=tuple(self._written),
            removed=removed,
            problems=self._told(problems),
            size_bytes=self._site.size_bytes,
        )

    def _told(self, problems: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
        return tuple((self._known.runs[key].name, problems[key]) for key in self._known.runs if key in problems)

    def _places(self, looked: _Runs, pages: Mapping[int, RunPage], problems: Mapping[int, str]) -> Places:
        return Places(
            runs={key: page.name for key, page in pages.items() if key not in problems},
            targets=self._targets,
            states={
                key: state
                for key, entry in self._known.runs.items()
                if (state := _state(entry, looked.inputs.get(key), is_lost=key in problems))
            },
        )

    def _run_page(self, key: int, run: RunInput) -> RunPage:
        entry = self._known.runs[key]
        target = self._targets.get((entry.scenario, entry.target))
        trail = [Link(text=visible(self._options.title), href=UP + INDEX)]
        if target is not None:
            trail.append(Link(text=short_name(entry.scenario), href=UP + target))
        name = f"runs/{page_name(entry.name)}.html"
        made_of = key_of(
            run.records.sha256, run.being_written, entry.name, trail, self._options.events, chart_script_key()
        )
        return RunPage(
            name=name, key=made_of, folder=self._results / entry.name, frame=self._frame(trail, name, made_of)
        )

    def _frame(self, trail: list[Link], name: str, key: str) -> Frame:
        events = self._options.events
        up = UP if "/" in name else ""
        return Frame(trail=tuple(trail), live=None if events is None else Live(page=name, key=key, events=up + events))

    def _put_runs(self, pages: Mapping[int, RunPage], src: str) -> dict[int, str]:
        """Write the pages of runs; returns those that could not be made, with the reasons."""
        stale = {key: page for key, page in pages.items() if not self._is_current(page.name, page.key)}
        failed: dict[int, str] = {}
        with contextlib.closing(make_pages(stale, src)) as making:
            for key, made in making:
                if isinstance(made, bytes):
                    self._write(stale[key].name, stale[key].key, made)
                else:
                    failed[key] = made.reason
        return failed

    def _put_pages(self, places: Places, problems: Mapping[int, str]) -> None:
        """Write the pages over many runs, the first page last: what it leads to is there by then."""
        known, options = self._known, self._options
        home = [Link(text=visible(options.title), href=UP + INDEX)]
        for one in known.followed:
            self._put_page(places.target(one), target_page(one, known, places), home)
        self._put_page(ALL_RUNS, runs_page(known, places), [Link(text=visible(options.title), href=INDEX)])
        feed = feed_of(options.title, known, places, self._site.id)
        self._put(FEED, key_of(feed), lambda: render_feed(feed).encode())
        self._put_page(INDEX, index_page(options.title, known, places, self._told(problems)), [])

    def _put_page(self, name: str, page: SitePage, trail: list[Link]) -> None:
        key = key_of(page, trail, self._options.events)
        self._put(name, key, lambda: render_site_page(page, self._frame(trail, name, key)).encode())

    def _put(self, name: str, key: str, make: Callable[[], bytes]) -> None:
        if not self._is_current(name, key):
            self._write(name, key, make())

    def _is_current(self, name: str, key: str) -> bool:
        return not self._options.anew and self._site.is_current(name, key)

    def _write(self, name: str, key: str, data: bytes) -> None:
        self._site.write(name, key, data)
        self._written.append(name)


def _state(entry: RunEntry, run: RunInput | None, *, is_lost: bool) -> str:
    """What is not as usual with a run, empty where nothing is."""
    if is_lost:
        return "cannot be shown"
    if run is None:
        return "measured elsewhere" if entry.present else "folder gone"
    if run.being_written:
        return "being measured"
    return "" if entry.is_complete else "interrupted"
