"""Gets bases into an engine, each from the first of its sources that gives it, and takes them out again.

What needs no network comes first: an image in the engine, an archive in the cache folder. Then the sources are asked in
the catalogue's order. Neighbours: `bench.ports.base_sources` makes archives, `bench.app.base_outlook` only looks.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.errors import BaseUnavailableError, BuildmarkError, EngineError, NetworkError, UsageError, did_you_mean
from bench.model.run import EngineKind, UnavailableBase
from bench.model.scenario import Base, BaseSource, Family, PreparedBase, SourceKind, base_ref
from bench.ports.base_sources import ARCHIVE_LIKE, CachedBase, RootfsSources, debian_architecture
from bench.ports.protocols import Clock, Engine

LABEL = "buildmark.base"
# Engines give up a registry that is out of reach by themselves, within seconds; this is for one that never ends.
PULL_TIMEOUT_S = 600.0
# What the official images say to `docker run IMAGE`, by family.
COMMANDS: Mapping[Family, str] = {Family.APT: '["bash"]', Family.APK: '["/bin/sh"]', Family.NONE: '["sh"]'}
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# In an engine's words: the registry cannot be reached at all, so its other images need not be asked for.
_OUT_OF_REACH = re.compile(
    r"no such host|server misbehaving|connection refused|unreachable|no route to host|i/o timeout|Client\.Timeout"
    r"|deadline exceeded|certificate|TLS handshake|proxyconnect|did not end",
    re.IGNORECASE,
)


def _say_nothing(_: str) -> None:
    """For callers whose user need not know what takes long."""


class BasesInEngine(msgspec.Struct, frozen=True, kw_only=True):
    """What a run builds on. `created_refs` are the names that were given to images for it, to be removed in order."""

    prepared: tuple[PreparedBase, ...]
    unavailable: tuple[UnavailableBase, ...]
    created_refs: tuple[str, ...]


@contextmanager
def bases_in_engine(
    names: Iterable[str],
    catalogue: Mapping[str, Base],
    engine: Engine,
    *,
    environment: Mapping[str, str],
    clock: Clock,
    cache: Path,
    platform: str | None = None,
    say: Callable[[str], None] = _say_nothing,
    note: Callable[[str], None] = _say_nothing,
) -> Iterator[BasesInEngine]:
    """The bases in the engine for as long as the context lasts.

    Afterwards the user's own engine is as it was; in a private one they stay until it goes. `say` is told before
    something that may take long, `note` each name before it is given to an image. Raises what `prepare_bases` raises.
    """
    architecture = debian_architecture(engine.info.architecture)
    sources = RootfsSources(environment=environment, cache=cache, architecture=architecture, clock=clock)
    created: list[str] = []
    try:
        yield prepare_bases(names, catalogue, engine, sources, platform=platform, created=created, say=say, note=note)
    finally:
        if engine.info.kind is EngineKind.HOST:
            remove_refs(engine, created)


def prepare_bases(
    names: Iterable[str],
    catalogue: Mapping[str, Base],
    engine: Engine,
    sources: RootfsSources,
    *,
    platform: str | None = None,
    created: list[str] | None = None,
    say: Callable[[str], None] = _say_nothing,
    note: Callable[[str], None] = _say_nothing,
) -> BasesInEngine:
    """Get each base into the engine, under `base_ref(NAME)`.

    A base that no source can give is returned as unavailable, with each source's reason. `created` is filled as names
    are given, so that an interrupted call can be cleaned up after. Raises UsageError for an unknown name, StorageError
    when the cache folder cannot be written, EngineError when the engine is gone.
    """
    chosen = [known_base(name, catalogue) for name in dict.fromkeys(names)]
    names_given = [] if created is None else created
    preparer = _Preparer(engine, sources, platform=platform, created=names_given, say=say, note=note)
    results = [preparer.prepare(base) for base in chosen]
    return BasesInEngine(
        prepared=tuple(result for result in results if isinstance(result, PreparedBase)),
        unavailable=tuple(result for result in results if isinstance(result, UnavailableBase)),
        created_refs=tuple(preparer.created),
    )


def prepare_archive(base: Base, sources: RootfsSources, *, refresh: bool = False) -> CachedBase:
    """Get a base into the cache folder, without an engine.

    Raises BaseUnavailableError with each source's reason, and StorageError when the folder cannot be written.
    """
    reasons: list[tuple[BaseSource, str]] = []
    for source in _ready_first(base, lambda source: sources.find(base, source) is not None and not refresh):
        if source.kind not in ARCHIVE_LIKE:
            continue
        try:
            return sources.prepare(base, source, refresh=refresh)
        except (BaseUnavailableError, NetworkError, EngineError) as error:
            reasons.append((source, error.message))
    if not reasons:
        reasons = [(source, "needs an engine (--engine)") for source in base.sources]
    raise BaseUnavailableError(
        f"the base {base.name} cannot be had: {_join(reasons)}",
        remedy=f"`buildmark bases prepare {base.name} --engine auto` also asks an engine and its registry",
    )


def remove_refs(engine: Engine, refs: Iterable[str]) -> None:
    """Remove names from an engine, as far as it lets us: a failure to tidy up must not hide what a run ended with."""
    for ref in refs:
        try:
            engine.remove_image(ref)
        except EngineError:
            continue


def known_base(name: str, catalogue: Mapping[str, Base]) -> Base:
    """The entry called `name`; raises UsageError with the nearest name for an unknown one."""
    if name in catalogue:
        return catalogue[name]
    raise UsageError(
        f"there is no base '{name}'{did_you_mean(name, catalogue)}", remedy=f"the bases are {', '.join(catalogue)}"
    )


def source_words(source: BaseSource) -> str:
    """A source as messages call it."""
    match source.kind:
        case SourceKind.ENGINE:
            return f"image {source.ref} in the engine"
        case SourceKind.REGISTRY:
            return f"registry image {source.ref}"
        case SourceKind.ARCHIVE:
            return f"archive {(source.location or '').rpartition('/')[2]}"
        case SourceKind.BOOTSTRAP:
            return f"bootstrap of {source.suite}"
        case SourceKind.ALPINE_WHEEL:
            return f"root disk in {source.package}"


def content_ref(name: str, digest: str) -> str:
    """A second name for an imported base, which tells its content: so an engine that has it needs no other import."""
    return f"{base_ref(name).rpartition(':')[0]}:{digest.partition(':')[2][:12]}"


def import_changes(base: Base) -> tuple[str, ...]:
    """What makes an image of a root filesystem: the official one's command and search path, and our label."""
    return (f"CMD {COMMANDS[base.family]}", f"ENV PATH={SEARCH_PATH}", f"LABEL {LABEL}={base.name}")


class _Preparer:
    """Asks the sources of one base after the other, for one engine, and notes the names that it gives to images."""

    def __init__(
        self,
        engine: Engine,
        sources: RootfsSources,
        *,
        platform: str | None,
        created: list[str],
        say: Callable[[str], None],
        note: Callable[[str], None],
    ) -> None:
        self._say = say
        self._note = note
        self._engine = engine
        self._sources = sources
        self._platform = platform
        self._silent_registries: dict[str, str] = {}
        self.created = created

    def prepare(self, base: Base) -> PreparedBase | UnavailableBase:
        reasons: list[tuple[BaseSource, str]] = []
        for source in _ready_first(base, lambda source: self._is_at_hand(base, source)):
            if source.kind is not SourceKind.ENGINE and not self._is_at_hand(base, source):
                self._say(f"base: getting {base.name}: {source_words(source)}")
            try:
                return self._obtain(base, source)
            except (BaseUnavailableError, NetworkError, EngineError) as error:
                self._engine.ping()  # a dead engine is no property of this base
                reasons.append((source, error.message))
        return UnavailableBase(name=base.name, reason=_join(reasons))

    def _is_at_hand(self, base: Base, source: BaseSource) -> bool:
        if source.kind is SourceKind.ENGINE:
            return self._engine.find_image(source.ref or "") is not None
        return self._sources.find(base, source) is not None

    def _obtain(self, base: Base, source: BaseSource) -> PreparedBase:
        if source.kind in ARCHIVE_LIKE:
            cached = self._sources.prepare(base, source)
            self._import(base, self._sources.archive(base, source), cached)
            return self._describe(base, source, digest=cached.digest, origin=cached.origin)
        ref = source.ref or ""
        if source.kind is SourceKind.REGISTRY:
            self._pull(ref)
        elif self._engine.find_image(ref) is None:
            raise BaseUnavailableError("it is not there")
        self._name(base_ref(base.name))
        self._engine.tag_image(ref, base_ref(base.name))
        return self._describe(base, source, digest=self._engine.image_digest(ref) or "", origin=ref)

    def _describe(self, base: Base, source: BaseSource, *, digest: str, origin: str) -> PreparedBase:
        ref = base_ref(base.name)
        facts = self._engine.find_image(ref)
        if facts is None:
            raise EngineError(f"the engine has lost the image {ref}")
        return PreparedBase(
            name=base.name,
            family=base.family,
            ref=ref,
            digest=digest,
            size_bytes=facts.size_bytes,
            source=source.kind,
            origin=origin,
        )

    def _import(self, base: Base, archive: Path, cached: CachedBase) -> None:
        ref, content = base_ref(base.name), content_ref(base.name, cached.digest)
        self._name(ref)
        self._name(content)
        if self._engine.find_image(content) is None:
            self._engine.import_rootfs(archive, content, changes=import_changes(base))
        self._engine.tag_image(content, ref)

    def _pull(self, ref: str) -> None:
        registry = registry_of(ref)
        if registry in self._silent_registries:
            raise NetworkError(self._silent_registries[registry])
        if self._engine.find_image(ref) is None:
            self._name(ref)
        try:
            _bounded_pull(self._engine, ref, platform=self._platform)
        except BuildmarkError as error:
            if _OUT_OF_REACH.search(error.message):
                self._silent_registries[registry] = f"{registry} is out of reach, as said for {ref}"
            raise

    def _name(self, ref: str) -> None:
        """Note a name of ours. One left over from a killed run is noted too: nobody else uses `buildmark.invalid`."""
        if ref not in self.created:
            self._note(ref)
            self.created.append(ref)


def registry_of(ref: str) -> str:
    """The registry that an image reference names: `docker.io` unless its first part looks like a host."""
    first, slash, _ = ref.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def _bounded_pull(engine: Engine, ref: str, *, platform: str | None, timeout_s: float = PULL_TIMEOUT_S) -> None:
    """Pull in a thread of its own, which is left behind when the time is up: the API offers no way to stop it."""
    failed: list[BaseException] = []

    def pull() -> None:
        try:
            engine.pull(ref, platform=platform)
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread that asked
            failed.append(error)

    thread = threading.Thread(target=pull, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        raise NetworkError(f"the pull of {ref} did not end within {timeout_s:.0f} s")
    if failed:
        raise failed[0]


def _ready_first(base: Base, is_ready: Callable[[BaseSource], bool]) -> list[BaseSource]:
    return sorted(base.sources, key=lambda source: not is_ready(source))  # stable: else the catalogue's order


def _join(reasons: Sequence[tuple[BaseSource, str]]) -> str:
    return "; ".join(f"{source_words(source)}: {reason}" for source, reason in reasons)
