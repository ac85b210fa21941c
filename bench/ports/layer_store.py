"""Reads an image out of the data folder of an engine of our own, without asking its daemon.

A daemon that saves an image writes every layer to its disk anew, the base's too: 0.6 s for a small Debian, for each
variant. Its data folder has the same bytes: the files in `overlay2/`, and around them what `layerdb` keeps to put the
archive of each layer together again (https://github.com/vbatts/tar-split). Whoever reads the archive checks each layer
against its digest, so a layout that is not the expected one cannot give wrong numbers. Neighbour:
`bench.ports.private_engine`, whose Docker version is known, and which asks the daemon where this finds nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import tarfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from bench.errors import EngineError

_PIECE_BYTES = 1 << 20
_BLOCK_BYTES = tarfile.BLOCKSIZE
_FILE = 1


class _Part(msgspec.Struct, frozen=True, gc=False):
    """One line of a `tar-split.json.gz`: a file's content (`size` bytes of `name`), or bytes as they are."""

    type: int
    name: str = ""
    name_raw: bytes = b""
    size: int = 0
    payload: str | None = None


class _RootFs(msgspec.Struct, frozen=True):
    diff_ids: tuple[str, ...] = ()


class _Config(msgspec.Struct, frozen=True):
    rootfs: _RootFs


class StoredLayer:
    """One layer in an engine's data folder. Raises OSError where it is not as expected."""

    def __init__(self, store: Path, chain_id: str) -> None:
        """Find it. `store` is the engine's data folder; `chain_id` names it together with the layers below it."""
        record = store / "image/overlay2/layerdb/sha256" / chain_id.removeprefix("sha256:")
        self._parts_file = record / "tar-split.json.gz"
        self._content = store / "overlay2" / (record / "cache-id").read_text().strip() / "diff"
        self.size_bytes = sum(_length(part) for part in self._parts())

    def archive(self) -> Iterator[bytes]:
        """The layer's archive, byte for byte as it was made."""
        for part in self._parts():
            if part.type != _FILE:
                yield base64.b64decode(part.payload or "")
            elif part.size:
                yield from self._file(part)

    def _file(self, part: _Part) -> Iterator[bytes]:
        name = os.fsdecode(part.name_raw) if part.name_raw else part.name
        descriptor = os.open(self._content / name.lstrip("/"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece

    def _parts(self) -> Iterator[_Part]:
        with gzip.open(self._parts_file) as lines:
            yield from map(_PART.decode, lines)


_PART = msgspec.json.Decoder(_Part)


def stored_image(store: Path, image_id: str, *, without: Collection[str]) -> Iterator[bytes]:
    """The archive of an image as `docker save` makes it, without the layers whose diff id is in `without`.

    Raises OSError before the first piece where the data folder does not hold such an image in the expected way, and
    EngineError later on.
    """
    config = (store / "image/overlay2/imagedb/content/sha256" / image_id.removeprefix("sha256:")).read_bytes()
    diff_ids = msgspec.json.decode(config, type=_Config).rootfs.diff_ids
    wanted = [pair for pair in zip(diff_ids, chain_ids(diff_ids), strict=True) if pair[0] not in without]
    layers = {diff_id: StoredLayer(store, chain_id) for diff_id, chain_id in wanted}
    return _image_archive(config, diff_ids, layers)


def chain_ids(diff_ids: Iterable[str]) -> Iterator[str]:
    """The name of each layer together with those below it: OCI image-spec, config.md, Layer ChainID."""
    chain = ""
    for diff_id in diff_ids:
        chain = f"sha256:{hashlib.sha256(f'{chain} {diff_id}'.encode()).hexdigest()}" if chain else diff_id
        yield chain


def _image_archive(config: bytes, diff_ids: tuple[str, ...], layers: dict[str, StoredLayer]) -> Iterator[bytes]:
    manifest = [{"Config": "config.json", "Layers": [_place(diff_id) for diff_id in diff_ids]}]
    yield from _member("manifest.json", [json.dumps(manifest).encode()])
    yield from _member("config.json", [config])
    for diff_id, layer in layers.items():
        yield from _member(_place(diff_id), layer.archive(), layer.size_bytes)
    yield bytes(2 * _BLOCK_BYTES)


def _member(name: str, pieces: Iterable[bytes], size: int | None = None) -> Iterator[bytes]:
    whole = list(pieces) if size is None else pieces
    header = tarfile.TarInfo(name)
    header.size = sum(map(len, whole)) if size is None else size
    yield header.tobuf(tarfile.GNU_FORMAT)
    left = header.size
    try:
        for piece in whole:
            left -= len(piece)
            yield piece
    except OSError as error:
        raise EngineError(f"the engine's layer {name} cannot be read: {error}") from error
    if left:
        raise EngineError(f"the engine's layer {name} is not as long as its parts say")
    yield bytes(-header.size % _BLOCK_BYTES)


def _place(diff_id: str) -> str:
    return f"blobs/sha256/{diff_id.removeprefix('sha256:')}"


def _length(part: _Part) -> int:
    """How many bytes a part stands for; base64 has its length in its own."""
    if part.type == _FILE:
        return part.size
    text = part.payload or ""
    return len(text) * 3 // 4 - text[-2:].count("=")
