"""The bases of a private engine, and taking one off the shelf, so that a build has to pull it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.app.bases import content_ref
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.plan import Plan
from bench.model.run import EngineKind
from bench.model.scenario import PreparedBase, SourceKind, State
from bench.ports.protocols import Engine
from bench.ports.registry import LocalRegistry, PublishedBase


class Shelf:
    """The bases of a run, each with where in a registry it can be pulled from."""

    def __init__(
        self, engine: Engine, bases: Mapping[str, PreparedBase], published: Mapping[str, PublishedBase]
    ) -> None:
        self._engine = engine
        self._bases = bases
        self._published = published

    @contextmanager
    def without(self, name: str) -> Iterator[PublishedBase]:
        """Within the block the engine has not this base; afterwards it has it again, under its names.

        The pull that brings it back finds the layers in place where the build has just pulled them. An interrupt
        leaves the base away: the engine is private and goes.
        """
        base, published = self._bases[name], self._published[name]
        names = [base.ref]
        if base.source not in {SourceKind.ENGINE, SourceKind.REGISTRY}:
            names.append(content_ref(base.name, base.digest))
        for ref in [*names, published.ref]:
            self._engine.remove_image(ref)
        yield published
        self._engine.pull(published.ref, platform=None)
        for ref in names:
            self._engine.tag_image(published.ref, ref)
        self._engine.remove_image(published.ref)


def publish(engine: Engine, bases: tuple[PreparedBase, ...], registry: LocalRegistry | None) -> Shelf:
    """Make every base pullable: from `registry`, else from the registry that it came from itself."""
    published = {
        base.name: PublishedBase(ref=base.origin, compressed_bytes=1)
        if registry is None
        else registry.publish(engine, base)
        for base in bases
    }
    return Shelf(engine, {base.name: base for base in bases}, published)


def refuse_impossible_pull(plan: Plan, engine: EngineKind, builder: BuilderKind) -> None:
    """Raise UsageError where the state pull cannot be brought about."""
    if State.PULL not in plan.states:
        return
    if engine is not EngineKind.PRIVATE:
        raise UsageError(
            "the state pull takes the bases out of the engine, which on your own would be a change to it",
            remedy="--engine private, or leave the state out",
        )
    if builder is not BuilderKind.BUILDKIT:
        raise UsageError("the state pull needs BuildKit", remedy="leave --builder classic or the state out")
    if without := [variant.id for variant in plan.variants if variant.base is None]:
        raise UsageError(f"the state pull needs a base from the catalogue, and {without[0]} has none")


def refuse_unpullable(bases: tuple[PreparedBase, ...]) -> None:
    """Raise UsageError naming a base that no registry can give, where no registry was asked for."""
    for base in bases:
        if base.source is not SourceKind.REGISTRY:
            raise UsageError(
                f"the state pull needs a registry, and the base {base.name} came from: {base.source}",
                remedy="--registry local starts one on this machine, of Debian's package docker-registry",
            )
