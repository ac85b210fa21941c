"""The command line of a BuildKit build, and what its words mean.

Neighbour: `bench.ports.builder_buildkit` runs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench.model.build import BuildRequest

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


def buildx_arguments(request: BuildRequest, *, iidfile: Path, builder: str = "default") -> list[str]:
    """The command that builds `request` with the builder `builder`, whatever builder the user has selected.

    No name is given to the image: its id is written to `iidfile`.
    """
    return [
        *("docker", "buildx", "build", "--builder", builder, "--progress", "rawjson"),
        *("--file", str(request.dockerfile), "--provenance", "false"),
        *("--iidfile", str(iidfile)),
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
