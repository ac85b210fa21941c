"""Root filesystems as tar archives: written the same to the byte for the same content, checked, unpacked in size.

Neighbours: the adapters beside this file make them, the engine imports them.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from bench.errors import BaseUnavailableError

MAGICS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
# Every archive of a Linux system has at least one of these at its top.
SYSTEM_FOLDERS = frozenset({"bin", "usr", "etc", "sbin"})


class TarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One member: a file with `content`, a symbolic link to `link`, or a folder when both are None."""

    path: str
    mode: int
    mtime: int
    uid: int = 0
    gid: int = 0
    content: bytes | None = None
    link: str | None = None


def write_tar(entries: Iterable[TarEntry], target: Path) -> None:
    """Write the entries, sorted by path, owners as numbers: the same entries give the same bytes."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for entry in sorted(entries, key=lambda entry: entry.path.split("/")):
            _add(archive, entry)


def edit_tar(source: Path, target: Path, *, drop: frozenset[str], add: Iterable[TarEntry]) -> None:
    """Copy an archive without the members in `drop` (paths without `./`), and with `add` at its end.

    An added member replaces one of the same path.
    """
    added = sorted(add, key=lambda entry: entry.path)
    gone = drop | {entry.path for entry in added}
    with tarfile.open(source) as old, tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as new:
        for member in old:
            if plain_path(member.name) not in gone:
                new.addfile(member, old.extractfile(member) if member.isreg() else None)
        for entry in added:
            _add(new, entry)


def plain_path(name: str) -> str:
    """`./etc/hosts` and `/etc/hosts` → `etc/hosts`."""
    return name.removeprefix("./").strip("/")


def unpack_compression(source: Path, target: Path) -> None:
    """Write `source` without its compression (gzip, bzip2, xz). Raises BaseUnavailableError when it is damaged."""
    with source.open("rb") as file:
        head = file.read(8)
    opener = next((opener for magic, opener in MAGICS if head.startswith(magic)), None)
    try:
        with opener(source, "rb") if opener else source.open("rb") as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
        raise BaseUnavailableError(f"{source.name} is cut off or damaged: {error}") from error


def unpacked_size(archive: Path) -> int:
    """The sum of the sizes of its files. Raises BaseUnavailableError when it holds no root filesystem."""
    size = 0
    tops = set()
    try:
        with tarfile.open(archive) as members:
            for member in members:
                size += member.size if member.isreg() else 0
                tops.add(plain_path(member.name).split("/", 1)[0])
    except tarfile.TarError as error:
        raise BaseUnavailableError(f"{archive.name} is not a tar archive: {error}") from error
    if not tops & SYSTEM_FOLDERS:
        raise BaseUnavailableError(
            f"{archive.name} holds no root filesystem (none of {', '.join(sorted(SYSTEM_FOLDERS))})"
        )
    return size


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(archive: tarfile.TarFile, entry: TarEntry) -> None:
    info = tarfile.TarInfo(entry.path)
    info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, entry.mtime
    body: IO[bytes] | None = None
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
    elif entry.content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size, body = len(entry.content), BytesIO(entry.content)
    archive.addfile(info, body)
