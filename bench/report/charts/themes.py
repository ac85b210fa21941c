"""The colours and sizes of pictures, light and dark.

Colours that carry meaning are of the palette of Okabe and Ito (2008, "Color Universal Design"), which people with any
kind of colour vision can tell apart, and the same in both themes; what they mean is always said by a place or a shape
as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.model.scenario import State
from bench.report.choices import Theme

Spec = dict[str, Any]

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#8C8C8C", "#BFBFBF"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, GREY)
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left")
STATES = {
    State.COLD: BLUE,
    State.WARM: VERMILLION,
    State.EDIT_SOURCE: GREEN,
    State.EDIT_DEPS: PURPLE,
    State.PULL: ORANGE,
}
FONT = "system-ui, 'Liberation Sans', 'DejaVu Sans', Arial, Helvetica, sans-serif"
_TITLE_PADDING = 12
_INKS = {
    Theme.LIGHT: {"paper": "#ffffff", "ink": "#1f2328", "soft": "#59636e", "line": "#e2e6ea"},
    Theme.DARK: {"paper": "#15181c", "ink": "#e8eaed", "soft": "#a7b0ba", "line": "#2f353c"},
}


PAGE_INKS = {"paper": "var(--page)", "ink": "var(--ink)", "soft": "var(--muted)", "line": "var(--line)"}
"""The colours of a page's styles, for a picture that is part of it: they follow its theme by themselves."""


PAGE_FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
"""Fonts whose letters are as wide as those by which texts are measured when a picture is drawn without a browser."""


def themed(spec: Spec, theme: Theme, *, paper: str | None = None) -> Spec:
    """The specification in a theme. `paper` is another background than the theme's own (`transparent` in a page)."""
    return {**spec, "config": config_of(theme, paper=paper)}


def config_of(theme: Theme, *, paper: str | None = None) -> dict[str, Any]:
    """The `config` of a specification: everything that differs between light and dark is here."""
    return _config(_INKS[theme], paper or _INKS[theme]["paper"])


def page_config() -> dict[str, Any]:
    """The same for a picture in a page, with the page's own colours and nothing behind it."""
    config = _config(PAGE_INKS, "transparent")
    return {**config, "font": PAGE_FONT, "axisY": {"titlePadding": _TITLE_PADDING}}


def _config(inks: Mapping[str, str], back: str) -> dict[str, Any]:
    ink, soft, line = inks["ink"], inks["soft"], inks["line"]
    text = {"labelColor": soft, "titleColor": soft, "labelFontSize": 11, "titleFontSize": 11}
    return {
        "background": back,
        "font": FONT,
        "padding": 12,
        "view": {"stroke": None},
        "axis": {**text, "gridColor": line, "domainColor": soft, "tickColor": soft, "titleFontWeight": "normal"},
        "legend": {**text, "titleFontWeight": "normal", "symbolStrokeWidth": 2, "symbolOpacity": 1},
        "title": {
            "color": ink,
            "subtitleColor": soft,
            "fontSize": 15,
            "subtitleFontSize": 11,
            "subtitleLineHeight": 15,
            "subtitlePadding": 5,
            "offset": 14,
        },
        "style": {
            "guide": {"color": soft, "stroke": soft, "strokeDash": [4, 4], "strokeWidth": 1},
            "ink": {"color": ink, "fill": ink, "fontSize": 11},
            "soft": {"color": soft, "fill": soft, "fontSize": 11},
            "outline": {"stroke": ink, "strokeWidth": 1.5, "fill": None},
            "front": {"color": ink, "stroke": ink, "strokeWidth": 1.5},
            "median": {"color": ink, "stroke": ink, "strokeWidth": 2},
            "part": {"stroke": inks["paper"], "strokeWidth": 0.5},
        },
    }
