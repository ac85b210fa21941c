"""The view model of the site's pages → the texts of their files. `bench.report.html.render` does the pages of runs."""

from __future__ import annotations

import functools
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, assert_never

import msgspec

from bench import __version__
from bench.report.html.model import Frame
from bench.report.html.render import (
    STYLES,
    content_policy,
    inline_script,
    live_script,
    new_environment,
    read_asset,
)
from bench.report.site.model import Feed, IndexPage, RunsPage, TargetPage
from bench.report.site.plots import BOX, SPARK_BOX

if TYPE_CHECKING:
    import jinja2

_OWN_STYLES = "site.css"
_OWN_SCRIPT = "site.js"
_SHARED_SCRIPT = "main.js"
_FEED = "feed.xml.jinja"
_FOLDER = "assets"

SitePage = IndexPage | RunsPage | TargetPage


def render_site_page(page: SitePage, frame: Frame) -> str:
    """A page of the site as one text. `frame` says where it belongs; the first page belongs nowhere."""
    from markupsafe import Markup  # noqa: PLC0415  (slow to import, and `--help` needs none of it)

    script = inline_script(f"{read_asset(_SHARED_SCRIPT)}\n{read_site_asset(_OWN_SCRIPT)}")
    live = live_script(frame)
    return _template(_template_of(page)).render(
        page=page,
        frame=frame,
        up="" if not frame.trail else (frame.trail[0].href or "").removesuffix("index.html"),
        policy=content_policy([one for one in (script, live) if one], listens=live is not None),
        styles=Markup(f"{read_asset(STYLES)}\n{read_site_asset(_OWN_STYLES)}"),  # noqa: S704  (our own)
        script=Markup(script),  # noqa: S704  (our own)
        live=None if live is None else Markup(live),  # noqa: S704  (our own)
        version=__version__,
        box=BOX,
        spark_box=SPARK_BOX,
    )


def render_feed(feed: Feed) -> str:
    """The feed as XML."""
    return _template(_FEED).render(feed=feed, version=__version__)


def key_of(value: Any, *more: Any) -> str:
    """What tells two pages apart: a digest of their values and of all that they are laid out with."""
    return hashlib.sha256(msgspec.json.encode([value, __version__, assets_digest(), *more])).hexdigest()[:32]


@functools.cache
def assets_digest() -> str:
    """A digest of all templates, styles and scripts."""
    digest = hashlib.sha256()
    for room in ("bench.report.html", "bench.report.site"):
        for file in sorted(files(room).joinpath(_FOLDER).iterdir(), key=lambda one: one.name):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


@functools.cache
def read_site_asset(name: str) -> str:
    """One of the site's own templates, styles and scripts."""
    return files("bench.report.site").joinpath(_FOLDER, name).read_text(encoding="utf-8")


def _template_of(page: SitePage) -> str:
    match page:
        case IndexPage():
            return "index.html.jinja"
        case RunsPage():
            return "runs.html.jinja"
        case TargetPage():
            return "target.html.jinja"
        case _:
            assert_never(page)


@functools.cache
def _template(name: str) -> jinja2.Template:
    import jinja2  # noqa: PLC0415

    return new_environment(jinja2.FunctionLoader(read_site_asset)).get_template(name)
