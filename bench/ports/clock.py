"""The real clock. `bench.ports.fakes` has the other one."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks."""

    def monotonic_s(self) -> float:
        """See Clock."""
        return time.perf_counter()

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Do nothing for a while: for samples over time, never between trials."""
    time.sleep(seconds)
