"""Adds up the time spent around the timed region, by what it was spent on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.ports.protocols import Clock


class Stopwatch:
    """Seconds by name; the same name may be timed several times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent_s: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to `name`, also when it raises."""
        begin_s = self._clock.monotonic_s()
        try:
            yield
        finally:
            self._spent_s[name] += self._clock.monotonic_s() - begin_s

    @property
    def spent_s(self) -> Mapping[str, float]:
        """Seconds by name so far."""
        return dict(self._spent_s)
