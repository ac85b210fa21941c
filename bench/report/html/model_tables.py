"""The tables and the bars of a page, as values: their cells are texts, with what each is sorted by."""

from __future__ import annotations

import msgspec


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
