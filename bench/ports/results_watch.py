"""Waits until a run lands in a results folder, begins there, or goes.

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
from bench.ports.run_folder import RUN_FILE, TRIALS_FILE

_OF_FOLDERS = CREATED | DELETED | MOVED_FROM | MOVED_TO
_OF_RUNS = CLOSE_WRITE | MOVED_TO | DELETED
_FILES = {RUN_FILE, TRIALS_FILE}
_QUIET_MS = 300
_LOOK_EVERY_S = 2.0
_LOOKS = 1000

Looks = dict[str, tuple[int, ...]]


class ResultsWatch(Protocol):
    """Tells of runs that come, end and go."""

    def wait(self) -> None:
        """Return when something has happened since the last call, or since the watch began, and is over."""
        ...

    def close(self) -> None:
        """Let go of the folder."""
        ...


@contextlib.contextmanager
def watch_results(results: Path) -> Iterator[ResultsWatch]:
    """Watch a results folder by the best means that there is."""
    watch: ResultsWatch
    try:
        watch = NotifiedWatch(results)
    except OSError:
        watch = LookingWatch(results)
    try:
        yield watch
    finally:
        watch.close()


class NotifiedWatch:
    """The kernel tells. Raises OSError where it cannot: no inotify, or as many watches as a user may have."""

    def __init__(self, results: Path) -> None:
        self._results = results
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
        if not event.mask & IS_FOLDER or event.name.startswith("."):
            return False
        if event.mask & (CREATED | MOVED_TO):
            self._follow(self._results / event.name)
        return bool(event.mask & _OF_FOLDERS)

    def _follow(self, path: Path) -> None:
        if not path.name.startswith(".") and path.is_dir():
            with contextlib.suppress(FileNotFoundError):  # it has gone again
                self._inotify.watch(path, _OF_RUNS)


class LookingWatch:
    """Looks at the folder again and again."""

    def __init__(self, results: Path, *, every_s: float = _LOOK_EVERY_S) -> None:
        self._results = results
        self._every_s = every_s
        self._seen = self._look()

    def wait(self) -> None:
        """See ResultsWatch."""
        while not settles(self._has_changed, polls=_LOOKS, pause_s=self._every_s):
            pass

    def close(self) -> None:
        """See ResultsWatch."""

    def _has_changed(self) -> bool:
        now = self._look()
        changed, self._seen = now != self._seen, now
        return changed

    def _look(self) -> Looks:
        """Sizes and times of what a run consists of."""
        found: Looks = {}
        with contextlib.suppress(OSError):
            for path in self._results.iterdir():
                if not path.name.startswith("."):
                    with contextlib.suppress(OSError):
                        looks = [(path / name).stat() for name in sorted(_FILES)]
                        found[path.name] = tuple(part for one in looks for part in (one.st_size, one.st_mtime_ns))
        return found
