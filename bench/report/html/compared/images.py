"""The images of both sides of a row, with their layers matched as the steps are. Each pair of variants once."""

from __future__ import annotations

from collections.abc import Mapping

from bench.model.blame import StepChange
from bench.model.comparison import RowSide
from bench.model.image_layers import ImageLayer
from bench.model.layers_report import VariantLayers
from bench.pure.layer_alignment import align_layers
from bench.pure.layers_report import layers_report
from bench.pure.sides import Side
from bench.report.html.compared.held import ComparedParts, Held
from bench.report.html.compared.model_details import ImagesView, LayerPairView
from bench.report.html.details import image_text, layer_view
from bench.report.html.texts import Texts

Weighed = Mapping[str, VariantLayers]


class Images:
    """The images of all rows, by number: rows that differ in their state only share them."""

    def __init__(self, parts: ComparedParts, texts: Texts) -> None:
        self._texts = texts
        self._base = _weighed(parts.base)
        self._head = self._base if parts.is_one_run else _weighed(parts.head)
        self._found: dict[tuple[str | None, str | None], ImagesView] = {}

    @property
    def all(self) -> tuple[ImagesView, ...]:
        """Every pair of images that was asked for, in the order of its number."""
        return tuple(self._found.values())

    def place(self, held: Held) -> int:
        """The number of a row's images."""
        key = _name(held.row.base), _name(held.row.head)
        if key not in self._found:
            self._found[key] = self._view(
                self._base[key[0]] if key[0] is not None else None,
                self._head[key[1]] if key[1] is not None else None,
            )
        return list(self._found).index(key)

    def _view(self, base: VariantLayers | None, head: VariantLayers | None) -> ImagesView:
        ours, theirs = (one.layers.layers if one and one.layers else () for one in (base, head))
        alone = not ours or not theirs
        return ImagesView(
            base=None if base is None else self._texts.place(image_text(base)),
            head=None if head is None else self._texts.place(image_text(head)),
            layers=tuple(self._pair(*pair, alone=alone) for pair in align_layers(ours, theirs)),
        )

    def _pair(self, base: ImageLayer | None, head: ImageLayer | None, *, alone: bool) -> LayerPairView:
        return LayerPairView(
            base=None if base is None else layer_view(base, self._texts),
            head=None if head is None else layer_view(head, self._texts),
            change="" if alone else _change(base, head).value,
        )


def _change(base: ImageLayer | None, head: ImageLayer | None) -> StepChange:
    if base is None:
        return StepChange.ADDED
    if head is None:
        return StepChange.REMOVED
    texts = [" ".join((layer.instruction or "").split()) for layer in (base, head)]
    return StepChange.SAME if texts[0] == texts[1] else StepChange.CHANGED


def _name(side: RowSide | None) -> str | None:
    return None if side is None else side.variant


def _weighed(side: Side) -> Weighed:
    return {one.variant: one for one in layers_report(side.run, side.trials).variants}
