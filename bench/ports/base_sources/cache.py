"""Prepared root filesystems in the user's cache folder: `bases/NAME-KEY.tar` with a JSON file beside each.

The key stands for the source's definition, so a changed entry of the catalogue never finds the archive of the old one.
An archive appears whole or not at all, and two processes that want the same one make it once.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from bench.errors import StorageError
from bench.model.scenario import Base, BaseSource, SourceKind
from bench.ports.base_sources.rootfs_tar import sha256_of, unpacked_size
from bench.ports.protocols import Clock

FOLDER = "bases"
# Part of every key: raise it when the recipe behind a kind of source changes what it makes.
RECIPES = {SourceKind.ARCHIVE: 1, SourceKind.BOOTSTRAP: 1, SourceKind.ALPINE_WHEEL: 1}

# Makes the archive at its second argument, using its first as a scratch folder; returns the origin in words.
Maker = Callable[[Path, Path], str]


class CachedBase(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared archive. `digest` is of the uncompressed archive; `size_bytes` is that of the files in it."""

    name: str
    source: SourceKind
    origin: str
    digest: str
    size_bytes: int
    archive_bytes: int
    prepared_at: datetime


class BaseCache:
    """The folder of prepared bases, for one architecture (`amd64`)."""

    def __init__(self, cache: Path, *, architecture: str, clock: Clock) -> None:
        self._folder = cache / FOLDER
        self._architecture = architecture
        self._clock = clock

    def archive(self, base: Base, source: BaseSource) -> Path:
        """Where the archive lies, whether it is there or not."""
        definition = msgspec.json.encode([RECIPES[source.kind], self._architecture, source], order="deterministic")
        return self._folder / f"{base.name}-{hashlib.sha256(definition).hexdigest()[:12]}.tar"

    def find(self, base: Base, source: BaseSource) -> CachedBase | None:
        """The prepared archive of a source, or None when there is none, or not a whole one."""
        archive = self.archive(base, source)
        try:
            found = msgspec.json.decode(archive.with_suffix(".json").read_bytes(), type=CachedBase)
            return found if archive.stat().st_size == found.archive_bytes else None
        except (OSError, msgspec.MsgspecError):
            return None

    def get(self, base: Base, source: BaseSource, make: Maker, *, refresh: bool = False) -> CachedBase:
        """The prepared archive, made first when there is none or `refresh` asks for a new one.

        Raises what `make` raises, and StorageError when the folder cannot be written.
        """
        try:
            with self._locked(base, source) as work:
                found = None if refresh else self.find(base, source)
                return found or self._make(base, source, make, work)
        except OSError as error:
            raise StorageError(
                f"cannot keep the base {base.name} in {self._folder}: {error.strerror or error}",
                remedy="free some space, or name another folder with BUILDMARK_CACHE",
            ) from error

    def _make(self, base: Base, source: BaseSource, make: Maker, work: Path) -> CachedBase:
        fresh = work / "rootfs.tar"
        origin = make(work, fresh)
        made = CachedBase(
            name=base.name,
            source=source.kind,
            origin=origin,
            digest=f"sha256:{sha256_of(fresh)}",
            size_bytes=unpacked_size(fresh),
            archive_bytes=fresh.stat().st_size,
            prepared_at=self._clock.now(),
        )
        note = work / "base.json"
        note.write_bytes(msgspec.json.format(msgspec.json.encode(made)))
        archive = self.archive(base, source)
        archive.with_suffix(".json").unlink(missing_ok=True)  # the note comes last: no note, no archive
        fresh.replace(archive)
        note.replace(archive.with_suffix(".json"))
        return made

    @contextmanager
    def _locked(self, base: Base, source: BaseSource) -> Iterator[Path]:
        """Hold the base's lock and give a scratch folder that is empty, and gone afterwards."""
        self._folder.mkdir(parents=True, exist_ok=True)
        archive = self.archive(base, source)
        work = archive.with_suffix(".work")
        with archive.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # let go when the file closes, also when this process is killed
            shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
            work.mkdir()
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
