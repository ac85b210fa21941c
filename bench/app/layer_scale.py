"""Weighs images: once for each variant, outside the timed region, from the archive that the engine streams.

The layers of a base are the same in all images on it, so they are measured once and kept in the user's cache folder.
Neighbours: `bench.ports.image_archive` reads the archive, `bench.pure.image_sizes` makes the sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from bench.errors import EngineError
from bench.model.image_layers import ImageLayers
from bench.model.scenario import PreparedBase
from bench.ports.gzip_size import CODEC
from bench.ports.image_archive import read_image_archive
from bench.ports.layer_cache import LayerCache
from bench.ports.protocols import Engine
from bench.pure.image_sizes import MeasuredLayer, image_layers


class LayerScale:
    """Weighs the images of one engine, and remembers the layers of its bases."""

    def __init__(self, engine: Engine, cache: Path) -> None:
        self._engine = engine
        self._cache = LayerCache(cache)
        self._known: dict[str, MeasuredLayer] = {}
        self._bases: dict[str, tuple[str, ...]] = {}

    def learn(self, bases: Iterable[PreparedBase], *, say: Callable[[str], None]) -> None:
        """Measure the layers of bases, before the first trial; `say` tells the user of one that takes time.

        A base whose image cannot be read is left out: the images on it are then measured whole.
        """
        for base in bases:
            layers = self._cache.read(base.digest)
            if layers is None or not self._are_of(layers, base):
                say(f"base: weighing the layers of {base.name}, once")
                try:
                    layers = read_image_archive(self._engine.save_image(base.ref)).layers
                except EngineError as error:
                    say(f"base: the layers of {base.name} cannot be weighed: {error.message}")
                    continue
                self._cache.write(base.digest, layers)
            self._known.update({layer.diff_id: layer for layer in layers})
            self._bases[base.name] = tuple(layer.diff_id for layer in layers)

    def weigh(self, image: str, base: str | None) -> ImageLayers:
        """The sizes of an image on the base of this name. Raises EngineError where the engine gives no such archive."""
        chunks = self._engine.save_image(image, without=self._known)
        read = read_image_archive(chunks, known=self._known)
        return image_layers(image, read.config, read.layers, base=self._bases.get(base) if base else None, codec=CODEC)

    def _are_of(self, layers: Iterable[MeasuredLayer], base: PreparedBase) -> bool:
        """Whether layers that were kept are those of the base in this engine: the same content, packed the same way."""
        return tuple(layer.diff_id for layer in layers) == self._engine.layer_ids(base.ref)
