"""Opening an engine: the user's own, one of Buildmark's, or whichever there is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from bench.errors import EngineError
from bench.ports.docker_engine import DockerEngine
from bench.ports.docker_host import resolve_host
from bench.ports.engine_home import EngineHome
from bench.ports.protocols import Clock, Engine


class EngineChoice(StrEnum):
    """Which engine a command uses (`--engine`)."""

    AUTO = "auto"
    HOST = "host"
    PRIVATE = "private"


def open_engine(choice: EngineChoice, *, environment: Mapping[str, str], clock: Clock, cache: Path) -> Engine:
    """Open the chosen engine; close it when done.

    `auto` takes the host's where it answers, else a private one where that can be had. Raises EngineError that says
    why neither can be had and how to get each; NetworkError when the private engine's packages cannot be fetched.
    """
    match choice:
        case EngineChoice.HOST:
            return DockerEngine(resolve_host(environment), environment)
        case EngineChoice.PRIVATE:
            return _open_private(environment, clock, cache)
        case EngineChoice.AUTO:
            return _open_any(environment, clock, cache)
    assert_never(choice)


def private_obstacle(environment: Mapping[str, str], *, user: int, system: str) -> str | None:
    """Why no private engine can be started here, None when one can. `user` is the effective user id."""
    if system != "linux":
        return f"it needs Linux, and this is {system}"
    if user != 0:
        return "it needs root"
    if shutil.which("apt-get", path=environment.get("PATH")) is None:
        return "it needs apt-get, to fetch Docker from the Debian archive"
    return None


def neither(host: EngineError, obstacle: str) -> EngineError:
    """The error for a machine on which there is no engine at all."""
    return EngineError(
        f"no Docker engine: {host.message}; and a private one cannot be started, since {obstacle}",
        remedy="start Docker (or point DOCKER_HOST at it), or run as root on Debian 12 or newer",
    )


def _open_private(environment: Mapping[str, str], clock: Clock, cache: Path) -> Engine:
    if obstacle := private_obstacle(environment, user=os.geteuid(), system=sys.platform):
        raise EngineError(
            f"a private engine cannot be started: {obstacle}",
            remedy="run as root on Debian 12 or newer, or start Docker yourself and use `--engine host`",
        )
    return EngineHome(cache, environment=environment, clock=clock).open()


def _open_any(environment: Mapping[str, str], clock: Clock, cache: Path) -> Engine:
    try:
        return DockerEngine(resolve_host(environment), environment)
    except EngineError as error:
        if obstacle := private_obstacle(environment, user=os.geteuid(), system=sys.platform):
            raise neither(error, obstacle) from error
    return EngineHome(cache, environment=environment, clock=clock).open()
