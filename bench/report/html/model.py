"""What the page of a run shows, as values. The template lays them out and computes nothing.

Every part of it can be had from here by its name. Neighbours: `model_answer`, `model_tables`, `model_surroundings` and
`model_details` hold the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bench.report.html.model_answer import Answer, Best, Change, Choice, Judgement, Phrase, Point
from bench.report.html.model_details import Details, LayerView, StateView, StepView, TrialView, VariantView, WasteView
from bench.report.html.model_surroundings import Finding, Lost, Note, Surroundings
from bench.report.html.model_tables import Cell, Filter, Grid, Legend, Part, Row, StateTimes, Table, TimeBar

__all__ = [
    "Answer",
    "Best",
    "Cell",
    "Change",
    "Chart",
    "Choice",
    "Details",
    "Drawing",
    "Filter",
    "Finding",
    "Grid",
    "Judgement",
    "LayerView",
    "Legend",
    "Lost",
    "Note",
    "Page",
    "Part",
    "Phrase",
    "Point",
    "Row",
    "RunView",
    "Runtime",
    "StateTimes",
    "StateView",
    "StepView",
    "Surroundings",
    "Table",
    "TimeBar",
    "TrialView",
    "VariantView",
    "WasteView",
]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as Vega-Lite specifications without a theme: for a wide window, and for a phone's.

    The narrow one takes those of the wide one's `datasets` that it does not have itself.
    """

    wide: Mapping[str, Any]
    narrow: Mapping[str, Any]


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as SVG elements that were drawn when the page was written: for a wide window, and for a phone's."""

    wide: str
    narrow: str


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What draws pictures: a script, and the `config` of specifications in both themes.

    `src` is where the script lies beside the page (then `script` is empty), None where it is in the page.
    """

    script: str
    src: str | None = None
    light: Mapping[str, Any]
    dark: Mapping[str, Any]


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the page. `key` starts the ids of its elements.

    Its pictures by kind are `drawings`, or `charts`, which the page's runtime draws.
    """

    key: str
    id: str
    title: str
    when: str
    headline: str
    machine: str
    answer: Answer
    table: Table
    filters: tuple[Filter, ...]
    states: tuple[str, ...]
    effects: Grid
    times: tuple[StateTimes, ...]
    legend: tuple[Legend, ...]
    surroundings: Surroundings
    details: Details
    drawings: Mapping[str, Drawing] = {}
    charts: Mapping[str, Chart] = {}


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A text that leads somewhere: `href` is relative to the page, None where there is nothing to lead to."""

    text: str
    href: str | None = None


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """What a page that is served asks about itself: its name and its key, at the address `events`."""

    page: str
    key: str
    events: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is set into where it is one of a site: the pages above it, the first one first."""

    trail: tuple[Link, ...]
    live: Live | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page. `runtime` draws the pictures of its runs, None where they have none.

    `frame` is None where the page stands by itself.
    """

    title: str
    version: str
    runs: tuple[RunView, ...]
    runtime: Runtime | None = None
    frame: Frame | None = None
