"""The view model → the text of an HTML file that needs nothing beside itself.

The template escapes every value, and a name that it does not know is an error. Scripts get their data as JSON in which
no `<` stands, and make text nodes of it. The page's own policy lets nothing run but these scripts, by their digests,
and lets nothing be fetched. Neighbour: `assets/` holds the templates, the styles and the scripts.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from bench.report.html.model import Frame, Page

if TYPE_CHECKING:
    import jinja2

SCRIPTS = ("start.js", "lanes.js", "table.js", "detail.js", "diff.js", "main.js", "marks.js", "charts.js")
STYLES = "page.css"
TEMPLATE = "page.html.jinja"
LIVE_SCRIPT = "live.js"
FIRST_ROWS = 200
"""So many rows of the table are shown at first; a button shows all. Laying out thousands would delay everything."""
MOST_LISTED = 8
"""So many of a list are shown at first: the answer has to fit into ten seconds."""
PACKED_FROM = 1_500_000
"""Letters of data from which it is packed. A smaller page can be searched and read by any program, as it is."""
_FOLDER = "assets"
_IN_JSON = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def render_page(page: Page) -> str:
    """The page of runs as one text."""
    runtime = page.runtime
    return render_template(
        TEMPLATE,
        page,
        scripts=SCRIPTS,
        styles=(STYLES,),
        runtime=None if runtime is None or runtime.src else runtime.script,
        frame=page.frame,
        loads=runtime is not None and runtime.src is not None,
    )


def render_template(
    template: str,
    page: Any,
    *,
    scripts: Sequence[str],
    styles: Sequence[str],
    runtime: str | None = None,
    frame: Frame | None = None,
    loads: bool = False,
) -> str:
    """A page of any kind: `template`, `scripts` and `styles` are names of assets, and `runtime` is one more script.

    The template gets the view model as `page`. `frame` is what the page is set into; `loads`: its scripts bring in
    others.
    """
    from markupsafe import Markup  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    script = inline_script("\n".join(map(read_asset, scripts)))
    drawing = None if runtime is None else inline_script(runtime)
    live = live_script(frame)
    inline = [one for one in (script, drawing, live) if one]
    return new_template(template).render(
        page=page,
        policy=content_policy(inline, loads=loads, listens=live is not None),
        styles=Markup("\n".join(map(read_asset, styles))),  # noqa: S704  (our own)
        script=Markup(script),  # noqa: S704  (our own)
        live=None if live is None else Markup(live),  # noqa: S704  (our own)
        runtime="" if drawing is None else Markup(drawing),  # noqa: S704  (made of published libraries)
        first_rows=FIRST_ROWS,
    )


@functools.cache
def new_template(name: str) -> jinja2.Template:
    """One of the templates among the assets, with those that it takes in."""
    import jinja2  # noqa: PLC0415

    return new_environment(jinja2.FunctionLoader(read_asset)).get_template(name)


def new_environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    """What templates of pages are read in: every value is escaped, and a name that is not known is an error."""
    import jinja2  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["json"] = lambda value: Markup(inline_json(value))  # noqa: S704  (no `<` is left in it)
    environment.filters["data_block"] = _block
    environment.filters["drawing"] = Markup  # our own SVG
    environment.globals["most_listed"] = MOST_LISTED
    return environment


def live_script(frame: Frame | None) -> str | None:
    """The script that reloads a page that is served, None for any other."""
    return None if frame is None or frame.live is None else inline_script(read_asset(LIVE_SCRIPT))


def inline_json(value: Any) -> str:
    """JSON that can stand between script tags: whatever a text holds, it ends neither the element nor the value."""
    return msgspec.json.encode(value).decode().translate(_IN_JSON)


def packed_json(text: str) -> str:
    """JSON as the base64 of its gzip (RFC 1952), which every browser of today unpacks by itself."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def content_policy(scripts: Sequence[str], *, loads: bool = False, listens: bool = False) -> str:
    """A content security policy: these scripts and no others, styles within the page, and nothing from anywhere.

    With `loads`, these scripts may bring in others; with `listens`, they may ask the server that the page is from.
    Source: Content Security Policy Level 3, 6.7.3 (digests of inline scripts) and 8.2 (`strict-dynamic`, which unlike
    `'self'` is known to hold for pages from a file).
    """
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = [*(f"'sha256-{digest}'" for digest in digests), *(["'strict-dynamic'"] if loads else [])]
    rules = [
        "default-src 'none'",
        f"script-src {' '.join(allowed)}",
        "style-src 'unsafe-inline'",
        "img-src data:",
        *(["connect-src 'self'"] if listens else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _block(value: Any) -> dict[str, Any]:
    """Data for a script element: its type, and its text."""
    from markupsafe import Markup  # noqa: PLC0415

    text = inline_json(value)
    if len(text) < PACKED_FROM:
        return {"type": "application/json", "text": Markup(text)}  # noqa: S704  (no `<` is left in it)
    return {"type": "application/gzip", "text": packed_json(text)}


def inline_script(script: str) -> str:
    """A script that does not end its element. Such words stand in strings and comments, where this changes nothing."""
    return script.replace("\r", "").replace("</script", "<\\/script").replace("<!--", "<\\!--")


@functools.cache
def read_asset(name: str) -> str:
    """One of the templates, styles and scripts."""
    return files("bench.report.html").joinpath(_FOLDER, name).read_text(encoding="utf-8")
