"""A specification → SVG text or PNG bytes, by vl-convert: no browser, no network."""

from __future__ import annotations

import html
import re
from typing import assert_never

from bench.report.charts.themes import Spec, themed
from bench.report.choices import PlotFormat, Theme

_SCALE = 2.0
_ROOT = re.compile(r"<svg\b[^>]*>")


def render(spec: Spec, form: PlotFormat, theme: Theme = Theme.LIGHT) -> bytes:
    """The picture as the bytes of a file."""
    match form:
        case PlotFormat.SVG:
            return svg(spec, theme).encode()
        case PlotFormat.PNG:
            return png(spec, theme)
        case _:
            assert_never(form)


def svg(spec: Spec, theme: Theme = Theme.LIGHT) -> str:
    """The picture as an SVG document, with its description for screen readers."""
    return _described(plain_svg(themed(spec, theme)), spec["title"]["text"], spec["description"])


def plain_svg(spec: Spec) -> str:
    """The picture as it is drawn in the specification's own theme, with nothing added."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, vl_version=_version(), allowed_base_urls=[]))


def png(spec: Spec, theme: Theme = Theme.LIGHT, *, scale: float = _SCALE) -> bytes:
    """The picture as a PNG file with `scale` dots for each pixel."""
    import vl_convert

    return bytes(
        vl_convert.vegalite_to_png(themed(spec, theme), vl_version=_version(), scale=scale, allowed_base_urls=[])
    )


def _version() -> str:
    """The version of Vega-Lite that altair writes, as vl-convert names it: `6.1`."""
    from altair.vegalite import SCHEMA_VERSION

    return ".".join(SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _described(drawn: str, title: str, description: str) -> str:
    """One image with one description, instead of a name for every mark, which nobody can listen to."""
    label = html.escape(description, quote=True)
    head = f"<title>{html.escape(title)}</title><desc>{label}</desc>"
    return _ROOT.sub(lambda root: f'{root[0].removesuffix(">")} role="img" aria-label="{label}">{head}', drawn, count=1)
