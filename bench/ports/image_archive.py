"""Reads an image archive as an engine streams it: nothing is unpacked, and no file is kept.

Every layer is read once: its entries, its size when compressed, and its digest, which has to be the one that the image
names. Layouts: a docker-archive of any age and an OCI layout, their layers plain or gzip-compressed. Neighbours:
`bench.pure.image_config` reads the JSON files, `bench.ports.gzip_size` compresses.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Protocol

import msgspec

from bench.errors import EngineError
from bench.ports.gzip_size import GzipSize
from bench.pure.image_config import ImageConfig, read_config
from bench.pure.image_sizes import MeasuredLayer
from bench.pure.layer_waste import EntryKind, LayerEntry

_PIECE_BYTES = 1 << 20
_BLOCK_BYTES = 512
_MOST_JSON_BYTES = 16 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BLOBS = "blobs/sha256/"
_KINDS = {
    tarfile.REGTYPE: EntryKind.FILE,
    tarfile.AREGTYPE: EntryKind.FILE,
    tarfile.CONTTYPE: EntryKind.FILE,
    tarfile.DIRTYPE: EntryKind.DIRECTORY,
    tarfile.LNKTYPE: EntryKind.HARD_LINK,
}


class ReadImage(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds: the image's layers in order, each measured."""

    config: ImageConfig
    layers: tuple[MeasuredLayer, ...]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_image_archive(chunks: Iterable[bytes], *, known: Mapping[str, MeasuredLayer] | None = None) -> ReadImage:
    """Read the archive of one image.

    `known` are layers that were measured before, by diff id: they are not read again, and may be missing. Raises
    EngineError for an archive that cannot be read, and for a layer whose digest is not what the image says.
    """
    with ThreadPoolExecutor(thread_name_prefix="gzip") as pool:
        reader = _Reader(pool, known or {})
        try:
            with _open_stream(_Chunks(chunks)) as archive:
                for member in archive:
                    reader.take(archive, member)
        except (tarfile.TarError, zlib.error, EOFError) as error:
            raise EngineError(f"the engine's image archive cannot be read: {error}") from error
    return reader.image()


class _Reader:
    """Takes an archive's members in whatever order they come: which is a layer, and of what, is known at the end."""

    def __init__(self, pool: ThreadPoolExecutor, known: Mapping[str, MeasuredLayer]) -> None:
        self._pool = pool
        self._known = known
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, MeasuredLayer] = {}
        self._links: dict[str, str] = {}

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = posixpath.normpath(member.name)
        if member.issym() or member.islnk():
            folder = posixpath.dirname(path) if member.issym() else ""
            self._links[path] = posixpath.normpath(posixpath.join(folder, member.linkname))
        file = archive.extractfile(member) if member.isreg() else None
        if file is None or f"sha256:{path.removeprefix(_BLOBS)}" in self._known:
            return
        begin = file.read(_BLOCK_BYTES)
        if begin[:1] in {b"{", b"["} and member.size <= _MOST_JSON_BYTES:
            self._documents[path] = begin + file.read()
        elif begin.startswith(_ZSTD):
            raise EngineError("the engine keeps its layers compressed with zstd, which is not read yet")
        elif begin.startswith(_GZIP):
            self._layers[path] = self._measure(_Gunzipped(_Joined(begin, file)))
        elif _is_tar(begin):
            self._layers[path] = self._measure(_Joined(begin, file))

    def image(self) -> ReadImage:
        """What was read, put in order."""
        config = read_config(self._documents)
        places = zip(config.diff_ids, config.paths, strict=True)
        return ReadImage(config=config, layers=tuple(self._layer(diff_id, path) for diff_id, path in places))

    def _layer(self, diff_id: str, path: str) -> MeasuredLayer:
        if diff_id in self._known:
            return self._known[diff_id]
        place = posixpath.normpath(path)
        layer = self._layers.get(self._links.get(place, place))
        if layer is None:
            raise EngineError(f"the engine's image archive lacks the layer {diff_id}")
        if layer.diff_id != diff_id:
            raise EngineError(f"the engine's image archive holds {layer.diff_id} where its image names {diff_id}")
        return layer

    def _measure(self, file: _Readable) -> MeasuredLayer:
        whole = _Measured(file, GzipSize(self._pool, ahead=2 * (os.cpu_count() or 1)))
        with _open_stream(whole) as archive:
            entries = tuple(_entries(archive))
        return MeasuredLayer(diff_id=whole.read_to_end(), compressed_bytes=whole.compressed.finish(), entries=entries)


def _open_stream(file: _Readable) -> tarfile.TarFile:
    """A tar archive that is read from its begin to its end, names that are not UTF-8 made readable."""
    stream: IO[bytes] = file  # type: ignore[assignment] # only `read` is used of it
    return tarfile.open(fileobj=stream, mode="r|", bufsize=_PIECE_BYTES, encoding="utf-8", errors="backslashreplace")


def _entries(archive: tarfile.TarFile) -> Iterator[LayerEntry]:
    for member in archive:
        archive.members = []  # type: ignore[attr-defined] # or it keeps all of them, at over 1 kB each
        kind = _KINDS.get(member.type, EntryKind.OTHER)
        size = member.size if kind is EntryKind.FILE else 0
        yield LayerEntry(member.name, kind, size, member.linkname)


def _is_tar(begin: bytes) -> bool:
    """A header with its magic, or nothing but zeros: an archive of nothing."""
    return begin[257:262] == b"ustar" or (len(begin) == _BLOCK_BYTES and not any(begin))


class _Chunks:
    """Pieces of any size as something that can be read in pieces of a wanted size."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            if not self._rest:
                self._rest = next(self._chunks, b"")
                if not self._rest:
                    break
            part, self._rest = self._rest[:size], self._rest[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class _Joined:
    """What was read of a file already, then the rest of it."""

    def __init__(self, begin: bytes, file: IO[bytes]) -> None:
        self._begin = io.BytesIO(begin)
        self._file = file

    def read(self, size: int) -> bytes:
        begin = self._begin.read(size)
        return begin + self._file.read(size - len(begin))


class _Gunzipped:
    """A gzip file's content."""

    def __init__(self, file: _Readable) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            piece = self._next()
            if not piece:
                break
            parts.append(self._inflate.decompress(piece, size))
            size -= len(parts[-1])
        return b"".join(parts)

    def _next(self) -> bytes:
        """The next compressed piece; a file may hold several gzip streams, one after the other."""
        if not self._inflate.eof:
            return self._inflate.unconsumed_tail or self._file.read(_PIECE_BYTES)
        rest = self._inflate.unused_data or self._file.read(_PIECE_BYTES)
        if rest:
            self._inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        return rest


class _Measured:
    """Hashes and compresses what is read through it."""

    def __init__(self, file: _Readable, compressed: GzipSize) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.compressed = compressed

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        self.compressed.feed(data)
        return data

    def read_to_end(self) -> str:
        """Read what follows the last entry, which is part of the layer, too; returns its diff id."""
        while self.read(_PIECE_BYTES):
            pass
        return f"sha256:{self._hash.hexdigest()}"
