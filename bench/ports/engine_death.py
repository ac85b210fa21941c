"""Telling a build that failed from an engine that died under it: only the first is a result."""

from __future__ import annotations

from bench.errors import EngineError
from bench.ports.protocols import Engine


def raise_if_engine_died(engine: Engine, told: str) -> None:
    """Raise EngineError when the engine does not answer any more; `told` is what was heard of the build."""
    try:
        engine.ping()
    except EngineError as gone:
        raise EngineError(f"the engine {engine.info.name} died during a build: {told}", remedy=gone.remedy) from gone
