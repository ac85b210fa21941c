"""The database of installed packages of an Alpine system (`/lib/apk/db/installed`), as text in and values out.

The format: one block per package, an empty line between blocks, a letter and a colon before each value (the page
"Apk spec" of the Alpine wiki). Used to cut the root disk of an installed system down to the packages of a base.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec

FOLDER_MODE = 0o755
FILE_MODE = 0o644
# Only short text files of the system are ever added to.
LONGEST_TEXT_BYTES = 1 << 16

# What packages ship for files that every installed system, and every container, fills in. Each is believed only when
# its checksum is the one in the database.
SHIPPED: Mapping[str, bytes] = {
    "etc/hostname": b"localhost\n",
    "etc/hosts": b"127.0.0.1\tlocalhost localhost.localdomain\n::1\t\tlocalhost localhost.localdomain\n",
    "etc/mtab": b"../proc/mounts",
}


class ApkEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A folder or file that a package owns. `sha1` (hexadecimal) is of a file's content or a link's target."""

    path: str
    is_folder: bool
    mode: int
    uid: int
    gid: int
    sha1: str | None


class ApkPackage(msgspec.Struct, frozen=True, kw_only=True):
    """An installed package. `checksum` is its identity (`Q1…`), `built_at` seconds since 1970, `text` its block."""

    name: str
    version: str
    checksum: str
    built_at: int
    entries: tuple[ApkEntry, ...]
    text: str


def parse_installed(text: str) -> tuple[ApkPackage, ...]:
    """Every package of the database, in its order. Raises ValueError for text that is not one."""
    return tuple(_package(block) for block in text.split("\n\n") if block.strip())


def join_installed(packages: Iterable[ApkPackage]) -> str:
    """The database that holds just these packages."""
    return "".join(f"{package.text}\n\n" for package in packages)


def shipped_content(path: str, content: bytes, sha1: str | None) -> bytes | None:
    """What the package ships at `path`, proven by its checksum; None when that cannot be told from `content`.

    An installed system adds lines to files such as `/etc/passwd`, so every shorter head of the file is tried too.
    `/etc/shadow` comes with the root account open, which is shut in every image that Alpine publishes (CVE-2019-5021).
    """
    for candidate in _candidates(path, content):
        if sha1 is None or hashlib.sha1(candidate, usedforsecurity=False).hexdigest() == sha1:
            return candidate
        opened = candidate.replace(b"root:*:", b"root::", 1)
        if path == "etc/shadow" and hashlib.sha1(opened, usedforsecurity=False).hexdigest() == sha1:
            return candidate
    return None


def _candidates(path: str, content: bytes) -> Iterator[bytes]:
    yield content
    if path in SHIPPED:
        yield SHIPPED[path]
    lines = content.splitlines(keepends=True) if len(content) <= LONGEST_TEXT_BYTES else []
    for count in range(len(lines) - 1, -1, -1):
        yield b"".join(lines[:count])


def _package(block: str) -> ApkPackage:
    lines = [(line[0], line[2:]) for line in block.splitlines() if line[1:2] == ":"]
    values = dict(reversed(lines))
    if missing := {"P", "V", "C", "t"} - values.keys():
        raise ValueError(f"an apk database block lacks {', '.join(sorted(missing))}")
    return ApkPackage(
        name=values["P"],
        version=values["V"],
        checksum=values["C"],
        built_at=int(values["t"]),
        entries=tuple(_entries(lines)),
        text=block.strip("\n"),
    )


def _entries(lines: Iterable[tuple[str, str]]) -> Iterator[ApkEntry]:
    """Folders (F, then M for their mode) and the files in them (R, then a for the mode and Z for the checksum)."""
    folder = ""
    entry: ApkEntry | None = None
    for key, value in lines:
        if key in {"F", "R"} and entry is not None:
            yield entry
        if key == "F":
            folder = value
            entry = ApkEntry(path=folder, is_folder=True, mode=FOLDER_MODE, uid=0, gid=0, sha1=None)
        elif key == "R":
            path = f"{folder}/{value}".lstrip("/")
            entry = ApkEntry(path=path, is_folder=False, mode=FILE_MODE, uid=0, gid=0, sha1=None)
        elif key in {"M", "a"} and entry is not None:
            uid, gid, mode = value.split(":")[:3]
            entry = msgspec.structs.replace(entry, uid=int(uid), gid=int(gid), mode=int(mode, 8))
        elif key == "Z" and entry is not None and value.startswith("Q1"):
            entry = msgspec.structs.replace(entry, sha1=base64.b64decode(value[2:]).hex())
    if entry is not None and entry.path:
        yield entry
