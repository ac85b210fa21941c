"""What the pages of the site show, as values. The templates lay them out and compute nothing.

Addresses are relative to the page that they stand on. The key of a page is a digest of its value: what shows the same
is not written again.
"""

from __future__ import annotations

import msgspec

from bench.report.html.model import Judgement, Link


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A number at an axis; `place` is how far along it lies, in per cent."""

    place: float
    text: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A step in a picture: `place` in per cent from its left, `step` the id of where it is told in words."""

    place: float
    text: str
    step: str
    judgement: Judgement


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of a series. Paths are SVG's, in a box of `bench.report.site.plots.BOX`; `label` says it in words.

    `points` are for the page's script: the run's place in the page's list, both coordinates, and what is told of it.
    """

    line: str
    spread: str
    dots: str
    levels: str
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    label: str
    points: tuple[tuple[int, int, int, str], ...]


class Spark(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as small as a word, and the same in words."""

    line: str
    label: str


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a series: what became of it. `id` is its own on its target's page."""

    id: str
    series: Link
    metric: str
    word: str
    judgement: Judgement
    ratio: str
    levels: str


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two runs of a scenario on a target: since when, which series, and what may have done it.

    `steps` begins with the largest; `more` counts those that are left out. `log` is the command that lists the commits
    between, empty where they are not known. `details` are what else changed.
    """

    id: str
    scenario: Link
    said: str
    judgement: Judgement
    steps: tuple[StepView, ...]
    more: int
    since: str
    moment: str
    commits: str
    subject: str
    log: str
    details: tuple[str, ...]
    run: Link


class SeriesView(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of a series on one target. `filtered` is the text that a filter looks in."""

    id: str
    variant: str
    state: str
    filtered: str
    latest: str
    between: str
    when: str
    n_runs: int
    verdict: str
    judgement: Judgement
    spark: Spark
    plot: Plot


class MetricView(msgspec.Struct, frozen=True, kw_only=True):
    """The series of one metric."""

    id: str
    metric: str
    title: str
    series: tuple[SeriesView, ...]


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a table. `state` says what is not as usual with it, and is empty else."""

    run: Link
    begun: str
    scenario: Link
    commit: str
    subject: str
    branch: str
    trials: str
    state: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a card: `fastest cold`, `1.52 s`, and of which variant it is."""

    title: str
    value: str
    of: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario on one target: where its page is, what is newest, and what changed last.

    `commit` is empty where the newest run compares several. `step` leads to what the verdict tells of; `judgement` is
    None where that judges nothing.
    """

    link: Link
    target: str
    differs: str
    runs: str
    latest: Link
    when: str
    commit: str
    spark: Spark | None
    figures: tuple[Figure, ...]
    verdict: str
    judgement: Judgement | None
    step: Link


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The cards of one scenario, that of the newest run first."""

    scenario: str
    title: str
    cards: tuple[Card, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has no page, and why."""

    run: str
    reason: str


class IndexPage(msgspec.Struct, frozen=True, kw_only=True):
    """The first page."""

    title: str
    lead: str
    groups: tuple[Group, ...]
    changes: tuple[ChangeView, ...]
    changes_more: int
    runs: tuple[RunLine, ...]
    runs_more: int
    problems: tuple[Problem, ...]


class RunsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every run, the newest first."""

    title: str
    runs: tuple[RunLine, ...]


class TargetPage(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario on one target. `points` are the runs that pictures name: name, when, commit, address."""

    title: str
    subtitle: str
    target: str
    differs: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    changes: tuple[ChangeView, ...]
    notes: tuple[str, ...]
    metrics: tuple[MetricView, ...]
    runs: tuple[RunLine, ...]
    points: tuple[tuple[str, str, str, str], ...]


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two runs, as a feed tells it."""

    id: str
    title: str
    moment: str
    href: str
    text: str


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """The newest changes, for programs that follow them. `moment` is when the newest run began."""

    title: str
    id: str
    moment: str
    entries: tuple[FeedEntry, ...]
