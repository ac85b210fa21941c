"""Waits until a run lands in a results folder, begins there, or goes, or what is made of them goes.

A run that is being measured is left alone: what watches it would be work beside the builds. So its trials count as
news only when its writer has let go of them. The kernel tells (inotify); where it cannot, the folder is looked at
every few seconds.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from bench.ports.inotify import CLOSE_WRITE, CREATED, DELETED, IS_FOLDER, MOVED_FROM, MOVED_TO, OVERFLOW, Event, Inotify
from bench.ports.polling import settles
from bench.ports.run_folder import RUN_FILE, TRIALS_FILE, RunFolder

_OF_FOLDERS = CREATED | DELETED | MOVED_FROM | MOVED_TO
_GONE = DELETED | MOVED_FROM
_OF_RUNS = CLOSE_WRITE | MOVED_TO | DELETED
_FILES = {RUN_FILE, TRIALS_FILE}
_QUIET_MS = 300
_LOOK_EVERY_S = 2.0
_LOOKS = 1000

Look = tuple[int, ...]
_BEGUN: Look = ()


class ResultsWatch(Protocol):
    """Tells of runs that come, end and go."""

    def wait(self) -> None:
        """Return when something has happened since the last call, or since the watch began, and is over."""
        ...

    def close(self) -> None:
        """Let go of the folder."""
        ...


@contextlib.contextmanager
def watch_results(results: Path, *, made: str = "") -> Iterator[ResultsWatch]:
    """Watch a results folder by the best means that there is.

    `made` names a hidden folder in it that is made of its runs: that it goes is news too.
    """
    watch: ResultsWatch
    try:
        watch = NotifiedWatch(results, made=made)
    except OSError:
        watch = LookingWatch(results, made=made)
    try:
        yield watch
    finally:
        watch.close()


class NotifiedWatch:
    """The kernel tells. Raises OSError where it cannot: no inotify, or as many watches as a user may have."""

    def __init__(self, results: Path, *, made: str = "") -> None:
        self._results = results
        self._made = made
        self._inotify = Inotify()
        self._poll = select.poll()
        self._poll.register(self._inotify.descriptor, select.POLLIN)
        try:
            self._folders = self._inotify.watch(results, _OF_FOLDERS)
            for path in results.iterdir():
                self._follow(path)
        except OSError:
            self.close()
            raise

    def wait(self) -> None:
        """See ResultsWatch. News that come in quick succession are one."""
        heard = False
        while True:
            if not self._poll.poll(_QUIET_MS if heard else None):
                return
            for event in list(self._inotify.read()):
                heard = self._is_news(event) or heard

    def close(self) -> None:
        """See ResultsWatch."""
        self._inotify.close()

    def _is_news(self, event: Event) -> bool:
        if event.mask & OVERFLOW:
            return True
        if event.watch != self._folders:
            return event.name in _FILES and bool(event.mask & _OF_RUNS)
        if not event.mask & IS_FOLDER:
            return False
        if event.name.startswith("."):
            return event.name == self._made and bool(event.mask & _GONE)
        if event.mask & (CREATED | MOVED_TO):
            self._follow(self._results / event.name)
        return bool(event.mask & _OF_FOLDERS)

    def _follow(self, path: Path) -> None:
        if not path.name.startswith(".") and path.is_dir():
            with contextlib.suppress(FileNotFoundError):  # it has gone again
                self._inotify.watch(path, _OF_RUNS)


class LookingWatch:
    """Looks at the folder again and again."""

    def __init__(self, results: Path, *, made: str = "", every_s: float = _LOOK_EVERY_S) -> None:
        self._results = results
        self._made = results / made if made else None
        self._every_s = every_s
        self._seen: dict[str, Look] = {}
        self._seen = self._look()
        self._was_made = self._is_made()

    def wait(self) -> None:
        """See ResultsWatch."""
        while not settles(self._has_changed, polls=_LOOKS, pause_s=self._every_s):
            pass

    def close(self) -> None:
        """See ResultsWatch."""

    def _has_changed(self) -> bool:
        now, is_made = self._look(), self._is_made()
        changed = now != self._seen or (self._was_made and not is_made)
        self._seen, self._was_made = now, is_made
        return changed

    def _is_made(self) -> bool:
        return self._made is not None and self._made.is_dir()

    def _look(self) -> dict[str, Look]:
        """How each run looks; one that is being written looks as it did before."""
        found: dict[str, Look] = {}
        with contextlib.suppress(OSError):
            for path in self._results.iterdir():
                if path.name.startswith(".") or not (look := _look_of(path)):
                    continue
                seen = self._seen.get(path.name, _BEGUN)
                # Only what has changed is asked for its lock: asking holds it for a moment, and a writer might want it.
                found[path.name] = seen if look != seen and RunFolder(path).is_being_written() else look
        return found


def _look_of(path: Path) -> Look | None:
    """Sizes and times of what a run consists of; None for a folder that holds none of it."""
    looks: list[int] = []
    for name in sorted(_FILES):
        with contextlib.suppress(OSError):
            look = (path / name).stat()
            looks += [look.st_size, look.st_mtime_ns]
    return tuple(looks) or None
