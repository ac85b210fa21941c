"""The view model of a comparison's page → the text of an HTML file, by the rules of `bench.report.html.render`."""

from __future__ import annotations

from bench.report.html.compared.model import ComparedPage
from bench.report.html.render import FIRST_ROWS, STYLES, content_policy, inline_script, new_template, read_asset

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
    from markupsafe import Markup  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    script = inline_script("\n".join(map(read_asset, SCRIPTS)))
    return new_template(TEMPLATE).render(
        page=page,
        policy=content_policy([script]),
        styles=Markup(f"{read_asset(STYLES)}\n{read_asset(OWN_STYLES)}"),  # noqa: S704  (our own)
        script=Markup(script),  # noqa: S704  (our own)
        first_rows=FIRST_ROWS,
    )
