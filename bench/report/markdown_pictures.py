"""The pictures of a Markdown document: which a run has, and how the text refers to them.

Files beside the document are what everybody shows who shows Markdown; GitHub strips drawings within the text and
`data:` addresses from it. Neighbours: `bench.report.charts` draws, `bench.report.tables` has the text around them.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec

from bench.model.summary import Summary
from bench.pure.metrics import IMAGE_SIZE, WALL
from bench.report.charts.themes import Spec
from bench.report.choices import PlotKind, Theme
from bench.report.units import plain_text

Embedded = Mapping[PlotKind, str]
"""The Markdown that shows a picture, by its kind."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One picture as SVG for both themes, and in words for who cannot see it."""

    kind: PlotKind
    told: str
    light: str
    dark: str

    def files(self) -> dict[str, bytes]:
        """The picture's files by their names."""
        return {f"{self.kind}.svg": self.light.encode(), f"{self.kind}-dark.svg": self.dark.encode()}


def pictures_of(summary: Summary) -> tuple[Picture, ...]:
    """The pictures that have something to show. Drawing them takes a second or two."""
    from bench.report.charts.render import svg  # noqa: PLC0415  (altair is slow to import)

    return tuple(
        Picture(
            kind=kind,
            told=plain_text(spec["description"]),
            light=svg(spec, Theme.LIGHT),
            dark=svg(spec, Theme.DARK),
        )
        for kind, spec in _specs(summary)
    )


def _specs(summary: Summary) -> Iterator[tuple[PlotKind, Spec]]:
    from bench.report.charts.effects import effects  # noqa: PLC0415  (altair is slow to import)
    from bench.report.charts.phases import phases  # noqa: PLC0415
    from bench.report.charts.tradeoff import tradeoff  # noqa: PLC0415

    if any(WALL in row.metrics and IMAGE_SIZE in row.metrics for row in summary.rows):
        yield PlotKind.TRADEOFF, tradeoff(summary)
    if any(effect.ratio > 0 for effect in summary.axes):
        yield PlotKind.EFFECTS, effects(summary)
    if any(row.time is not None for row in summary.rows):
        yield PlotKind.PHASES, phases(summary)


def beside(pictures: Sequence[Picture], folder: str) -> Embedded:
    """References to the pictures' files in a folder beside the document."""
    return {one.kind: _shown(one, *(f"{quote(folder)}/{name}" for name in one.files())) for one in pictures}


def inline(pictures: Sequence[Picture]) -> Embedded:
    """The pictures as part of the text, for what shows `data:` addresses."""
    return {one.kind: _shown(one, *map(_address, one.files().values())) for one in pictures}


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _shown(picture: Picture, light: str, dark: str) -> str:
    """HTML that takes the theme of who reads it. No line is blank: that would end it (CommonMark 0.31, section 4.6).

    Markdown's own pictures have one theme, and in them parsers refuse SVG as a `data:` address.
    """
    return "\n".join(
        [
            "<picture>",
            f'  <source media="(prefers-color-scheme: dark)" srcset="{dark}">',
            f'  <img alt="{html.escape(picture.told, quote=True)}" src="{light}">',
            "</picture>",
        ]
    )
