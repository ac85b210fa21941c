"""The fakes in one place: peers of the real adapters, for runs without a daemon and without time passing."""

from __future__ import annotations

from bench.ports.fake_build import FakeBuild
from bench.ports.fake_builder import FakeBuilder
from bench.ports.fake_engine import FakeEngine, FakeImage, fake_id, fake_info
from bench.ports.fake_instruments import FakeClock, FakeMeter, FakeMeterSession

__all__ = [
    "FakeBuild",
    "FakeBuilder",
    "FakeClock",
    "FakeEngine",
    "FakeImage",
    "FakeMeter",
    "FakeMeterSession",
    "fake_id",
    "fake_info",
]
