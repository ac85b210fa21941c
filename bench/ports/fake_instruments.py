"""A clock and a meter in memory: peers of the real ones. `bench.ports.fakes` is the door to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bench.model.trial import Reading
from bench.ports.protocols import Metered
from bench.pure.host_samples import HostWatch


class FakeClock:
    """Time that stands still until somebody advances it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._passed_s = 0.0

    def monotonic_s(self) -> float:
        """See Clock."""
        return self._passed_s

    def now(self) -> datetime:
        """See Clock."""
        return self._start + timedelta(seconds=self._passed_s)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed_s += seconds


class FakeMeter:
    """A meter that always reads the same, and notes when it is started and stopped."""

    def __init__(
        self,
        calls: list[str] | None = None,
        *,
        readings: Mapping[str, Reading] | None = None,
        absent: Mapping[str, str] | None = None,
        host: HostWatch | None = None,
    ) -> None:
        self.calls: list[str] = [] if calls is None else calls
        self._metered = Metered(readings=readings or {}, absent=absent or {}, host=host)

    def start(self) -> FakeMeterSession:
        """See Meter."""
        self.calls.append("meter.start")
        return FakeMeterSession(self.calls, self._metered)


class FakeMeterSession:
    """What a fake meter's `start` returns."""

    def __init__(self, calls: list[str], metered: Metered) -> None:
        self._calls = calls
        self._metered = metered

    def stop(self) -> Metered:
        """See MeterSession."""
        self._calls.append("meter.stop")
        return self._metered
