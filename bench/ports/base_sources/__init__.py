"""Where bases come from that are no images yet: an archive, a bootstrap, the disk in a wheel. One adapter for each.

An image in the engine and a registry need no adapter: the engine itself is one (`bench.app.bases`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bench.errors import BaseUnavailableError
from bench.model.scenario import Base, BaseSource, SourceKind
from bench.ports.base_sources import alpine_wheel, archive, bootstrap
from bench.ports.base_sources.cache import BaseCache, CachedBase
from bench.ports.base_sources.workshop import Workshop, debian_architecture, machine_architecture
from bench.ports.protocols import Clock

__all__ = ["ARCHIVE_LIKE", "CachedBase", "RootfsSources", "debian_architecture", "machine_architecture"]


class _Adapter(Protocol):
    """What each module offers."""

    def obstacle(self, source: BaseSource, workshop: Workshop) -> str | None:
        """Why it cannot work here, told quickly and without a network."""
        ...

    def make(self, source: BaseSource, workshop: Workshop, work: Path, target: Path) -> str:
        """Write the archive to `target`, with `work` as scratch folder; returns the origin in words."""
        ...


_ADAPTERS: Mapping[SourceKind, _Adapter] = {
    SourceKind.ARCHIVE: archive,
    SourceKind.BOOTSTRAP: bootstrap,
    SourceKind.ALPINE_WHEEL: alpine_wheel,
}
ARCHIVE_LIKE = frozenset(_ADAPTERS)


class RootfsSources:
    """Gives root filesystem archives out of the cache folder, and makes those that are not there yet."""

    def __init__(self, *, environment: Mapping[str, str], cache: Path, architecture: str, clock: Clock) -> None:
        self._workshop = Workshop(environment=environment, cache=cache, architecture=architecture, clock=clock)
        self._cache = BaseCache(cache, architecture=architecture, clock=clock)

    def find(self, base: Base, source: BaseSource) -> CachedBase | None:
        """The prepared archive of a source, when there is one. Quick, and touches no network."""
        return self._cache.find(base, source) if source.kind in ARCHIVE_LIKE else None

    def archive(self, base: Base, source: BaseSource) -> Path:
        """Where the prepared archive of a source lies."""
        return self._cache.archive(base, source)

    def obstacle(self, source: BaseSource) -> str | None:
        """Why a source cannot give its archive here, as far as it can be told quickly and without a network."""
        return _ADAPTERS[source.kind].obstacle(source, self._workshop)

    def prepare(self, base: Base, source: BaseSource, *, refresh: bool = False) -> CachedBase:
        """The prepared archive of a source, made now when there is none (or `refresh` asks for a new one).

        Raises BaseUnavailableError, NetworkError or EngineError when the source cannot give it, and StorageError when
        the cache folder cannot be written.
        """

        def make(work: Path, target: Path) -> str:
            if reason := self.obstacle(source):
                raise BaseUnavailableError(reason)
            return _ADAPTERS[source.kind].make(source, self._workshop, work, target)

        return self._cache.get(base, source, make, refresh=refresh)
