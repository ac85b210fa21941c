"""An engine in memory: a peer of the real one, for runs that must not touch the world.

Every call is noted in `calls`, which the fakes of one test share, so that the order of what a runner does can be told.
Neighbours: `bench.ports.fake_builder` builds on it, `bench.ports.fake_instruments` has its clock.
`bench.ports.fakes` is the door to them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from bench.errors import EngineError
from bench.model.run import EngineInfo, EngineKind
from bench.model.trial import ImageFacts
from bench.ports.fake_instruments import FakeClock
from bench.ports.protocols import CacheRecord, ContainerResult


def fake_info(kind: EngineKind = EngineKind.PRIVATE) -> EngineInfo:
    """What a fake engine says of itself."""
    return EngineInfo(
        kind=kind,
        name=f"fake-{kind}",
        endpoint="fake://engine",
        server_version="28.0.0",
        buildx_version="0.29.0",
        storage_driver="overlay2",
        cgroup_driver="cgroupfs",
        cgroup_version=1,
        operating_system="Fake Linux 1",
        architecture="x86_64",
        cpus=2,
        memory_bytes=4 << 30,
        data_root="/nowhere",
    )


def fake_id(text: str) -> str:
    """An id made of `text`, in the form that engines use."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


class FakeImage(msgspec.Struct, kw_only=True):
    """An image of a fake engine, under all of its names."""

    facts: ImageFacts
    names: set[str]
    labels: Mapping[str, str] = {}


class FakeEngine:
    """An engine in memory.

    `bases` are names of images that are there from the start. `on_container` answers `run_container`. `costs_s` maps
    the name of a method to the seconds that calling it takes on `clock`. After `die`, every call raises EngineError.
    """

    environment: Mapping[str, str] = {}
    cgroup_parent: str | None = None
    daemon_cgroup: str | None = None

    def __init__(
        self,
        *,
        clock: FakeClock | None = None,
        info: EngineInfo | None = None,
        bases: Iterable[str] = (),
        on_container: Callable[[str, Sequence[str]], ContainerResult] | None = None,
        costs_s: Mapping[str, float] | None = None,
        build_network: str | None = None,
        calls: list[str] | None = None,
    ) -> None:
        self.info = info or fake_info()
        self.clock = clock or FakeClock()
        self.build_network = build_network
        self.calls: list[str] = [] if calls is None else calls
        self.images: dict[str, FakeImage] = {}
        self.cache: dict[str, CacheRecord] = {}
        self.stood_on: set[str] = set()
        self.transferred: set[tuple[str, str]] = set()
        self.alive = True
        self.closed = False
        self._on_container = on_container
        self._costs_s = costs_s or {}
        for base in bases:
            self.add_image(base, size_bytes=1_000_000, layers=1)

    def add_image(
        self, ref: str, *, size_bytes: int, layers: int, labels: Mapping[str, str] | None = None, key: str | None = None
    ) -> ImageFacts:
        """Put an image into the engine, called `ref`; an id alone stands for an image without a name."""
        facts = ImageFacts(id=fake_id(key or ref), size_bytes=size_bytes, layers=layers)
        image = self.images.setdefault(facts.id, FakeImage(facts=facts, names=set(), labels=labels or {}))
        image.names.add(ref)
        return facts

    def die(self) -> None:
        """Let the daemon be gone from now on."""
        self.alive = False

    def note(self, call: str, argument: str = "") -> None:
        """Write a call down, let its time pass, and refuse it when the daemon is gone."""
        self.calls.append(f"{call} {argument}".rstrip())
        self.clock.advance(self._costs_s.get(call, 0.0))
        if not self.alive:
            raise EngineError(f"the engine {self.info.name} does not answer")

    def ping(self) -> None:
        """See Engine."""
        self.note("ping")

    def find_image(self, ref: str) -> ImageFacts | None:
        """See Engine."""
        self.note("find_image", ref)
        image = self._image(ref)
        return image.facts if image else None

    def image_digest(self, ref: str) -> str | None:
        """See Engine."""
        self.note("image_digest", ref)
        image = self._image(ref)
        return image.facts.id if image else None

    def import_rootfs(self, archive: Path, ref: str, *, changes: Sequence[str]) -> None:
        """See Engine."""
        self.note("import_rootfs", ref)
        del changes
        self.add_image(ref, size_bytes=archive.stat().st_size, layers=1)

    def pull(self, ref: str, *, platform: str | None) -> None:
        """See Engine. No registry answers a fake engine."""
        self.note("pull", ref)
        raise EngineError(f"cannot pull {ref} for {platform or 'any platform'}: no registry answers")

    def tag_image(self, ref: str, new_ref: str) -> None:
        """See Engine."""
        self.note("tag_image", f"{ref} {new_ref}")
        image = self._image(ref)
        if image is None:
            raise EngineError(f"no image {ref}")
        image.names.add(new_ref)

    def remove_image(self, ref: str) -> None:
        """See Engine. An image goes with its last name; the build cache keeps what made it."""
        self.note("remove_image", ref)
        image = self._image(ref)
        if image is not None:
            image.names.discard(ref)
            if ref == image.facts.id or not image.names:
                del self.images[image.facts.id]

    def remove_labelled(self, label: str) -> None:
        """See Engine."""
        self.note("remove_labelled", label)
        key, _, value = label.partition("=")
        self.images = {name: image for name, image in self.images.items() if image.labels.get(key) != value}

    def build_cache(self) -> tuple[CacheRecord, ...]:
        """See Engine."""
        self.note("build_cache")
        return tuple(self.cache.values())

    def empty_build_cache(self) -> None:
        """See Engine."""
        self.note("empty_build_cache")
        if self.info.kind is not EngineKind.PRIVATE:
            raise EngineError(f"the build cache of {self.info.name} is not ours to empty")
        self.cache.clear()
        self.transferred.clear()

    def remove_cache_records(self, ids: Iterable[str]) -> frozenset[str]:
        """See Engine. Those in `stood_on` stay."""
        gone = set(ids) - self.stood_on
        self.note("remove_cache_records", f"{len(gone)}")
        self.cache = {key: record for key, record in self.cache.items() if record.id not in gone}
        return frozenset(set(ids) & self.stood_on)

    def run_container(
        self, image: str, command: Sequence[str], *, labels: Mapping[str, str], timeout_s: float
    ) -> ContainerResult:
        """See Engine. Answers exit code 0 and no output unless `on_container` says otherwise."""
        self.note("run_container", image)
        del labels, timeout_s
        if self._on_container is None:
            return ContainerResult(exit_code=0, output="")
        return self._on_container(image, command)

    def close(self) -> None:
        """See Engine. Works on a dead engine too."""
        self.calls.append("close")
        self.closed = True

    def _image(self, ref: str) -> FakeImage | None:
        return self.images.get(ref) or next((image for image in self.images.values() if ref in image.names), None)
