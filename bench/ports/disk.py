"""Writing files so that neither a full disk nor a killed process can spoil them; disk failures in clear words.

Neighbours: `run_folder` and `run_store`, which keep the records of runs with it.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from bench.errors import DiskError

_REMEDIES = {
    errno.ENOSPC: "free some space on that disk, or choose another folder with --results",
    errno.EDQUOT: "free some of your quota, or choose another folder with --results",
    errno.EACCES: "choose a folder that you may write with --results",
    errno.EPERM: "choose a folder that you may write with --results",
    errno.EROFS: "choose a folder that you may write with --results",
    errno.ENOTDIR: "a file stands where a folder should be: move it, or choose another folder with --results",
    errno.EEXIST: "a file stands where a folder should be: move it, or choose another folder with --results",
}


def disk_error(error: OSError, action: str, path: Path) -> DiskError:
    """An OSError in words: what could not be done to which path, why, and what to try."""
    why = (error.strerror or str(error)).lower()
    remedy = _REMEDIES.get(error.errno) if error.errno is not None else None
    return DiskError(f"cannot {action} {path}: {why}", path=path, remedy=remedy)


@contextlib.contextmanager
def disk_errors(action: str, path: Path) -> Iterator[None]:
    """Turn any OSError of the block into a DiskError, which is a StorageError."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, action, path) from error


def make_folder(path: Path) -> None:
    """Make a folder and its parents. Raises StorageError."""
    with disk_errors("make the folder", path):
        path.mkdir(parents=True, exist_ok=True)


def read_bytes(path: Path) -> bytes:
    """Read a whole file. Raises StorageError."""
    with disk_errors("read", path):
        return path.read_bytes()


def write_whole(path: Path, data: bytes, *, synced: bool = True) -> None:
    """Write a file so that there is either the old one or the whole new one, never half. Raises StorageError.

    One that is not `synced` may still be lost with the machine's power: for what can be made again.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors("write", path):
        try:
            with draft.open("wb") as file:
                file.write(data)
                if synced:
                    file.flush()
                    os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise


def append_whole(descriptor: int, data: bytes, path: Path) -> None:
    """Append to an open file and sync it. On a failure the file is cut back to what it was; raises StorageError."""
    before = os.lseek(descriptor, 0, os.SEEK_END)
    with disk_errors("write", path):
        try:
            _write_at_once(descriptor, data)
            os.fsync(descriptor)
        except OSError:
            # Not on KeyboardInterrupt: by then the record is whole, and is kept.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, before)
            raise


def _write_at_once(descriptor: int, data: bytes) -> None:
    if os.write(descriptor, data) != len(data):
        # A regular file takes less than it was given only when the disk is full.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
