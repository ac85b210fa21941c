"""The fakes in one place: peers of the real adapters, for runs without a daemon and without time passing."""

from __future__ import annotations

from bench.ports.fake_builder import FakeBuild, FakeBuilder
from bench.ports.fake_engine import (
    FakeClock,
    FakeEngine,
    FakeImage,
    FakeLock,
    FakeMeter,
    FakeMeterSession,
    fake_id,
    fake_info,
)

__all__ = [
    "FakeBuild",
    "FakeBuilder",
    "FakeClock",
    "FakeEngine",
    "FakeImage",
    "FakeLock",
    "FakeMeter",
    "FakeMeterSession",
    "fake_id",
    "fake_info",
]
