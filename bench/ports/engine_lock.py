"""One run at a time on an engine: two would heat each other's caches and disturb each other's times."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.errors import EngineError, StorageError
from bench.ports.protocols import Clock


class FileEngineLock:
    """An EngineLock over files in the cache folder. The kernel lets go of it when its holder dies, however that was."""

    def __init__(self, cache: Path, clock: Clock) -> None:
        self._folder = cache / "locks"
        self._clock = clock

    @contextmanager
    def hold(self, engine_name: str, holder: str) -> Iterator[None]:
        """Hold the lock of `engine_name`; `holder` (the run's id) is what others are told.

        Raises EngineError that names the holder when another one has it, and StorageError when the cache folder cannot
        be written.
        """
        path = self._folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', engine_name)}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = path.open("a+")
        except OSError as error:
            raise StorageError(f"the lock file {path} cannot be written: {error.strerror}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise EngineError(
                    f"the engine {engine_name} is in use by {_holder_in(path)}",
                    remedy="wait until that has ended, or choose another engine",
                ) from error
            _write(file.fileno(), f"{holder} (process {os.getpid()}, since {self._clock.now():%Y-%m-%d %H:%M:%S} UTC)")
            yield
            _write(file.fileno(), "")


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, text.encode())


def _holder_in(path: Path) -> str:
    return path.read_text(errors="replace").strip() or "another run"
