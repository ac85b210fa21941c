"""The certificate bundle reaches the RUN steps that fetch, and ends in no layer and in no image's environment."""

from __future__ import annotations

import io
import json
import secrets
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bench.model.build import BuildRequest, BuildStatus
from bench.ports.builder_buildkit import BuildkitBuilder
from bench.ports.clock import SystemClock
from bench.ports.process import run
from bench.ports.protocols import Engine
from tests.engine.tiny_base import import_tiny_base
from tests.pure.templates import axis, rendered

pytestmark = pytest.mark.engine

RUN_ID = f"test-{secrets.token_hex(4)}"
BASE = f"buildmark.invalid/{RUN_ID}:base"
MOUNT_POINTS = {"dev", "proc", "sys"}  # runc makes them in any RUN where the base has none
MARKER = f"certificate-{secrets.token_hex(16)}"

# The shell's own words only, since the image has little else. The first RUN writes how long the line is that it
# finds in the bundle, the second sees no bundle, the third reads it though it is not root.
READ = 'line=no; [ -z "$PIP_CERT" ] || read -r line < $PIP_CERT; echo ${#line} > /pip'
TEMPLATE = f"""FROM {BASE}
{{{{ run('{READ}', fetch=['pip', 'apt']) }}}}
{{{{ run('[ -z "$PIP_CERT" ] && [ ! -e /run/secrets/buildmark-ca ] && [ ! -e /dev/shm/ca.conf ]') }}}}
USER 10001:10001
{{{{ run('[ -z "$CURL_CA_BUNDLE" ] || read -r line < $CURL_CA_BUNDLE', fetch='curl') }}}}
"""


@pytest.fixture(scope="module")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import_tiny_base(engine, tmp_path_factory.mktemp("base"), BASE)
    yield BASE
    engine.remove_labelled(f"buildmark.run={RUN_ID}")
    engine.remove_image(BASE)


def built(engine: Engine, folder: Path, given: Mapping[str, Path]) -> str:
    """Build the template with these secrets, and return the image's id."""
    context = folder / f"buildmark-{RUN_ID}-context"
    context.mkdir()
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(rendered(TEMPLATE, axes=(axis("layers", "split"),)))
    outcome = BuildkitBuilder(engine, clock=SystemClock()).build(
        BuildRequest(
            dockerfile=dockerfile,
            context=context,
            no_cache=True,
            args={},
            secrets=given,
            labels={"buildmark.run": RUN_ID},
            platform=None,
            network=engine.build_network,
            timeout_s=120,
        )
    )
    assert outcome.status is BuildStatus.OK, outcome.transcript.log
    assert outcome.image_id is not None
    return outcome.image_id


def layers_of(engine: Engine, image: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every entry of every layer that was added to the base."""
    saved = folder / "image.tar"
    run(["docker", "save", "--output", str(saved), image], env=engine.environment)
    with tarfile.open(saved) as outer:
        manifest = json.load(outer.extractfile("manifest.json") or io.BytesIO())
        for name in manifest[0]["Layers"][1:]:
            blob = outer.extractfile(name)
            assert blob is not None
            with tarfile.open(fileobj=io.BytesIO(blob.read()), mode="r:*") as layer:
                for entry in layer:
                    content = layer.extractfile(entry)
                    yield entry.name, b"" if content is None else content.read()


def test_the_bundle_is_read_and_nothing_of_it_stays(base: str, engine: Engine, tmp_path: Path) -> None:
    del base
    bundle = tmp_path / "bundle.crt"
    bundle.write_text(f"{MARKER}\n")
    bundle.chmod(0o600)
    image = built(engine, tmp_path, {"buildmark-ca": bundle})
    layers = dict(layers_of(engine, image, tmp_path))
    assert layers["pip"] == f"{len(MARKER)}\n".encode()
    assert set(layers) - MOUNT_POINTS == {"pip"}, "a mount left something behind"
    inspected = run(["docker", "image", "inspect", image], env=engine.environment).text
    assert json.loads(inspected)[0]["Config"]["Env"] == ["PATH=/bin"]
    assert MARKER.encode() not in (tmp_path / "image.tar").read_bytes()


def test_without_a_bundle_the_same_dockerfile_builds_and_sets_nothing(
    base: str, engine: Engine, tmp_path: Path
) -> None:
    del base
    image = built(engine, tmp_path, {})
    assert dict(layers_of(engine, image, tmp_path))["pip"] == b"2\n"
