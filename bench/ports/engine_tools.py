"""The programs of a private engine, from the Debian archive: which packages, and the folder that they lie in."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.errors import EngineError
from bench.ports.apt import own_suite
from bench.ports.debian import PackageRequest, fetch_tools

logger = logging.getLogger(__name__)

DOCKER_SUITE = "forky"
DOCKER_SERIES = "28.*"


def engine_packages(suite: str, series: str | None) -> tuple[PackageRequest, ...]:
    """The packages of an engine. runc comes from `suite`, the machine's own: a newer one needs a newer C library."""
    docker = [PackageRequest(name=name, suite=DOCKER_SUITE, version=series) for name in ("docker.io", "docker-cli")]
    rest = [PackageRequest(name=name, suite=DOCKER_SUITE) for name in ("docker-buildx", "containerd")]
    return (*docker, *rest, PackageRequest(name="runc", suite=suite))


def fetch_engine(cache: Path, environment: Mapping[str, str]) -> Path:
    """Fetch Docker once and return the root of its programs; of the tried series, or of the one the suite has now.

    Raises what `bench.ports.debian.fetch_tools` raises.
    """
    try:
        return _fetch(cache, environment, DOCKER_SERIES)
    except EngineError as error:
        if DOCKER_SERIES not in error.message:
            raise
        logger.warning("the Debian archive has no Docker %s any more: taking what it has", DOCKER_SERIES)
        return _fetch(cache, environment, None)


def _fetch(cache: Path, environment: Mapping[str, str], series: str | None) -> Path:
    """Each choice of packages has a folder of its own, so that an engine that is up keeps the programs it runs."""
    packages = engine_packages(own_suite(), series)
    key = hashlib.sha256(msgspec.json.encode(packages)).hexdigest()[:8]
    return fetch_tools(packages, folder=cache / f"docker-{key}", with_dependencies=False, environment=environment)
