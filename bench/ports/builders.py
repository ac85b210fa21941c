"""Choosing the builder."""

from __future__ import annotations

from typing import assert_never

from bench.model.build import BuilderKind
from bench.ports.protocols import Builder, Clock, Engine


def make_builder(kind: BuilderKind, engine: Engine, clock: Clock) -> Builder:
    """The builder of this kind on `engine`. Raises EngineError where the engine's client has no Buildx."""
    match kind:
        case BuilderKind.BUILDKIT:
            from bench.ports.builder_buildkit import BuildkitBuilder  # noqa: PLC0415  (only the chosen one is needed)

            return BuildkitBuilder(engine, clock=clock)
        case BuilderKind.CLASSIC:
            from bench.ports.builder_classic import ClassicBuilder  # noqa: PLC0415  (the same)

            return ClassicBuilder(engine, clock=clock)
    assert_never(kind)
