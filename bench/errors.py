"""The error tree: every error that users can meet, with its exit code and its remedy.

Only the command line exits; everything below it raises one of these. `message` says what happened, `remedy` what to do
next. Neighbours: `bench.cli` prints them, every other room raises them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process says when it ends; see docs/FORMAT.md."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    UNDECIDED = 3
    BUILD_FAILED = 4
    ENVIRONMENT = 5
    INTERRUPTED = 130


class BuildmarkError(Exception):
    """The root of the tree. `message` is one sentence; `remedy`, where there is one, is the next thing to try."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(BuildmarkError):
    """The command line is wrong: an unknown name, options that do not go together."""

    exit_code = ExitCode.USAGE


class InputError(UsageError):
    """A file that the user wrote is wrong. The message starts with `FILE` or `FILE:LINE`."""


class IncomparableError(UsageError):
    """Two runs differ in what must match. The message names the fields, the remedy how to ask for it all the same."""


class EngineError(BuildmarkError):
    """The engine cannot be reached, started or used, or died."""


class BaseUnavailableError(BuildmarkError):
    """No source of a base image could give it. The message lists each source with its reason."""


class StorageError(BuildmarkError):
    """A file cannot be written or read: a full disk, missing rights, a broken record."""


class DiskError(StorageError):
    """The system refused to read or write something: `path` is what."""

    def __init__(self, message: str, *, path: Path, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.path = path


class NetworkError(BuildmarkError):
    """Something that had to be downloaded could not be."""


class InterruptedRunError(BuildmarkError):
    """The user stopped the campaign; what was measured is kept."""

    exit_code = ExitCode.INTERRUPTED


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'X'?)` for the nearest of `known`, or an empty string when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""
