"""Which daemon the user's own `docker` command talks to, found as it does: DOCKER_HOST, a context, the default socket.

Reads files and nothing else; `bench.ports.docker_client` connects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bench.errors import EngineError

DEFAULT_URL = "unix:///var/run/docker.sock"
DEFAULT_CONTEXT = "default"
# Variables that would lead the client to another daemon or builder than the one that was opened.
STEERING = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "BUILDKIT_HOST")


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The certificates with which a daemon is reached; those that do not exist are None."""

    ca: Path | None
    certificate: Path | None
    key: Path | None
    verify: bool


class DockerHost(msgspec.Struct, frozen=True, kw_only=True):
    """A daemon's address.

    For messages, `said_by` names what led to it and `remedy` says what to do when it does not answer. `client` are the
    variables that lead the `docker` command there.
    """

    url: str
    said_by: str
    client: Mapping[str, str]
    tls: TlsFiles | None = None
    remedy: str = "start Docker, or point DOCKER_HOST at it; `--engine private` starts an engine of Buildmark's own"

    @property
    def socket(self) -> Path | None:
        """The path of its Unix socket, None for a daemon that is reached otherwise."""
        path = self.url.removeprefix("unix://")
        return Path(path) if path != self.url else None


def docker_config_folder(environment: Mapping[str, str]) -> Path:
    """`$DOCKER_CONFIG`, else `~/.docker`."""
    return Path(environment.get("DOCKER_CONFIG") or Path(environment.get("HOME") or Path.home()) / ".docker")


def resolve_host(environment: Mapping[str, str]) -> DockerHost:
    """The daemon that `docker` would talk to. Raises EngineError for a context that does not exist or is broken."""
    if url := environment.get("DOCKER_HOST"):
        return DockerHost(
            url=url,
            said_by="DOCKER_HOST",
            client={key: environment[key] for key in STEERING if key in environment and key != "DOCKER_CONTEXT"},
            tls=_tls_of_environment(environment),
        )
    config = docker_config_folder(environment)
    name = environment.get("DOCKER_CONTEXT") or _current_context(config)
    if name == DEFAULT_CONTEXT:
        return DockerHost(url=DEFAULT_URL, said_by="the default socket", client={"DOCKER_HOST": DEFAULT_URL})
    return _host_of_context(config, name)


def client_environment(host: DockerHost, environment: Mapping[str, str], *, config: Path) -> dict[str, str]:
    """The variables with which the `docker` command reaches exactly this daemon, and builds with its own BuildKit.

    Another builder that the user has selected is passed over: it would build somewhere else.
    """
    kept = {key: value for key, value in environment.items() if key not in STEERING}
    return {
        **kept,
        **host.client,
        "DOCKER_CONFIG": str(config),
        "BUILDX_BUILDER": "default",
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
        "DOCKER_CLI_HINTS": "false",
    }


def _current_context(config: Path) -> str:
    file = config / "config.json"
    if not file.is_file():
        return DEFAULT_CONTEXT
    content = _read(file)
    name = content.get("currentContext")
    return name if isinstance(name, str) and name else DEFAULT_CONTEXT


def _host_of_context(config: Path, name: str) -> DockerHost:
    folder = hashlib.sha256(name.encode()).hexdigest()
    file = config / "contexts" / "meta" / folder / "meta.json"
    if not file.is_file():
        raise EngineError(
            f"the Docker context '{name}' does not exist", remedy="`docker context ls` lists them; or set DOCKER_HOST"
        )
    endpoint = _read(file).get("Endpoints", {}).get("docker", {})
    tls = _tls_files(config / "contexts" / "tls" / folder / "docker", verify=not endpoint.get("SkipTLSVerify", False))
    return DockerHost(
        url=endpoint.get("Host") or DEFAULT_URL,
        said_by=f"the Docker context '{name}'",
        client={"DOCKER_CONTEXT": name},
        tls=tls if tls.ca or tls.certificate else None,
    )


def _tls_of_environment(environment: Mapping[str, str]) -> TlsFiles | None:
    if not (environment.get("DOCKER_TLS_VERIFY") or environment.get("DOCKER_TLS")):
        return None
    folder = Path(environment.get("DOCKER_CERT_PATH") or docker_config_folder(environment))
    return _tls_files(folder, verify=bool(environment.get("DOCKER_TLS_VERIFY")))


def _tls_files(folder: Path, *, verify: bool) -> TlsFiles:
    ca, certificate, key = (path if path.is_file() else None for path in _pem_paths(folder))
    return TlsFiles(ca=ca, certificate=certificate, key=key, verify=verify)


def _pem_paths(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "ca.pem", folder / "cert.pem", folder / "key.pem"


def _read(file: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as error:
        raise EngineError(f"{file} cannot be read: {error}", remedy="mend that file, or set DOCKER_HOST") from error
