"""Run one command in a container and be rid of it: without network, with a bound on time and on output."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bench.errors import EngineError
from bench.ports.docker_client import DockerClient
from bench.ports.protocols import ContainerResult

logger = logging.getLogger(__name__)

OUTPUT_BYTES = 4096
REFUSALS = {
    127: ("executable file not found", "no such file or directory"),
    126: ("permission denied", "is a directory", "exec format error"),
}
LOG_LIMIT = {"max-size": "1m", "max-file": "2"}


def run_in_container(
    client: DockerClient, image: str, command: Sequence[str], *, labels: Mapping[str, str], timeout_s: float
) -> ContainerResult:
    """Run `command` in place of the image's entrypoint and return its exit code and the last 4 KiB of its output.

    The container has no network and is removed in every case, running or not. The exit code is None when the command
    had not ended after `timeout_s` seconds, 127 when the image has no such command, 126 when it cannot be executed.
    Raises EngineError when the daemon does not answer.
    """
    container = _create(client, image, command, labels)
    try:
        if refusal := _start(client, container):
            return refusal
        exit_code = _wait(client, container, timeout_s)
        with client.asking("give a container's output") as api:
            output: bytes = api.logs(container, stdout=True, stderr=True)
        return ContainerResult(exit_code=exit_code, output=output[-OUTPUT_BYTES:].decode(errors="replace"))
    finally:
        _remove(client, container)


def _create(client: DockerClient, image: str, command: Sequence[str], labels: Mapping[str, str]) -> str:
    from docker.types import LogConfig  # noqa: PLC0415 - slow to import

    with client.asking(f"make a container of {image}") as api:
        log = LogConfig(type=LogConfig.types.JSON, config=LOG_LIMIT)
        limits = api.create_host_config(network_mode="none", log_config=log)
        created = api.create_container(
            image,
            entrypoint=[command[0]],
            command=list(command[1:]),
            labels=dict(labels),
            healthcheck={"Test": ["NONE"]},
            host_config=limits,
            use_config_proxy=False,
        )
    return str(created["Id"])


def _start(client: DockerClient, container: str) -> ContainerResult | None:
    """Start it; a command that the image does not have gives the exit codes of a shell, as `docker run` does."""
    from docker.errors import APIError  # noqa: PLC0415 - slow to import

    with client.asking("start a container") as api:
        try:
            api.start(container)
        except APIError as error:
            said = str(error.explanation or error)
            for code, words in REFUSALS.items():
                if any(word in said for word in words):
                    return ContainerResult(exit_code=code, output=said[-OUTPUT_BYTES:])
            raise
    return None


def _wait(client: DockerClient, container: str, timeout_s: float) -> int | None:
    from requests import ConnectionError as LostConnection  # noqa: PLC0415 - slow to import
    from requests import ReadTimeout  # noqa: PLC0415

    with client.asking("wait for a container") as api:
        try:
            return int(api.wait(container, timeout=timeout_s)["StatusCode"])  # type: ignore[arg-type] # fractions work
        except (ReadTimeout, LostConnection):
            api.ping()  # a daemon that died loses the connection too, and then this raises
            logger.debug("container %s did not end in %.1f s", container, timeout_s)
            return None


def _remove(client: DockerClient, container: str) -> None:
    try:
        with client.asking("remove a container") as api:
            api.remove_container(container, force=True, v=True)
    except EngineError as error:
        logger.warning("a container stays behind: %s", error.message)
