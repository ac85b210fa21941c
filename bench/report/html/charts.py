"""The pictures of a page: Vega-Lite specifications for a wide and for a narrow window, and the script that draws them.

The script is there once in a page, with its licence's name in it. Neighbour: `bench.report.charts` makes pictures.
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
from bench.report.html.model import Chart, Page, Runtime

WIDE, NARROW = 900, 350
"""Pixels: of the page's column, and of a phone's window."""
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def illustrated(page: Page, summaries: Sequence[Summary], *, src: str | None = None) -> Page:
    """The page with the pictures of its runs; `summaries` are those of the runs, in their order.

    `src` is where the script that draws lies beside the page; without it, the script is in the page.
    """
    runs = tuple(
        msgspec.structs.replace(run, charts=charts_of(summary))
        for run, summary in zip(page.runs, summaries, strict=True)
    )
    return msgspec.structs.replace(
        page, runs=runs, runtime=chart_runtime(src) if any(run.charts for run in runs) else None
    )


def charts_of(summary: Summary) -> dict[str, Chart]:
    """The pictures of a run by their kind, those that have something to show.

    Where the time goes is drawn by the page itself, out of its table.
    """
    from altair.utils.schemapi import debug_mode  # noqa: PLC0415  (altair is slow to import)

    from bench.report.charts.effects import effects  # noqa: PLC0415
    from bench.report.charts.tradeoff import tradeoff  # noqa: PLC0415

    charts: dict[str, Chart] = {}
    with debug_mode(False):  # else every part is held against the schema as it is made, which takes longer than all
        if any(WALL in row.metrics and IMAGE_SIZE in row.metrics for row in summary.rows):
            charts["tradeoff"] = _chart(tradeoff(summary, width=WIDE), tradeoff(summary, width=NARROW))
        if summary.axes:
            charts["effects"] = _chart(effects(summary, width=WIDE), effects(summary, width=NARROW))
    return charts


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
