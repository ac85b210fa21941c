"""Keeps what was measured of the layers of bases in the user's cache folder: large layers that seldom change.

They can always be measured again, so a file that cannot be read or written is as good as none.
"""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import msgspec

from bench.errors import StorageError
from bench.ports.disk import make_folder, read_bytes, write_whole
from bench.ports.gzip_size import CODEC
from bench.pure.image_sizes import MeasuredLayer

logger = logging.getLogger(__name__)

FOLDER = "layers"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    codec: str
    layers: tuple[MeasuredLayer, ...]


class LayerCache:
    """The layers of bases by the base's digest (`sha256:…`)."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / FOLDER

    def read(self, digest: str) -> tuple[MeasuredLayer, ...] | None:
        """What was measured before in the same way, None without."""
        try:
            data = gzip.decompress(read_bytes(self._file(digest)))
            kept = msgspec.json.decode(data, type=_Kept)
        except (StorageError, msgspec.MsgspecError, OSError, EOFError) as error:
            logger.debug("no layers of %s at hand: %s", digest, error)
            return None
        return kept.layers if kept.codec == CODEC else None

    def write(self, digest: str, layers: tuple[MeasuredLayer, ...]) -> None:
        """Keep what was measured; where it cannot be written it is measured again next time."""
        data = gzip.compress(msgspec.json.encode(_Kept(codec=CODEC, layers=layers)), compresslevel=6, mtime=0)
        try:
            make_folder(self._folder)
            write_whole(self._file(digest), data)
        except StorageError as error:
            logger.debug("the layers of %s cannot be kept: %s", digest, error)

    def _file(self, digest: str) -> Path:
        return self._folder / f"{digest.replace(':', '-')}.json.gz"
