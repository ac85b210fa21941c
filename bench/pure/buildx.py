"""The command line of a BuildKit build, and what its words mean.

Neighbour: `bench.ports.builder_buildkit` runs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench.model.build import BuildRequest
from bench.model.run import EngineInfo

LEAST_BUILDX = (0, 13)
"""The first Buildx with `--progress=rawjson`."""

_VERSION = re.compile(r"v?(\d+)\.(\d+)")
_OWN_FAILURE = "did not complete successfully"
_ENGINE_FAILURES = (
    "Cannot connect to the Docker daemon",
    "error during connect",
    "code = Unavailable",
    "error reading from server",
    "context canceled",
)


def own_builder(environment: Mapping[str, str]) -> str:
    """The builder that is the BuildKit of the daemon that `environment` leads the client to (the docker driver).

    It goes by the name of the Docker context; Buildx refuses `default` in any context but that one. DOCKER_HOST goes
    before a context, and means the default one.
    """
    return "default" if environment.get("DOCKER_HOST") else environment.get("DOCKER_CONTEXT") or "default"


BUILD_CGROUP = "/buildmark"
"""The control group that steps are put under where the engine's own way leaves them without readings."""

SAMPLED = {"BUILDX_METADATA_PROVENANCE": "max"}
"""What makes Buildx write BuildKit's samples of the steps into the metadata file (docs of `docker buildx build`)."""


def buildx_arguments(
    request: BuildRequest,
    *,
    iidfile: Path,
    builder: str = "default",
    metadata: Path | None = None,
    cgroup_parent: str | None = None,
) -> list[str]:
    """The command that builds `request` with the builder `builder`, whatever builder the user has selected.

    No name is given to the image: its id is written to `iidfile`. `cgroup_parent` is part of a RUN step's cache key, so
    it must be the same for all builds of an engine.
    """
    return [
        *("docker", "buildx", "build", "--builder", builder, "--progress", "rawjson"),
        *("--file", str(request.dockerfile), "--provenance", "false"),
        *("--iidfile", str(iidfile)),
        *(["--metadata-file", str(metadata)] if metadata else []),
        *(["--cgroup-parent", cgroup_parent] if cgroup_parent else []),
        *(["--no-cache"] if request.no_cache else []),
        *(["--network", request.network] if request.network else []),
        *(["--platform", request.platform] if request.platform else []),
        *(
            part
            for name, ref in request.base_images.items()
            for part in ("--build-context", f"{name}=docker-image://{ref}")
        ),
        *_each("--label", request.labels),
        *_each("--build-arg", request.args),
        *(part for name, path in request.secrets.items() for part in ("--secret", _fields(id=name, src=str(path)))),
        str(request.context),
    ]


def build_cgroup(info: EngineInfo) -> str | None:
    """The control group that builds must ask for, None where the engine puts steps into a group that can be read.

    With the systemd driver on version 2 BuildKit's samples stay blank, and the name of a step's group cannot be told
    beforehand. An engine that is not on this machine makes the group on its own, and its samples are full then too.
    """
    systemd = info.cgroup_version == 2 and info.cgroup_driver == "systemd"  # noqa: PLR2004 - cgroup v2
    return BUILD_CGROUP if systemd else None


def is_too_old(buildx_version: str) -> bool:
    """Whether this Buildx is known not to write the progress stream that Buildmark reads."""
    found = _VERSION.search(buildx_version)
    return found is not None and (int(found.group(1)), int(found.group(2))) < LEAST_BUILDX


def blames_engine(error: str) -> bool:
    """Whether a failed build's last word is about the daemon, not about a step.

    A cancellation that nobody here asked for is the daemon's too: that is how one that is shutting down ends builds.
    """
    return _OWN_FAILURE not in error and any(words in error for words in _ENGINE_FAILURES)


def _each(option: str, values: Mapping[str, str]) -> list[str]:
    return [part for name, value in values.items() for part in (option, f"{name}={value}")]


def _fields(**values: str) -> str:
    """Comma-separated fields as Docker's options take them (RFC 4180): quoted where the value needs it."""
    fields = (f"{name}={value}" for name, value in values.items())
    return ",".join('"' + field.replace('"', '""') + '"' if set(field) & set(',"\n') else field for field in fields)
