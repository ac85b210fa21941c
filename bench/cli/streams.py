"""Standard output and error that do not fail under a command: a reader that goes away must not end a campaign.

What is lost is remembered, and judged once, when the command has ended (`bench.cli.main`).
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, TextIO

from bench.errors import StorageError


class ForgivingFile(io.FileIO):
    """A file descriptor that takes everything. The first failure is kept in `failure`; from then on all is dropped."""

    failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write, or drop what cannot be written."""
        if self.failure is None:
            try:
                return super().write(data)
            except BlockingIOError:
                raise
            except OSError as error:
                self.failure = error
        return memoryview(data).nbytes


class NoFile(ForgivingFile):
    """Stands where a stream was closed before the program began (`>&-`): the first write is the failure."""

    def __init__(self) -> None:
        super().__init__(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), "w")

    def write(self, data: Any, /) -> int:
        """Drop it."""
        self.failure = self.failure or OSError(errno.EBADF, os.strerror(errno.EBADF))
        return memoryview(data).nbytes


def forgive() -> ForgivingFile:
    """Replace both standard streams by forgiving ones; returns the file behind standard output.

    Streams that somebody has replaced already (a test, a program that embeds this one) are left as they are.
    """
    out = _forgiving(sys.__stdout__, 1)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(out, sys.__stdout__)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_forgiving(sys.__stderr__, 2), sys.__stderr__, errors="backslashreplace")
    return out


def lost_output(file: ForgivingFile) -> StorageError | None:
    """What to say when the output did not get where it should: nothing where its reader went away (`| head`)."""
    failure = file.failure
    if failure is None or failure.errno == errno.EPIPE:
        return None
    return StorageError(f"cannot write to standard output: {(failure.strerror or str(failure)).lower()}")


def _forgiving(stream: TextIO | None, descriptor: int) -> ForgivingFile:
    if stream is None:
        return NoFile()
    stream.flush()
    return ForgivingFile(descriptor, "w", closefd=False)


def _text(file: ForgivingFile, like: TextIO | None, *, errors: str | None = None) -> TextIO:
    """A text stream over the file with the encoding of the stream that it replaces, flushed at each line's end."""
    encoding = "utf-8" if like is None else like.encoding
    errors = errors or (None if like is None else like.errors)
    return io.TextIOWrapper(io.BufferedWriter(file), encoding=encoding, errors=errors, line_buffering=True)
