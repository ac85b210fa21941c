"""What the page of a run shows, as values. The template lays them out and computes nothing.

The structs under `Details` are for the page's scripts and reach them as JSON. There a text is a number, its place in
`Details.texts`: a step or a line of a Dockerfile that hundreds of variants share is in the page once. Keys whose value
is the default are left out of that JSON. Seconds and bytes are plain numbers, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from bench.model.environment import Severity


class Judgement(StrEnum):
    """What a change comes to for somebody who wants fast builds and small images."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNDECIDED = "undecided"


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a sentence; `variant` is the place of the variant that it names, None for plain words."""

    text: str
    variant: int | None = None


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that people look for first: `Fastest cold`, `1.66 s`, which variant that is, and how sure it is."""

    title: str
    value: str
    variant: Phrase
    note: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a choice does to one thing: `cold builds`, and `6.1 % slower (+2.0 % to +9.3 %)`."""

    about: str
    text: str
    judgement: Judgement


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One level of an axis instead of the axis's first, and what that changes."""

    axis: str
    text: str
    changes: tuple[Change, ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A variant that no other one beats in time and size at once, with both."""

    variant: Phrase
    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the run says, in words: `undecided` has a sentence for each thing that its samples cannot tell.

    `front` goes from the fastest to the smallest.
    """

    lead: tuple[Phrase, ...]
    bests: tuple[Best, ...]
    front: tuple[Point, ...]
    choices: tuple[Choice, ...]
    undecided: tuple[str, ...]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of the table; `value` is what it is sorted by, None where there is no number (that sorts last)."""

    text: str
    value: float | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A variant in a state. `variant` is its place among the run's."""

    variant: int
    name: str
    state: str
    cells: tuple[Cell, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The table of variants. `headers` are those of the cells; variant and state stand before them."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A plain table of texts: its headers and its rows."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a build's time. `key` names its colour, `share` is its part of the longest bar, from 0 to 1."""

    key: str
    title: str
    text: str
    share: float


class TimeBar(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of a variant in a state went."""

    variant: int
    name: str
    text: str
    parts: tuple[Part, ...]


class StateTimes(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of one state, the fastest first, all on one scale; `left_out` counts those that are not shown."""

    state: str
    bars: tuple[TimeBar, ...]
    left_out: int


class Legend(msgspec.Struct, frozen=True, kw_only=True):
    """What a colour of the bars means."""

    key: str
    title: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """An axis by whose levels the table can be filtered."""

    axis: str
    levels: tuple[str, ...]


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that counts in no number, with why, and what its failed step printed last."""

    variant: Phrase
    where: str
    status: str
    reason: str
    output: tuple[str, ...]
    log: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a reader of the numbers must know; `output` is what a failed step printed last."""

    text: str
    output: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of the machine saw when the run began."""

    severity: Severity
    check: str
    seen: str
    why: str
    remedy: str


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how the run was made, and what is to be said against it.

    `lost` are the trials that count in no number, as many as the page lists; `lost_more` counts the others.
    """

    notes: tuple[Note, ...]
    findings: tuple[Finding, ...]
    lost: tuple[Lost, ...]
    lost_more: int
    facts: Grid
    bases: Grid
    plan: Grid


class StepView(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A step of a trial: in the JSON a list of its values, for there are tens of thousands of them.

    `cache` is a `CacheVerdict`, `path` says that it lies on the critical path. `start` counts from the build's first
    event, `took` is the step's time, `saved` what a hit spared, `cpu` what it computed, all in seconds; `memory` (at
    its peak) and `written` are bytes.
    """

    name: int
    cache: str
    where: int | None = None
    start: float | None = None
    took: float | None = None
    saved: float | None = None
    cpu: float | None = None
    memory: int | None = None
    written: int | None = None
    why: int | None = None
    path: bool = False


class TrialView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One trial. `counts` is False for every one that is in no number; `reason` says why."""

    number: int
    round: int
    status: str
    wall: float | None = None
    counts: bool = True
    reason: int | None = None
    log: int | None = None
    tail: tuple[int, ...] = ()


class StateView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variant in a state: the steps of the trial `shown`, and every trial.

    `title` says which trial it is and what it took, `proof` what shows that its state is what it is called.
    """

    state: str
    title: int
    shown: int
    wall: float | None = None
    proof: int | None = None
    steps: tuple[StepView, ...] = ()
    trials: tuple[TrialView, ...] = ()


class LayerView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A layer of an image, in bytes; `base`: the base has it too."""

    made: int
    size: int
    packed: int = 0
    waste: int = 0
    files: int = 0
    base: bool = False


class WasteView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A path whose bytes lie in the image and cannot be read in it."""

    path: int
    size: int
    how: int


class VariantView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One variant. `levels` are in the order of `Details.axes`, `lines` those of its Dockerfile, None where it is gone.

    `image` says what the layers come to, or why there are none.
    """

    name: int
    image: int
    levels: tuple[int, ...] = ()
    lines: tuple[int, ...] | None = None
    layers: tuple[LayerView, ...] = ()
    worst: tuple[WasteView, ...] = ()
    states: tuple[StateView, ...] = ()


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the scripts of one run need. `first` is the place of the variant that is shown at first.

    `step_fields` names the values of a step.
    """

    texts: tuple[str, ...]
    axes: tuple[str, ...]
    first: int
    variants: tuple[VariantView, ...]
    step_fields: tuple[str, ...] = StepView.__struct_fields__


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as Vega-Lite specifications without a theme: for a wide window, and for a phone's.

    The narrow one takes those of the wide one's `datasets` that it does not have itself.
    """

    wide: Mapping[str, Any]
    narrow: Mapping[str, Any]


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What draws pictures: a script, and the `config` of specifications in both themes.

    `src` is where the script lies beside the page (then `script` is empty), None where it is in the page.
    """

    script: str
    src: str | None = None
    light: Mapping[str, Any]
    dark: Mapping[str, Any]


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the page. `key` starts the ids of its elements; `charts` are its pictures by kind."""

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
