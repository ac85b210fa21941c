"""Tells what appears in folders, changes and goes (inotify(7)), through the C library: no thread, no polling."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec

CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATED, DELETED = 0x8, 0x40, 0x80, 0x100, 0x200
IS_FOLDER = 0x40000000
OVERFLOW = 0x4000
_HEAD = struct.Struct("iIII")
_BUFFER = 65536


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened in a watched folder. `mask` holds the bits that say what, `name` is the entry's."""

    watch: int
    mask: int
    name: str


class Inotify:
    """Watches folders. Raises OSError where that cannot be done. Close it. Poll its `descriptor` to wait."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def watch(self, folder: Path, mask: int) -> int:
        """Begin to watch a folder; returns the number that its events have."""
        number: int = self._libc.inotify_add_watch(self.descriptor, os.fsencode(folder), mask)
        if number < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
        return number

    def read(self) -> Iterator[Event]:
        """What happened since the last call; does not wait."""
        try:
            data = os.read(self.descriptor, _BUFFER)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            watch, mask, _, length = _HEAD.unpack_from(data, at)
            name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
            at += _HEAD.size + length
            yield Event(watch, mask, os.fsdecode(name))

    def close(self) -> None:
        """Let go of all watches."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class FolderWatch:
    """Tells which folders appear in and go from one folder. Raises OSError where that cannot be done. Close it."""

    def __init__(self, folder: Path) -> None:
        self._inotify = Inotify()
        try:
            self._inotify.watch(folder, CREATED | DELETED)
        except OSError:
            self.close()
            raise

    @property
    def descriptor(self) -> int:
        """What to poll for news."""
        return self._inotify.descriptor

    def events(self) -> Iterator[tuple[str, bool]]:
        """The name of each folder that appeared (True) or went (False) since the last call; does not wait."""
        for event in self._inotify.read():
            if event.mask & IS_FOLDER:
                yield event.name, bool(event.mask & CREATED)

    def close(self) -> None:
        """Let go of the watch."""
        self._inotify.close()
