"""A Docker engine of Buildmark's own: fetched, started beside everything else, and removed without a trace.

Neighbours: `bench.ports.engine_home` makes and removes what lies around it, `bench.ports.docker_engine` talks to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from bench.model.run import EngineKind
from bench.ports.docker_engine import DockerEngine
from bench.ports.docker_host import DockerHost, client_environment
from bench.ports.engine_state import EngineState
from bench.ports.layer_store import stored_image

logger = logging.getLogger(__name__)


class PrivateEngine(DockerEngine):
    """A daemon that Buildmark started. `on_close` removes it, for the process that owns it; None leaves it up."""

    def __init__(
        self, state: EngineState, environment: Mapping[str, str], *, on_close: Callable[[], None] | None
    ) -> None:
        """Connect. Raises EngineError when it does not answer; it is not removed then."""
        self._state = state
        self._on_close = on_close
        url = f"unix://{state.socket}"
        host = DockerHost(
            url=url,
            said_by=f"the private engine {state.name}",
            client={"DOCKER_HOST": url},
            remedy="read its log (`buildmark engine logs`), and start again",
        )
        config = state.folder / "config"
        self._environment = client_environment(host, engine_environment(state, environment), config=config)
        self._open(host, EngineKind.PRIVATE, name=state.name)

    @property
    def build_network(self) -> str | None:
        """The machine's own network: a private engine has no bridge, which would change the machine's."""
        return "host"

    @property
    def cgroup_parent(self) -> str | None:
        """See Engine."""
        return self._state.steps_cgroup

    @property
    def daemon_cgroup(self) -> str | None:
        """See Engine."""
        return self._state.daemon_cgroup

    def save_image(self, ref: str, *, without: Collection[str] = ()) -> Iterator[bytes]:
        """See Engine. Read from the engine's own folder, only what is wanted; else the daemon is asked for all."""
        facts = self.find_image(ref)
        try:
            if facts is not None:
                return stored_image(Path(self.info.data_root), facts.id, without=without)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            logger.debug("the layers of %s are asked of the daemon: %r", ref, error)
        return super().save_image(ref)

    def empty_build_cache(self) -> None:
        """See Engine."""
        self._cache.empty()

    def close(self) -> None:
        """See Engine; a second call does nothing."""
        super().close()
        on_close, self._on_close = self._on_close, None
        if on_close is not None:
            on_close()


def engine_environment(state: EngineState, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the engine's programs: those that were fetched come first on PATH."""
    path = [
        str(state.tools / "usr/sbin"),
        str(state.tools / "usr/bin"),
        environment.get("PATH") or "/usr/sbin:/usr/bin:/sbin:/bin",
    ]
    return {**environment, "PATH": ":".join(path)}
