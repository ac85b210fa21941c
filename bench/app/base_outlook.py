"""Where each base would come from, told quickly and without a network: what `buildmark bases` shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from bench.app.bases import known_base, source_words
from bench.model.scenario import Base, BaseSource, Family, SourceKind
from bench.ports.base_sources import ARCHIVE_LIKE, RootfsSources
from bench.ports.protocols import Engine


class Outlook(StrEnum):
    """What can be said of a source without asking anybody: it is here, it may be asked for, it cannot work here."""

    AT_HAND = "at-hand"
    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"


class SourceOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """One source of a base. `reason` is None unless the source is impossible."""

    kind: SourceKind
    what: str
    outlook: Outlook
    reason: str | None


class BaseOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """One base. `comes_from` are the sources that a run would ask, in that order: one when it is at hand, none if none.

    `digest` and `size_bytes` are those of the base at hand, None when it must be fetched first. `cached`: a prepared
    archive lies in the cache folder.
    """

    name: str
    title: str
    family: Family
    comes_from: tuple[SourceKind, ...]
    origin: str | None
    digest: str | None
    size_bytes: int | None
    cached: bool
    sources: tuple[SourceOutlook, ...]


def base_origin_plan(
    names: Iterable[str], catalogue: Mapping[str, Base], sources: RootfsSources, engine: Engine | None
) -> tuple[BaseOutlook, ...]:
    """Look at every source of each base, fetching nothing. Raises UsageError for an unknown name."""
    return tuple(_outlook_of(known_base(name, catalogue), sources, engine) for name in names)


def _outlook_of(base: Base, sources: RootfsSources, engine: Engine | None) -> BaseOutlook:
    seen = tuple(_look(base, source, sources, engine) for source in base.sources)
    here = next((at for at, source in enumerate(seen) if source.outlook is Outlook.AT_HAND), None)
    possible = tuple(source.kind for source in seen if source.outlook is Outlook.POSSIBLE)
    origin, digest, size_bytes = (
        (None, None, None) if here is None else _facts(base, base.sources[here], sources, engine)
    )
    return BaseOutlook(
        name=base.name,
        title=base.title,
        family=base.family,
        comes_from=possible if here is None else (seen[here].kind,),
        origin=origin,
        digest=digest,
        size_bytes=size_bytes,
        cached=any(sources.find(base, source) for source in base.sources),
        sources=seen,
    )


def _look(base: Base, source: BaseSource, sources: RootfsSources, engine: Engine | None) -> SourceOutlook:
    outlook, reason = Outlook.POSSIBLE, None
    if source.kind is SourceKind.ENGINE:
        outlook, reason = _look_into(engine, source.ref or "")
    elif sources.find(base, source):
        outlook = Outlook.AT_HAND
    elif source.kind in ARCHIVE_LIKE and (reason := sources.obstacle(source)):
        outlook = Outlook.IMPOSSIBLE
    return SourceOutlook(kind=source.kind, what=source_words(source), outlook=outlook, reason=reason)


def _look_into(engine: Engine | None, ref: str) -> tuple[Outlook, str | None]:
    if engine is None:
        return Outlook.IMPOSSIBLE, "no engine is running"
    if engine.find_image(ref) is None:
        return Outlook.IMPOSSIBLE, "it is not there"
    return Outlook.AT_HAND, None


def _facts(
    base: Base, source: BaseSource, sources: RootfsSources, engine: Engine | None
) -> tuple[str | None, str | None, int | None]:
    """Origin, digest and size of what is at hand."""
    if cached := sources.find(base, source):
        return cached.origin, cached.digest, cached.size_bytes
    found = engine.find_image(source.ref or "") if engine else None
    if engine is None or found is None:
        return None, None, None
    return source.ref, engine.image_digest(source.ref or ""), found.size_bytes
