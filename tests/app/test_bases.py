"""Bases in an engine: which source wins, what is said when none does, and that the user's engine is left as it was."""

import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from bench.app.base_outlook import Outlook, base_origin_plan
from bench.app.bases import BasesInEngine, bases_in_engine, content_ref, prepare_bases, registry_of
from bench.errors import EngineError, UsageError
from bench.model.run import EngineKind
from bench.model.scenario import Base, BaseSource, Family, SourceKind, base_ref
from bench.ports.base_sources import RootfsSources
from bench.ports.fakes import FakeClock, FakeEngine, fake_info


class RegistryEngine(FakeEngine):
    """A fake engine whose registry has some images."""

    published: frozenset[str] = frozenset()

    def pull(self, ref: str, *, platform: str | None) -> None:
        if ref in self.published:
            self.note("pull", ref)
            self.add_image(ref, size_bytes=5, layers=1)
        else:
            super().pull(ref, platform=platform)


def source_of(kind: SourceKind, ref: str = "mine:1") -> BaseSource:
    return BaseSource(kind=kind, ref=ref)


@pytest.fixture
def archive(tmp_path: Path) -> BaseSource:
    path = tmp_path / "root.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("bin/sh"), io.BytesIO())
    return BaseSource(kind=SourceKind.ARCHIVE, location=str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def base_of(*sources: BaseSource, name: str = "mine") -> Base:
    return Base(name=name, title="Mine", family=Family.NONE, sources=sources)


def rootfs(tmp_path: Path) -> RootfsSources:
    return RootfsSources(environment={}, cache=tmp_path / "cache", architecture="amd64", clock=FakeClock())


def prepare(engine: FakeEngine, tmp_path: Path, *bases: Base) -> BasesInEngine:
    return prepare_bases([base.name for base in bases], {base.name: base for base in bases}, engine, rootfs(tmp_path))


def tags(engine: FakeEngine) -> set[str]:
    return {name for image in engine.images.values() for name in image.names}


def calls(engine: FakeEngine, name: str) -> list[str]:
    return [call for call in engine.calls if call.startswith(name)]


def test_an_image_in_the_engine_is_named_and_nothing_is_fetched(tmp_path: Path, archive: BaseSource) -> None:
    engine = RegistryEngine(bases=["mine:1"])
    result = prepare(engine, tmp_path, base_of(source_of(SourceKind.ENGINE), source_of(SourceKind.REGISTRY), archive))
    (made,) = result.prepared
    assert (made.source, made.origin, made.ref) == (SourceKind.ENGINE, "mine:1", base_ref("mine"))
    assert made.digest == engine.image_digest("mine:1")
    assert result.created_refs == (base_ref("mine"),)
    assert not calls(engine, "pull")
    assert not calls(engine, "import")


def test_a_pulled_image_that_was_not_there_is_ours_to_remove(tmp_path: Path) -> None:
    engine = RegistryEngine()
    engine.published = frozenset({"mine:1"})
    result = prepare(engine, tmp_path, base_of(source_of(SourceKind.ENGINE), source_of(SourceKind.REGISTRY)))
    assert result.prepared[0].source is SourceKind.REGISTRY
    assert set(result.created_refs) == {"mine:1", base_ref("mine")} == tags(engine)


def test_an_archive_is_imported_once_and_reused(tmp_path: Path, archive: BaseSource) -> None:
    engine = RegistryEngine()
    first = prepare(engine, tmp_path, base_of(archive)).prepared[0]
    assert prepare(engine, tmp_path, base_of(archive)).prepared[0] == first
    assert len(calls(engine, "import_rootfs")) == 1
    assert first.digest == f"sha256:{archive.sha256}"
    assert tags(engine) == {base_ref("mine"), content_ref("mine", first.digest)}


def test_a_prepared_archive_comes_before_a_registry(tmp_path: Path, archive: BaseSource) -> None:
    engine = RegistryEngine()
    base = base_of(source_of(SourceKind.REGISTRY), archive)
    assert prepare(engine, tmp_path, base).prepared[0].source is SourceKind.ARCHIVE
    assert len(calls(engine, "pull")) == 1
    engine.published = frozenset({"mine:1"})
    assert prepare(engine, tmp_path, base).prepared[0].source is SourceKind.ARCHIVE
    assert len(calls(engine, "pull")) == 1


def test_a_base_that_no_source_gives_says_why_for_each(tmp_path: Path) -> None:
    missing = BaseSource(kind=SourceKind.ARCHIVE, location="/no/such.tar", sha256="0" * 64)
    sources = (source_of(SourceKind.ENGINE), source_of(SourceKind.REGISTRY), missing)
    result = prepare(RegistryEngine(), tmp_path, base_of(*sources))
    assert result.prepared == ()
    assert result.unavailable[0].reason == (
        "image mine:1 in the engine: it is not there; "
        "registry image mine:1: cannot pull mine:1 for any platform: no registry answers; "
        "archive such.tar: there is no file /no/such.tar"
    )


def test_a_registry_that_is_out_of_reach_is_asked_once(tmp_path: Path) -> None:
    class Offline(FakeEngine):
        def pull(self, ref: str, *, platform: str | None) -> None:
            del platform
            self.note("pull", ref)
            raise EngineError("dial tcp: lookup registry.example: no such host")

    engine = Offline()
    bases = [base_of(source_of(SourceKind.REGISTRY, f"{name}:1"), name=name) for name in ("one", "two")]
    elsewhere = base_of(source_of(SourceKind.REGISTRY, "other.example/three:1"), name="three")
    result = prepare(engine, tmp_path, *bases, elsewhere)
    assert calls(engine, "pull") == ["pull one:1", "pull other.example/three:1"]
    assert result.unavailable[1].reason == "registry image two:1: docker.io is out of reach, as said for one:1"


def test_an_engine_that_dies_is_not_taken_for_a_missing_base(tmp_path: Path) -> None:
    class Dying(FakeEngine):
        def pull(self, ref: str, *, platform: str | None) -> None:
            self.die()
            super().pull(ref, platform=platform)

    with pytest.raises(EngineError, match="does not answer"):
        prepare(Dying(), tmp_path, base_of(source_of(SourceKind.REGISTRY)))


def test_an_unknown_base_is_told_before_anything_happens(tmp_path: Path) -> None:
    engine = FakeEngine()
    with pytest.raises(UsageError, match=r"there is no base 'mein' \(did you mean 'mine'\?\)"):
        prepare_bases(["mine", "mein"], {"mine": base_of()}, engine, rootfs(tmp_path))
    assert engine.calls == []


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (EngineKind.HOST, {"theirs:1"}),
        (EngineKind.PRIVATE, {"theirs:1", "pulled:1", base_ref("theirs"), base_ref("pulled")}),
    ],
)
def test_the_user_s_engine_is_left_as_it_was(kind: EngineKind, left: set[str], tmp_path: Path) -> None:
    engine = RegistryEngine(info=fake_info(kind), bases=["theirs:1"])
    engine.published = frozenset({"pulled:1"})
    catalogue = {
        "theirs": base_of(source_of(SourceKind.ENGINE, "theirs:1"), name="theirs"),
        "pulled": base_of(source_of(SourceKind.REGISTRY, "pulled:1"), name="pulled"),
    }

    def interrupted() -> None:
        with bases_in_engine(catalogue, catalogue, engine, environment={}, clock=FakeClock(), cache=tmp_path) as bases:
            assert len(bases.prepared) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert tags(engine) == left


@pytest.mark.parametrize(
    ("ref", "registry"),
    [
        ("debian:12", "docker.io"),
        ("library/debian:12", "docker.io"),
        ("localhost/x", "localhost"),
        ("r.example:5000/x:1", "r.example:5000"),
    ],
)
def test_the_registry_of_a_reference(ref: str, registry: str) -> None:
    assert registry_of(ref) == registry


def outlook(base: Base, sources: RootfsSources, engine: FakeEngine | None) -> Iterable[Outlook]:
    return [source.outlook for source in base_origin_plan(["mine"], {"mine": base}, sources, engine)[0].sources]


def test_looking_fetches_nothing(tmp_path: Path, archive: BaseSource) -> None:
    base, sources = base_of(source_of(SourceKind.ENGINE), source_of(SourceKind.REGISTRY), archive), rootfs(tmp_path)
    assert outlook(base, sources, None) == [Outlook.IMPOSSIBLE, Outlook.POSSIBLE, Outlook.POSSIBLE]
    engine = FakeEngine(bases=["mine:1"])
    assert outlook(base, sources, engine) == [Outlook.AT_HAND, Outlook.POSSIBLE, Outlook.POSSIBLE]
    sources.prepare(base, archive)
    (seen,) = base_origin_plan(["mine"], {"mine": base}, sources, None)
    assert seen.comes_from == (SourceKind.ARCHIVE,)
    assert (seen.cached, seen.digest) == (True, f"sha256:{archive.sha256}")
    assert not calls(engine, "pull")
