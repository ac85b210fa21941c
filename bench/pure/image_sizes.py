"""From the layers of an image, each measured, to its sizes. Neighbour: `bench.pure.layer_waste` finds the waste."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bench.model.image_layers import ImageLayer, ImageLayers
from bench.pure.image_config import ImageConfig
from bench.pure.layer_waste import EntryKind, LayerEntry, find_waste, is_whiteout

WORST = 10


class MeasuredLayer(msgspec.Struct, frozen=True, kw_only=True):
    """A layer by itself: what it holds and what it takes when compressed. The same in every image that has it."""

    diff_id: str
    compressed_bytes: int
    entries: tuple[LayerEntry, ...]

    @property
    def size_bytes(self) -> int:
        """The content of its regular files; a hard link adds nothing."""
        return sum(entry.size_bytes for entry in self.entries)

    @property
    def symlink_bytes(self) -> int:
        """The length of what its symlinks point to."""
        return sum(len(entry.target.encode()) for entry in self.entries if entry.kind is EntryKind.OTHER)

    @property
    def files(self) -> int:
        """How many regular files it has; what only says that something is deleted is none."""
        return sum(entry.kind is EntryKind.FILE and not is_whiteout(entry.path) for entry in self.entries)


def image_layers(
    image_id: str,
    config: ImageConfig,
    measured: Sequence[MeasuredLayer],
    *,
    base: Sequence[str] | None,
    codec: str,
) -> ImageLayers:
    """Put together the sizes of an image. `measured` are its layers in order, `base` the diff ids of its base's."""
    waste = find_waste(layer.entries for layer in measured)
    shared = shared_layers(config.diff_ids, base or ())
    layers = tuple(
        ImageLayer(
            diff_id=layer.diff_id,
            instruction=config.instructions[number],
            size_bytes=layer.size_bytes,
            compressed_bytes=layer.compressed_bytes,
            waste_bytes=waste.by_layer[number],
            symlink_bytes=layer.symlink_bytes,
            files=layer.files,
            in_base=number < shared,
        )
        for number, layer in enumerate(measured)
    )
    return ImageLayers(
        image_id=image_id,
        codec=codec,
        size_bytes=sum(layer.size_bytes for layer in layers),
        compressed_bytes=sum(layer.compressed_bytes for layer in layers),
        waste_bytes=waste.total_bytes,
        base_bytes=None if base is None else sum(layer.size_bytes for layer in layers[:shared]),
        base_compressed_bytes=None if base is None else sum(layer.compressed_bytes for layer in layers[:shared]),
        layers=layers,
        worst=waste.paths[:WORST],
    )


def shared_layers(diff_ids: Sequence[str], base: Sequence[str]) -> int:
    """How many leading layers two images have in common; only those are the same tree."""
    pairs = zip(diff_ids, base, strict=False)
    return next((number for number, (one, other) in enumerate(pairs) if one != other), min(len(diff_ids), len(base)))
