"""The view model of a comparison's page → the text of an HTML file, by the rules of `bench.report.html.render`."""

from __future__ import annotations

from bench.report.html.compared.model import ComparedPage
from bench.report.html.render import STYLES, render_template

SCRIPTS = (
    "start.js",
    "lanes.js",
    "table.js",
    "diff.js",
    "main.js",
    "compared-dots.js",
    "compared-detail.js",
    "compared.js",
)
OWN_STYLES = "compared.css"
TEMPLATE = "compared.html.jinja"


def render_compared(page: ComparedPage) -> str:
    """The page as one text."""
    return render_template(TEMPLATE, page, scripts=SCRIPTS, styles=(STYLES, OWN_STYLES))
