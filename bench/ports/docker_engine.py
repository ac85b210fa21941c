"""The engine behind a Docker daemon's API: the user's own, and the base of the private one.

Nothing here prunes, stops or changes what Buildmark did not make. Neighbours: `bench.ports.docker_client` (the
connection), `bench.ports.containers` (running a command), `bench.ports.private_engine` (a daemon of our own).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import EngineError
from bench.model.run import EngineInfo, EngineKind
from bench.model.trial import ImageFacts
from bench.ports.build_cache import BuildCache
from bench.ports.cgroups import hierarchies
from bench.ports.containers import run_in_container
from bench.ports.docker_client import DockerClient
from bench.ports.docker_host import DockerHost, client_environment, docker_config_folder
from bench.ports.meter_parts import remove_group
from bench.ports.process import run
from bench.ports.protocols import CacheRecord, ContainerResult
from bench.pure.buildx import build_cgroup

logger = logging.getLogger(__name__)

CLIENT_TIMEOUT_S = 60.0
# Docker's own default for the cgroupfs driver; what the daemon was told instead, it does not say.
DEFAULT_CGROUP_PARENT = "docker/buildkit"


class DockerEngine:
    """A Docker daemon as an Engine (see `bench.ports.protocols.Engine`): the user's own, never pruned."""

    def __init__(self, host: DockerHost, environment: Mapping[str, str]) -> None:
        """Connect and ask the daemon what it is. Raises EngineError when it does not answer."""
        self._environment = client_environment(host, environment, config=docker_config_folder(environment))
        self._open(host, EngineKind.HOST, name=None)

    def _open(self, host: DockerHost, kind: EngineKind, *, name: str | None) -> None:
        self._client = DockerClient(host)
        self._cache = BuildCache(self._client)
        try:
            with self._client.asking("say what it is") as api:
                told, version = api.info(), api.version()
                self._networks = {network["Name"] for network in api.networks(names=["bridge", "nat"])}
        except BaseException:
            self._client.close()
            raise
        self._info = engine_info(
            told, version, kind=kind, name=name, endpoint=host.url, buildx_version=buildx_version(self._environment)
        )

    @property
    def info(self) -> EngineInfo:
        """See Engine."""
        return self._info

    @property
    def environment(self) -> Mapping[str, str]:
        """See Engine."""
        return self._environment

    @property
    def build_network(self) -> str | None:
        """The default, or the machine's own network where the daemon was started without a bridge."""
        return None if self._networks else "host"

    @property
    def cgroup_parent(self) -> str | None:
        """On a local daemon Docker's default with the cgroupfs driver, or what builds ask for; None for elsewhere."""
        if self._client.host.socket is None:
            return None
        return DEFAULT_CGROUP_PARENT if self._info.cgroup_driver == "cgroupfs" else build_cgroup(self._info)

    @property
    def daemon_cgroup(self) -> str | None:
        """See Engine."""
        return None

    def ping(self) -> None:
        """See Engine."""
        with self._client.asking("answer a ping") as api:
            api.ping()

    def find_image(self, ref: str) -> ImageFacts | None:
        """See Engine."""
        found = self._inspect(ref)
        if found is None:
            return None
        return ImageFacts(id=found["Id"], size_bytes=found["Size"], layers=len(_layers(found)))

    def image_digest(self, ref: str) -> str | None:
        """See Engine."""
        found = self._inspect(ref)
        if found is None:
            return None
        digests = dict(digest.split("@", 1) for digest in found.get("RepoDigests") or ())
        own = digests.get(split_ref(ref)[0]) or next(iter(digests.values()), None)
        return own or str(found["Id"])

    def layer_ids(self, ref: str) -> tuple[str, ...]:
        """See Engine."""
        return _layers(self._inspect(ref) or {})

    def save_image(self, ref: str, *, without: Collection[str] = ()) -> Iterator[bytes]:
        """See Engine. A daemon always gives all layers, those in `without` too."""
        del without
        return self._client.stream(f"/images/{ref}/get", doing=f"save the image {ref}")

    def import_rootfs(self, archive: Path, ref: str, *, changes: Sequence[str]) -> None:
        """See Engine. `changes` are Dockerfile instructions (`LABEL …`, `CMD …`)."""
        name, tag = split_ref(ref)
        with self._client.asking(f"import {archive.name} as {ref}") as api:
            said = api.import_image(src=str(archive), repository=name, tag=tag, changes=list(changes))
        raise_on_stream_error(f"import {archive.name} as {ref}", (json.loads(line) for line in said.splitlines()))

    def pull(self, ref: str, *, platform: str | None) -> None:
        """See Engine."""
        with self._client.asking(f"pull {ref}") as api:
            raise_on_stream_error(f"pull {ref}", api.pull(ref, stream=True, decode=True, platform=platform))

    def push(self, ref: str) -> None:
        """See Engine."""
        name, tag = split_ref(ref)
        with self._client.asking(f"push {ref}") as api:
            raise_on_stream_error(f"push {ref}", api.push(name, tag, stream=True, decode=True))

    def tag_image(self, ref: str, new_ref: str) -> None:
        """See Engine."""
        name, tag = split_ref(new_ref)
        with self._client.asking(f"tag {ref} as {new_ref}") as api:
            api.tag(ref, name, tag)

    def remove_image(self, ref: str) -> None:
        """See Engine."""
        self._remove_image(ref, force=False)

    def remove_labelled(self, label: str) -> None:
        """See Engine. Images that others are made of go after those, whatever the order in which they are listed."""
        with self._client.asking(f"list what is labelled {label}") as api:
            containers = api.containers(all=True, filters={"label": label})
        for container in containers:
            self._remove_container(container["Id"])
        self._remove_images(label)

    def build_cache(self) -> tuple[CacheRecord, ...]:
        """See Engine."""
        return self._cache.records()

    def empty_build_cache(self) -> None:
        """See Engine: refused here, since this cache is the user's."""
        raise EngineError(
            f"the build cache of {self._info.name} is not Buildmark's to empty",
            remedy="use `--engine private` for builds from an empty cache",
        )

    def remove_cache_records(self, ids: Iterable[str]) -> frozenset[str]:
        """See Engine."""
        return self._cache.remove(ids)

    def run_container(
        self, image: str, command: Sequence[str], *, labels: Mapping[str, str], timeout_s: float
    ) -> ContainerResult:
        """See Engine."""
        return run_in_container(self._client, image, command, labels=labels, timeout_s=timeout_s)

    def close(self) -> None:
        """See Engine. The control group that builds asked for is removed too, unless something runs in it."""
        self._client.close()
        if (group := build_cgroup(self._info)) and self._client.host.socket is not None:
            for hierarchy in hierarchies():
                remove_group(hierarchy.root / group.strip("/"))

    def _inspect(self, ref: str) -> dict[str, Any] | None:
        from docker.errors import NotFound  # noqa: PLC0415 - the SDK is slow to import

        with self._client.asking(f"inspect the image {ref}") as api:
            try:
                found: dict[str, Any] = api.inspect_image(ref)  # type: ignore[no-untyped-call]
            except NotFound:
                return None
        return found

    def _remove_container(self, container: str) -> None:
        from docker.errors import NotFound  # noqa: PLC0415 - the SDK is slow to import

        with self._client.asking(f"remove the container {container}") as api:
            try:
                api.remove_container(container, force=True, v=True)
            except NotFound:
                logger.debug("container %s was gone already", container)

    def _remove_image(self, ref: str, *, force: bool) -> None:
        from docker.errors import NotFound  # noqa: PLC0415 - the SDK is slow to import

        with self._client.asking(f"remove the image {ref}") as api:
            try:
                api.remove_image(ref, force=force)
            except NotFound:
                logger.debug("image %s was gone already", ref)

    def _remove_images(self, label: str) -> None:
        while ids := self._labelled_images(label):
            refused: list[EngineError] = []
            for image in ids:
                try:
                    self._remove_image(image, force=True)
                except EngineError as error:
                    refused.append(error)
            if len(refused) == len(ids):
                raise refused[0]

    def _labelled_images(self, label: str) -> list[str]:
        with self._client.asking(f"list the images labelled {label}") as api:
            return [image["Id"] for image in api.images(all=True, filters={"label": label})]


def _layers(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(found.get("RootFS", {}).get("Layers") or ())


def split_ref(ref: str) -> tuple[str, str | None]:
    """Split `NAME:TAG` into both; a port in the registry's name is not a tag."""
    name, colon, tag = ref.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (ref, None)


def raise_on_stream_error(doing: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Read a progress stream of the API to its end; raises EngineError with the daemon's words for a failure in it."""
    errors = [event["error"] for event in events if event.get("error")]  # to its end, so that the connection is free
    if errors:
        raise EngineError(f"the Docker daemon could not {doing}: {errors[-1]}")


def engine_info(
    told: Mapping[str, Any],
    version: Mapping[str, Any],
    *,
    kind: EngineKind,
    name: str | None,
    endpoint: str,
    buildx_version: str | None,
) -> EngineInfo:
    """Put together what `/info` and `/version` tell. Without `name` the daemon's own name and id make one."""
    return EngineInfo(
        kind=kind,
        name=name or f"host-{told.get('Name') or 'docker'}-{str(told.get('ID') or '').replace(':', '')[:8].lower()}",
        endpoint=endpoint,
        server_version=version["Version"],
        buildx_version=buildx_version,
        storage_driver=told["Driver"],
        cgroup_driver=told.get("CgroupDriver") or "none",
        cgroup_version=2 if told.get("CgroupVersion") == "2" else 1,
        operating_system=told.get("OperatingSystem") or "unknown",
        architecture=version["Arch"],
        cpus=told["NCPU"],
        memory_bytes=told["MemTotal"],
        data_root=told.get("DockerRootDir") or "unknown",
    )


def buildx_version(environment: Mapping[str, str]) -> str | None:
    """The version of the Buildx plugin, None where there is none (or no `docker` command)."""
    try:
        done = run(["docker", "buildx", "version"], env=environment, timeout_s=CLIENT_TIMEOUT_S, check=False)
    except EngineError:
        return None
    words = done.text.split()
    return words[1].removeprefix("v") if done.returncode == 0 and len(words) > 1 else None
