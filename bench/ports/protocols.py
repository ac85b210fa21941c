"""The ports: what the runner needs of the world, and nothing more. Adapters lie beside this file; so does the fake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from bench.model.build import BuildOutcome, BuildRequest
from bench.model.run import EngineInfo
from bench.model.trial import ImageFacts, Reading
from bench.pure.host_samples import HostWatch
from bench.pure.step_groups import StepGroup


class Clock(Protocol):
    """Time, passed in."""

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...

    def now(self) -> datetime:
        """The wall clock, in UTC, for labels and file names; never for durations."""
        ...


class CacheRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the engine's build cache."""

    id: str
    description: str
    size_bytes: int
    created_at: str


class ContainerResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a command in a container gave. `exit_code` is None when it was stopped by its timeout."""

    exit_code: int | None
    output: str


class Engine(Protocol):
    """A daemon. Every method raises EngineError when the daemon does not answer or refuses."""

    @property
    def info(self) -> EngineInfo:
        """What the engine is; read once, when it was opened."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables (PATH, DOCKER_HOST, DOCKER_CONFIG, …) with which its command-line client reaches it."""
        ...

    @property
    def build_network(self) -> str | None:
        """The network mode that builds must ask for (`host` where there is no bridge), None for the default."""
        ...

    @property
    def cgroup_parent(self) -> str | None:
        """The cgroup (relative to each hierarchy) that all RUN steps run under, None where that is not known."""
        ...

    @property
    def daemon_cgroup(self) -> str | None:
        """The cgroup that holds the daemon itself, on a private engine; None elsewhere."""
        ...

    def ping(self) -> None:
        """Raise EngineError unless the daemon answers now."""
        ...

    def find_image(self, ref: str) -> ImageFacts | None:
        """The image that `ref` (a tag or an id) names, or None when the engine has none."""
        ...

    def image_digest(self, ref: str) -> str | None:
        """The registry digest of `ref` where it has one, else its id; None when the engine has no such image."""
        ...

    def layer_ids(self, ref: str) -> tuple[str, ...]:
        """The diff ids of an image's layers, the lowest first; none when the engine has no such image."""
        ...

    def save_image(self, ref: str, *, without: Collection[str] = ()) -> Iterator[bytes]:
        """The archive of one image, as `docker save` makes it, in pieces: `bench.ports.image_archive` reads it.

        Layers whose diff id is in `without` need not be in it, where the engine can leave them out.
        """
        ...

    def import_rootfs(self, archive: Path, ref: str, *, changes: Sequence[str]) -> None:
        """Make a one-layer image called `ref` of a root filesystem archive (tar, or tar.gz)."""
        ...

    def pull(self, ref: str, *, platform: str | None) -> None:
        """Pull `ref` from its registry."""
        ...

    def push(self, ref: str) -> None:
        """Push the image called `ref` to the registry that its name begins with."""
        ...

    def tag_image(self, ref: str, new_ref: str) -> None:
        """Give the image `ref` a second name."""
        ...

    def remove_image(self, ref: str) -> None:
        """Remove an image; one that is already gone is fine."""
        ...

    def remove_labelled(self, label: str) -> None:
        """Remove every container and image that carries `label` (`KEY=VALUE`)."""
        ...

    def build_cache(self) -> tuple[CacheRecord, ...]:
        """The records of the build cache."""
        ...

    def empty_build_cache(self) -> None:
        """Remove the whole build cache. Raises EngineError on an engine that is not private: it is not ours."""
        ...

    def remove_cache_records(self, ids: Iterable[str]) -> frozenset[str]:
        """Remove these records of the build cache, and no other; returns those that stay because they are in use."""
        ...

    def run_container(
        self, image: str, command: Sequence[str], *, labels: Mapping[str, str], timeout_s: float
    ) -> ContainerResult:
        """Run `command` in place of the image's entrypoint, without network; the container is removed afterwards."""
        ...

    def close(self) -> None:
        """Let go of the engine. A private one that this process started is stopped and removed."""
        ...


class Builder(Protocol):
    """Executes a Dockerfile. A failed build is an outcome; EngineError means that the engine itself failed."""

    def build(self, request: BuildRequest, *, on_line: Callable[[bytes], None] | None = None) -> BuildOutcome:
        """Build, timed. On KeyboardInterrupt the build is stopped first, then the interrupt goes on."""
        ...

    def remove_leftovers(self) -> None:
        """Remove what earlier builds left in the engine that carries no label of ours."""
        ...


class Metered(msgspec.Struct, frozen=True, kw_only=True):
    """What a meter read over one build: each metric is in exactly one of the first two. `absent` maps a metric to why.

    `groups` are the control groups in which steps ran, where they were followed, and `host` is what the whole machine
    did. `meters_cpu_s` is the CPU time that watching both took inside the timed region.
    """

    readings: Mapping[str, Reading]
    absent: Mapping[str, str]
    groups: tuple[StepGroup, ...] = ()
    host: HostWatch | None = None
    meters_cpu_s: Mapping[str, float] = {}


class MeterSession(Protocol):
    """One measurement under way."""

    def stop(self) -> Metered:
        """Read the meters again and return what happened in between."""
        ...


class Meter(Protocol):
    """Measures what a build uses. `start` and `stop` lie outside the timed region."""

    def start(self) -> MeterSession:
        """Read the meters, and reset those that hold a peak."""
        ...
