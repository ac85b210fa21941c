"""The folder of a site: what was put there, from what, and nothing that somebody else has put there.

A manifest in it names every file of the site with the key of what it was made from. A name is in it before its file is
written, so that whatever stops a writer, the next one knows all files that are the site's. Neighbour:
`bench.report.site.publish` makes the files.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bench.errors import StorageError, UsageError
from bench.ports.disk import disk_error, disk_errors, make_folder, read_bytes, write_whole
from bench.pure.site_names import is_site_file

MANIFEST = "buildmark-site.json"
VERSION = 1
_CLAIMED = ""
_REMEDY = "name an empty folder, or one that buildmark publish has made"


class SiteFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the site: the key of what it was made from (empty while it is being written), and its bytes."""

    key: str
    size: int


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """The records of a run when its page was made: how their files looked, and a digest of what was in them."""

    look: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifest holds. `buildmark_site` is the version of its format.

    `id` tells the site from all others, and is kept as long as it is there; None in one that is older than the id.
    """

    buildmark_site: int = VERSION
    id: uuid.UUID | None = None
    files: Mapping[str, SiteFile] = {}
    runs: Mapping[str, Records] = {}


class SiteFolder:
    """A site that is being written, by one process at a time. Use it with `with`.

    Raises UsageError for a folder that holds something else, StorageError where it cannot be read or written.
    """

    def __init__(
        self, path: Path, *, told: Callable[[str, str | None], None] | None = None, patient: bool = False
    ) -> None:
        """`told` is called with the name and the key of each file that was written, None for one that was removed.

        With `patient`, another process that writes the site is waited for.
        """
        self.path = path
        self._told = told
        self._patient = patient
        self._descriptor = -1
        self._files: dict[str, SiteFile] = {}
        self._runs: dict[str, Records] = {}
        self._is_ahead = False
        self._id: uuid.UUID | None = None

    def __enter__(self) -> Self:
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is no folder", remedy=_REMEDY)
        make_folder(self.path)
        with disk_errors("open the folder", self.path):
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._lock()
            manifest = self._read()
            self._files, self._runs, self._id = dict(manifest.files), dict(manifest.runs), manifest.id
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(StorageError):
            if self._is_ahead:  # what was written is not what the manifest says, and the next writer goes by that
                self._save()
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def id(self) -> uuid.UUID:
        """What tells the site from all others: made once, and kept from the first claim on."""
        if self._id is None:
            self._id = uuid.uuid4()
        return self._id

    @property
    def keys(self) -> dict[str, str]:
        """The key of every file."""
        return {name: file.key for name, file in self._files.items()}

    @property
    def size_bytes(self) -> int:
        """What all files of the site come to."""
        return sum(file.size for file in self._files.values())

    def records(self, run: str) -> Records | None:
        """The records of a run when its page was made."""
        return self._runs.get(run)

    def is_current(self, name: str, key: str) -> bool:
        """Whether a file is there and was made from what the key says."""
        file = self._files.get(name)
        if file is None or file.key != key:
            return False
        try:
            return (self.path / name).stat().st_size == file.size
        except OSError:
            return False

    def claim(self, names: Iterable[str]) -> None:
        """Note that these files are the site's, before the first of them is written."""
        new = [name for name in names if name not in self._files]
        for name in new:
            if not is_site_file(name):
                raise ValueError(f"a site has no file '{name}'")
            self._refuse_others(name)
        self._files |= {name: SiteFile(key=_CLAIMED, size=0) for name in new}
        if new or self._id is None:
            self._save()

    def write(self, name: str, key: str, data: bytes) -> None:
        """Write a file that was claimed, whole or not at all."""
        path = self.path / name
        if path.parent.is_symlink():
            raise StorageError(f"{path.parent} is a link, and leads out of the site", remedy="remove it")
        make_folder(path.parent)
        write_whole(path, data, synced=False)  # one that was lost has another size
        self._files[name] = SiteFile(key=key, size=len(data))
        self._is_ahead = True
        self._tell(name, key)

    def finish(self, names: Iterable[str], runs: Mapping[str, Records]) -> tuple[str, ...]:
        """Remove the site's files that are not among `names`, and keep the manifest; returns what was removed."""
        gone = sorted(self._files.keys() - set(names))
        for name in gone:
            with disk_errors("remove", self.path / name):
                (self.path / name).unlink(missing_ok=True)
            del self._files[name]
            self._tell(name, None)
        for folder in {Path(name).parent for name in gone} - {Path()}:
            with contextlib.suppress(OSError):
                (self.path / folder).rmdir()
        self._runs = dict(runs)
        self._save()
        self._is_ahead = False
        return tuple(gone)

    def _tell(self, name: str, key: str | None) -> None:
        if self._told is not None:
            self._told(name, key)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if self._patient else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise StorageError(
                f"another process is writing the site in {self.path}", remedy="wait until that has ended"
            ) from error

    def _read(self) -> Manifest:
        try:
            there = [path.name for path in self.path.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            raise disk_error(error, "read the folder", self.path) from error
        if MANIFEST not in there:
            if there:
                raise UsageError(f"{self.path} holds something, and no site of Buildmark's", remedy=_REMEDY)
            return Manifest()
        return _manifest(read_bytes(self.path / MANIFEST), self.path / MANIFEST)

    def _refuse_others(self, name: str) -> None:
        if os.path.lexists(self.path / name):
            raise UsageError(
                f"{self.path / name} is not of the site, and lies where a page of it would",
                remedy="move that file, or name another folder",
            )

    def _save(self) -> None:
        files, runs = dict(sorted(self._files.items())), dict(sorted(self._runs.items()))
        manifest = Manifest(id=self.id, files=files, runs=runs)
        write_whole(self.path / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def _manifest(data: bytes, file: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StorageError(f"{file}: not a readable manifest of a site: {error}", remedy=_REMEDY) from error
    if manifest.buildmark_site > VERSION:
        raise StorageError(
            f"{file} was made by a newer Buildmark (its format is {manifest.buildmark_site}, this one knows {VERSION})",
            remedy="upgrade Buildmark, or name another folder",
        )
    strange = [name for name in manifest.files if not is_site_file(name) or name == MANIFEST]
    if strange:
        raise StorageError(f"{file} names a file that no site has: {strange[0]!r}", remedy=_REMEDY)
    return manifest
