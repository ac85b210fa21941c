"""Tells which folders appear in and go from a folder (inotify(7)), through the C library: no thread, no polling."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

CREATED, DELETED = 0x100, 0x200
_IS_FOLDER = 0x40000000
_HEAD = struct.Struct("iIII")
_BUFFER = 65536


class FolderWatch:
    """Watches one folder. Raises OSError where that cannot be done. Close it."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        if libc.inotify_add_watch(self.descriptor, os.fsencode(folder), CREATED | DELETED) < 0:
            number = ctypes.get_errno()
            self.close()
            raise OSError(number, os.strerror(number), str(folder))

    def events(self) -> Iterator[tuple[str, bool]]:
        """The name of each folder that appeared (True) or went (False) since the last call; does not wait."""
        try:
            data = os.read(self.descriptor, _BUFFER)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            _, mask, _, length = _HEAD.unpack_from(data, at)
            name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
            at += _HEAD.size + length
            if mask & _IS_FOLDER:
                yield os.fsdecode(name), bool(mask & CREATED)

    def close(self) -> None:
        """Let go of the watch."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
