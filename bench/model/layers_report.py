"""What `buildmark layers` shows of a run: the layers of each variant's image. The JSON shape is docs/FORMAT.md's."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.image_layers import ImageLayers


class VariantLayers(msgspec.Struct, frozen=True, kw_only=True):
    """One variant. `trial` is the number of the trial whose image was weighed; `reason` says why there is none."""

    variant: str
    levels: Mapping[str, str]
    trial: int | None
    layers: ImageLayers | None
    reason: str | None


class LayersReport(msgspec.Struct, frozen=True, kw_only=True):
    """The variants of a run, in the plan's order."""

    run: str
    variants: tuple[VariantLayers, ...]
