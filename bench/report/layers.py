"""The layers of a run's images as text: what made each, what it takes, and what of it is waste."""

from __future__ import annotations

import textwrap

import msgspec

from bench.model.image_layers import ImageLayer, ImageLayers
from bench.model.layers_report import LayersReport, VariantLayers
from bench.report.grid import GridColumn, terminal_grid
from bench.report.units import bytes_text, percent_text, plain_text

_SHORTEST_INSTRUCTION = 24
_ELLIPSIS = "…"


def render_layers_json(report: LayersReport) -> str:
    """The whole report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def render_layers_table(report: LayersReport, *, width: int) -> str:
    """A table for each variant, with the paths that waste the most under it."""
    return "\n\n".join(_variant(one, width) for one in report.variants) + "\n"


def _variant(one: VariantLayers, width: int) -> str:
    if one.layers is None:
        return f"{one.variant}: not weighed: {plain_text(one.reason or '')}"
    head = f"{one.variant} (trial {one.trial}): {totals_text(one.layers)}"
    parts = [textwrap.fill(head, max(width, 40), break_on_hyphens=False), _layers(one.layers, width)]
    if one.layers.worst:
        parts.append("What wastes the most:")
        parts.append(_worst(one.layers, width))
    return "\n".join(parts)


def totals_text(image: ImageLayers) -> str:
    """The image in a sentence."""
    share = image.waste_bytes / image.size_bytes if image.size_bytes else 0.0
    count = len(image.layers)
    words = [
        f"{bytes_text(image.size_bytes)} in {count} {'layer' if count == 1 else 'layers'}",
        f"{bytes_text(image.compressed_bytes)} compressed ({image.codec})",
        f"{bytes_text(image.waste_bytes)} waste ({percent_text(share)})",
    ]
    if image.base_bytes is not None and image.base_compressed_bytes is not None:
        words.append(f"{bytes_text(image.base_bytes)} shared with the base")
    return ", ".join(words)


def _layers(image: ImageLayers, width: int) -> str:
    numbers = [
        GridColumn(header="size", cells=tuple(bytes_text(layer.size_bytes) for layer in image.layers)),
        GridColumn(header="compressed", cells=tuple(bytes_text(layer.compressed_bytes) for layer in image.layers)),
        GridColumn(header="waste", cells=tuple(bytes_text(layer.waste_bytes) for layer in image.layers)),
        GridColumn(header="files", cells=tuple(str(layer.files) for layer in image.layers)),
    ]
    index = GridColumn(header="layer", cells=tuple(map(str, range(1, len(image.layers) + 1))))
    taken = sum(2 + max(map(len, (column.header, *column.cells))) for column in (index, *numbers))
    made = tuple(_shortened(made_by(layer), max(width - taken, _SHORTEST_INSTRUCTION)) for layer in image.layers)
    return terminal_grid([index, GridColumn(header="made by", cells=made, left=True), *numbers], width=width)


def _worst(image: ImageLayers, width: int) -> str:
    sizes = tuple(bytes_text(path.size_bytes) for path in image.worst)
    what = tuple(f"{path.kind} in layer {path.layer}" for path in image.worst)
    paths = tuple(plain_text(path.path) for path in image.worst)
    columns = [
        GridColumn(header="wasted", cells=sizes),
        GridColumn(header="how", cells=what, left=True),
        GridColumn(header="path", cells=paths, left=True),
    ]
    return terminal_grid(columns, width=width)


def made_by(layer: ImageLayer) -> str:
    """The instruction that made a layer, or what is known in its place."""
    if layer.instruction is None:
        return "the base" if layer.in_base else "not told by the image's history"
    words = plain_text(layer.instruction)
    return f"the base: {words}" if layer.in_base else words


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _ELLIPSIS
