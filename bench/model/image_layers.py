"""What an image is made of, layer by layer, and what of it is waste (docs/FORMAT.md).

`bench.pure.layer_waste` finds the waste, `bench.ports.image_archive` reads the layers, trials record them.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class WasteKind(StrEnum):
    """What a later layer did to bytes of an earlier one."""

    DELETED = "deleted"
    OVERWRITTEN = "overwritten"


class WastedPath(msgspec.Struct, frozen=True, kw_only=True):
    """A path whose bytes lie in the image and cannot be read in it. A whole deleted directory is one, and ends in `/`.

    `layer` is the number, from 1, of the last layer that deleted or overwrote it.
    """

    path: str
    size_bytes: int
    kind: WasteKind
    layer: int


class ImageLayer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer. `instruction` made it, None where the image's history does not tell.

    `size_bytes` is the content of its regular files, each hard-linked file once; `files` counts those. `waste_bytes` is
    the part of it that a later layer overwrites or deletes. `symlink_bytes` is the length of its symlinks' targets,
    which is in no other number here (overlay2 counts it in layers that were imported or made by the classic builder).
    """

    diff_id: str
    instruction: str | None
    size_bytes: int
    compressed_bytes: int
    waste_bytes: int
    symlink_bytes: int
    files: int
    in_base: bool


class ImageLayers(msgspec.Struct, frozen=True, kw_only=True):
    """The layers of one image, the lowest first, with the paths that waste the most.

    `waste_bytes` = `size_bytes` less the bytes of the tree that a container sees. `base_bytes` and
    `base_compressed_bytes` are those of the leading layers that the base has too, None where no base is known. `codec`
    names how `compressed_bytes` came about: images are compared in it only where it is the same.
    """

    image_id: str
    codec: str
    size_bytes: int
    compressed_bytes: int
    waste_bytes: int
    base_bytes: int | None
    base_compressed_bytes: int | None
    layers: tuple[ImageLayer, ...]
    worst: tuple[WastedPath, ...]
