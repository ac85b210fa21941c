"""One run at a time on an engine: two would heat each other's caches and disturb each other's times."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.errors import EngineError, StorageError
from bench.ports.protocols import Clock


class FileEngineLock:
    """Locks in the cache folder, a file for each engine. The kernel lets go when a holder dies, however that was.

    A file lies there only while somebody holds it, or when its holder was killed.
    """

    def __init__(self, cache: Path, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock

    @contextmanager
    def hold(self, engine_name: str, holder: str) -> Iterator[None]:
        """Hold the lock of `engine_name`; `holder` (the run's id) is what others are told.

        Raises EngineError that names the holder when another one has it, and StorageError when the cache folder cannot
        be written.
        """
        path = lock_file(self._cache, engine_name)
        with _taken(path, engine_name) as file:
            words = f"{holder} (process {os.getpid()}, since {self._clock.now():%Y-%m-%d %H:%M:%S} UTC)"
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), words.encode())
            try:
                yield
            finally:
                if _is_at(file, path):
                    path.unlink(missing_ok=True)


def lock_file(cache: Path, engine_name: str) -> Path:
    """The file of an engine's lock."""
    return cache / "locks" / f"{re.sub(r'[^A-Za-z0-9._-]', '_', engine_name)}.lock"


def _taken(path: Path, engine_name: str) -> IO[str]:
    """The file at `path`, open and locked. One that its last holder removed meanwhile locks nobody out: once more."""
    while True:
        file = _opened(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            with file:
                file.seek(0)
                by = file.read().strip() or "another run"
            raise EngineError(
                f"the engine {engine_name} is in use by {by}",
                remedy="wait until that has ended, or choose another engine",
            ) from error
        if _is_at(file, path):
            return file
        file.close()


def _opened(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", errors="replace")
    except OSError as error:
        raise StorageError(f"the lock file {path} cannot be written: {error.strerror}") from error


def _is_at(file: IO[str], path: Path) -> bool:
    """Whether the open file is the one that lies at `path` now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
