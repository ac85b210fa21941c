"""The connection to a Docker daemon: the SDK's client, with its errors turned into words and remedies.

The SDK is imported when the first connection is made, since it is slow to load. Neighbours: `bench.ports.docker_host`
says where the daemon is, `bench.ports.docker_engine` uses the connection.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from bench.errors import EngineError
from bench.ports.docker_host import DockerHost

if TYPE_CHECKING:
    from docker import APIClient
    from docker.tls import TLSConfig

TIMEOUT_S = 120
PROBE_TIMEOUT_S = 10.0
# A daemon that saves an image writes all of it to its disk before it sends the first byte.
STREAM_TIMEOUT_S = 900
STREAM_PIECE_BYTES = 1 << 20


class DockerClient:
    """One daemon's connection. Close it: it holds sockets."""

    def __init__(self, host: DockerHost) -> None:
        self.host = host
        self.api: APIClient = self._connect()

    def close(self) -> None:
        """Close the sockets."""
        self.api.close()

    @contextmanager
    def asking(self, doing: str) -> Iterator[APIClient]:
        """Talk to the daemon; `doing` says what for, in the words of an error (`remove the image X`).

        Raises EngineError when the daemon does not answer, or refuses.
        """
        from docker.errors import APIError, DockerException  # noqa: PLC0415 - see the module's docstring
        from requests import RequestException  # noqa: PLC0415

        probe(self.host)
        try:
            yield self.api
        except APIError as error:
            raise EngineError(f"the Docker daemon could not {doing}: {_words(error)}") from error
        except (DockerException, RequestException) as error:
            raise unreachable(self.host, _why(error)) from error

    def ask(self, method: Literal["get", "post"], path: str, *, doing: str, params: Mapping[str, str]) -> Any:
        """One request that the SDK has no words for; returns the decoded answer. Raises as `asking` does."""
        with self.asking(doing) as client:
            api: Any = client  # its own request methods are not part of its types
            answer = getattr(api, f"_{method}")(api._url(path), params=dict(params))  # noqa: SLF001
            return api._result(answer, json=True)  # noqa: SLF001

    def stream(self, path: str, *, doing: str) -> Iterator[bytes]:
        """The body of an answer in pieces; one that is not read to its end is closed. Raises as `asking` does."""
        with self.asking(doing) as client:
            api: Any = client  # its own request methods are not part of its types
            answer = api._get(api._url(path), stream=True, timeout=STREAM_TIMEOUT_S)  # noqa: SLF001
            with closing(answer):
                api._raise_for_status(answer)  # noqa: SLF001
                yield from answer.iter_content(STREAM_PIECE_BYTES)

    def _connect(self) -> APIClient:
        from docker import APIClient  # noqa: PLC0415 - see the module's docstring
        from docker.errors import DockerException  # noqa: PLC0415
        from requests import RequestException  # noqa: PLC0415

        probe(self.host)
        require_ssh(self.host)
        try:
            return APIClient(
                base_url=self.host.url,
                version="auto",
                timeout=TIMEOUT_S,
                tls=_tls(self.host),
                use_ssh_client=self.host.url.startswith("ssh://"),
            )
        except (DockerException, RequestException) as error:
            raise unreachable(self.host, _why(error)) from error


def probe(host: DockerHost) -> None:
    """Raise EngineError unless something listens at the daemon's Unix socket; other addresses are not looked at.

    The reason comes out in plain words that way, and the SDK leaks a socket on each connection that fails.
    """
    if host.socket is None:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PROBE_TIMEOUT_S)
        try:
            connection.connect(str(host.socket))
        except FileNotFoundError as error:
            raise unreachable(host, "there is no such socket") from error
        except PermissionError as error:
            raise EngineError(
                f"this user may not talk to the Docker daemon at {host.url}",
                remedy="run as root, or as a member of the group that owns the socket (`docker`)",
            ) from error
        except OSError as error:
            raise unreachable(host, error.strerror or str(error)) from error


def require_ssh(host: DockerHost) -> None:
    """Raise EngineError for an address by SSH where the package is missing with which the SDK goes there."""
    if host.url.startswith("ssh://") and importlib.util.find_spec("paramiko") is None:
        raise EngineError(
            f"the Docker daemon at {host.url} (from {host.said_by}) is reached by SSH, for which a package is missing",
            remedy="pip install 'buildmark[ssh]', or forward its socket: ssh -nNTL /tmp/docker.sock:/run/docker.sock …",
        )


def unreachable(host: DockerHost, why: str) -> EngineError:
    """The error for a daemon that does not answer."""
    return EngineError(
        f"the Docker daemon at {host.url} (from {host.said_by}) does not answer: {why}",
        remedy=host.remedy,
    )


def _tls(host: DockerHost) -> TLSConfig | bool:
    if host.tls is None:
        return False
    from docker.tls import TLSConfig  # noqa: PLC0415 - see the module's docstring

    pair = (str(host.tls.certificate), str(host.tls.key)) if host.tls.certificate and host.tls.key else None
    return TLSConfig(client_cert=pair, ca_cert=str(host.tls.ca) if host.tls.ca else None, verify=host.tls.verify)


def _words(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error)


def _why(error: Exception) -> str:
    from requests import ConnectionError as LostConnection  # noqa: PLC0415 - see the module's docstring
    from requests import ReadTimeout  # noqa: PLC0415

    if isinstance(error, ReadTimeout):
        return f"no answer in {TIMEOUT_S} s"
    return "the connection broke off" if isinstance(error, LostConnection) else str(error)
