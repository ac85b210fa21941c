"""A registry on loopback, for measuring what pulling a base costs: Debian's docker-registry, started and ended by us.

Its data live in a temporary folder. It dies with this process, however that ends (prctl PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess  # noqa: TID251 - for the type of a child that bench.ports.process started
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.errors import EngineError
from bench.model.scenario import PreparedBase
from bench.ports import process
from bench.ports.apt import own_suite
from bench.ports.debian import PackageRequest, fetch_tools
from bench.ports.engine_daemons import await_ready
from bench.ports.protocols import Engine

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LOOPBACK = "127.0.0.1"
ANSWER_TIMEOUT_S = 10.0
CONFIGURATION = """\
version: 0.1
log: {{accesslog: {{disabled: true}}, level: error}}
storage: {{filesystem: {{rootdirectory: "{folder}/data"}}}}
http: {{addr: "{address}", secret: none}}
"""


class PublishedBase(msgspec.Struct, frozen=True, kw_only=True):
    """A base in a registry: what names it there, and the compressed bytes of its layers (0 where not known)."""

    ref: str
    compressed_bytes: int


class _Layer(msgspec.Struct, frozen=True):
    size: int


class _Manifest(msgspec.Struct, frozen=True):
    layers: tuple[_Layer, ...]


class LocalRegistry:
    """A registry that answers at `address`."""

    def __init__(self, address: str) -> None:
        self.address = address

    def publish(self, engine: Engine, base: PreparedBase) -> PublishedBase:
        """Push a base that the engine has. Raises EngineError."""
        ref = f"{self.address}/{base.name}:base"
        engine.tag_image(base.ref, ref)
        try:
            engine.push(ref)
        finally:
            engine.remove_image(ref)
        return PublishedBase(ref=ref, compressed_bytes=self._compressed_bytes(base.name))

    def _compressed_bytes(self, name: str) -> int:
        request = urllib.request.Request(
            f"http://{self.address}/v2/{name}/manifests/base", headers={"Accept": MANIFEST}
        )
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:  # noqa: S310 - the same
            manifest = msgspec.json.decode(answer.read(), type=_Manifest)
        return sum(layer.size for layer in manifest.layers)


@contextmanager
def local_registry(cache: Path, environment: Mapping[str, str]) -> Iterator[LocalRegistry]:
    """A registry for as long as the block lasts. Raises EngineError when it does not come up, NetworkError."""
    request = PackageRequest(name="docker-registry", suite=own_suite())
    tools = fetch_tools([request], folder=cache / "registry", with_dependencies=False, environment=environment)
    folder = Path(tempfile.mkdtemp(prefix="buildmark-registry-"))
    address = f"{LOOPBACK}:{_free_port()}"
    try:
        child = _start(tools / "usr/bin/docker-registry", folder, address, environment)
        try:
            yield LocalRegistry(address)
        finally:
            process.stop(child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(program: Path, folder: Path, address: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    configuration, log = folder / "config.yml", folder / "log"
    configuration.write_text(CONFIGURATION.format(folder=folder, address=address))
    argv = ["setpriv", "--pdeathsig", "KILL", str(program), "serve", str(configuration)]
    with log.open("wb") as sink:
        child = process.start(argv, env=environment, cwd=folder, log=sink)
    try:
        await_ready(child, lambda: _listens(address), name="docker-registry", log=log)
    except EngineError:
        process.stop(child)
        raise
    return child


def _listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1.0):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
