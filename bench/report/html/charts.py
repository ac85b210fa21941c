"""The pictures of a page, for a wide and for a narrow window: drawn when it is written, or by a script when it is read.

A page that stands alone has them drawn (`painted`). A page that shares a runtime with many others can have the
specifications instead (`illustrated`), which are smaller and quicker to write. Neighbours: `bench.report.charts` makes
pictures, `drawing` makes SVG of them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.metadata import version

import msgspec

from bench.model.summary import Summary
from bench.pure.metrics import IMAGE_SIZE, WALL
from bench.report.charts.themes import Spec, config_of
from bench.report.choices import Theme
from bench.report.html.drawing import draw
from bench.report.html.model import Chart, Drawing, Page, Runtime, RunView
from bench.report.html.texts import visible

WIDE, NARROW = 900, 350
"""Pixels: of the page's column, and of a phone's window."""
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def painted(page: Page, summaries: Sequence[Summary]) -> Page:
    """The page with the pictures of its runs drawn; `summaries` are those of the runs, in their order."""
    runs = tuple(
        msgspec.structs.replace(run, drawings=drawings_of(run, summary))
        for run, summary in zip(page.runs, summaries, strict=True)
    )
    return msgspec.structs.replace(page, runs=runs)


def illustrated(page: Page, summaries: Sequence[Summary], *, src: str | None = None) -> Page:
    """The page with specifications of its pictures and with the runtime that draws them; otherwise as `painted`.

    `src` is where the runtime lies beside the page; without it, it is in the page.
    """
    runs = tuple(
        msgspec.structs.replace(run, charts=charts_of(summary))
        for run, summary in zip(page.runs, summaries, strict=True)
    )
    return msgspec.structs.replace(
        page, runs=runs, runtime=chart_runtime(src) if any(run.charts for run in runs) else None
    )


def drawings_of(run: RunView, summary: Summary) -> dict[str, Drawing]:
    """The pictures of a run by their kind, drawn; a point of a variant leads to its detail on the page."""
    texts = run.details.texts
    places = {texts[variant.name]: place for place, variant in enumerate(run.details.variants)}
    ids = {row.variant for row in summary.rows}
    addresses = {one: f"#{run.key}-v{places[visible(one)]}" for one in ids if visible(one) in places}
    wide, narrow = specs_of(summary, WIDE), specs_of(summary, NARROW)
    return {
        kind: Drawing(
            wide=draw(wide[kind], name=f"{run.key}-{kind}-wide", addresses=addresses),
            narrow=draw(narrow[kind], name=f"{run.key}-{kind}-narrow", addresses=addresses),
        )
        for kind in wide
    }


def charts_of(summary: Summary) -> dict[str, Chart]:
    """The pictures of a run by their kind, as specifications."""
    wide, narrow = specs_of(summary, WIDE), specs_of(summary, NARROW)
    return {kind: _chart(wide[kind], narrow[kind]) for kind in wide}


def specs_of(summary: Summary, width: int) -> dict[str, Spec]:
    """Those pictures of a run that have something to show, `width` pixels wide.

    Where the time goes is drawn by the page itself, out of its table.
    """
    from altair.utils.schemapi import debug_mode  # noqa: PLC0415  (altair is slow to import)

    from bench.report.charts.effects import effects  # noqa: PLC0415
    from bench.report.charts.tradeoff import tradeoff  # noqa: PLC0415

    specs: dict[str, Spec] = {}
    with debug_mode(False):  # else every part is held against the schema as it is made, which takes longer than all
        if any(WALL in row.metrics and IMAGE_SIZE in row.metrics for row in summary.rows):
            specs["tradeoff"] = tradeoff(summary, width=width)
        if summary.axes:
            specs["effects"] = effects(summary, width=width)
    return specs


def chart_runtime(src: str | None = None) -> Runtime:
    """What draws pictures: the script, or where it lies, and the colours of both themes."""
    return Runtime(
        script=chart_script() if src is None else "",
        src=src,
        light=config_of(Theme.LIGHT, paper="transparent"),
        dark=config_of(Theme.DARK, paper="transparent"),
    )


@functools.cache
def chart_script() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script. Takes seconds."""
    import vl_convert  # noqa: PLC0415
    from altair.vegalite import SCHEMA_VERSION  # noqa: PLC0415

    wanted = ".".join(SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return str(vl_convert.javascript_bundle(_SNIPPET, vl_version=wanted))


def chart_script_key() -> str:
    """What the script is made of, told without making it."""
    return " ".join(f"{name} {version(name)}" for name in ("altair", "vl-convert-python"))


def _chart(wide: Spec, narrow: Spec) -> Chart:
    """Both widths with the data that they share once: altair names each set of data by its digest."""
    shared = wide.get("datasets", {})
    own = {name: data for name, data in narrow.get("datasets", {}).items() if name not in shared}
    return Chart(wide=_bare(wide), narrow={**_bare(narrow), "datasets": own})


def _bare(spec: Spec) -> Spec:
    """A specification without the parts that the page gives it: its theme, and the heading that stands above it."""
    return {name: value for name, value in spec.items() if name not in {"config", "title"}}
