"""What the pages of runs are made from: how the records look, what is in them, whether somebody is writing them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from bench.ports.disk import disk_errors
from bench.ports.run_folder import RUN_FILE, TRIALS_FILE, RunFolder
from bench.ports.site_folder import Records

_FILES = (RUN_FILE, TRIALS_FILE)


class RunInput(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is now."""

    records: Records
    being_written: bool


def look_at(folder: RunFolder, known: Records | None) -> RunInput:
    """A run as it is now; its files are read only where they look otherwise than `known`. Raises StorageError."""
    being_written = folder.is_being_written()
    look = _look(folder.path)
    if known is not None and known.look == look:
        return RunInput(records=known, being_written=being_written)
    return RunInput(records=Records(look=look, sha256=_digest(folder.path)), being_written=being_written)


def _look(path: Path) -> str:
    with disk_errors("read", path):
        looks = [(path / name).stat() for name in _FILES]
    return " ".join(f"{look.st_size}:{look.st_mtime_ns}" for look in looks)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for name in _FILES:
        with disk_errors("read", path / name), (path / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
