"""The engine's own meter: by how many bytes its build cache grew."""

from __future__ import annotations

from bench.errors import EngineError
from bench.ports.meter_parts import CACHE_GROWTH, ENGINE, Values
from bench.ports.protocols import Engine
from bench.pure.cgroup_files import Absent


class EngineCache:
    """Bytes of the build cache after a build less those before it; a record that several builds share counts once.

    Zero is a true answer (all of it was there). On somebody else's engine other builds and the engine's own garbage
    collection count too, so the number may even be below zero.
    """

    meter = ENGINE

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self) -> EngineCacheSession:
        """Ask the engine for its records."""
        return EngineCacheSession(self)

    def read(self) -> int | Absent:
        """Bytes of the build cache now."""
        try:
            records = self._engine.build_cache()
        except EngineError as error:
            return Absent(error.message)
        return sum({record.id: record.size_bytes for record in records}.values())


class EngineCacheSession:
    """One measurement under way."""

    def __init__(self, cache: EngineCache) -> None:
        self._cache = cache
        self._before = cache.read()

    def stop(self) -> Values:
        """Bytes by which the cache grew."""
        before, after = self._before, self._cache.read()
        if isinstance(before, Absent):
            return {CACHE_GROWTH: before}
        return {CACHE_GROWTH: after if isinstance(after, Absent) else after - before}
