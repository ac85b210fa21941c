"""Images of known content on a real engine: sizes and waste, exact against what the engine says of itself."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.app.layer_scale import LayerScale
from bench.model.run import EngineKind
from bench.model.scenario import Family, PreparedBase, SourceKind
from bench.ports.docker_engine import DockerEngine
from bench.ports.image_archive import read_image_archive
from bench.ports.process import run
from bench.ports.protocols import Engine
from bench.ports.run_store import RunStore
from tests.engine.tiny_base import PROGRAMS, import_tiny_base

pytestmark = pytest.mark.engine

RUN_ID = f"test-{secrets.token_hex(4)}"
LABEL = f"buildmark.run={RUN_ID}"
BASE = PreparedBase(
    name="tiny",
    family=Family.NONE,
    ref=f"buildmark.invalid/{RUN_ID}:base",
    digest=f"sha256:{RUN_ID}",
    size_bytes=0,
    source=SourceKind.ARCHIVE,
    origin="this machine's programs",
)
MB = 1_000_000
DOCKERFILE = f"""\
FROM {BASE.ref}
ARG TOKEN=secret
RUN mkdir /data && for i in 0 1 2 3 4; do dd if=/dev/urandom of=/data/$i bs=1000000 count=10; done
RUN dd if=/dev/zero of=/kept bs=1000000 count=3; ln /kept /too; mkdir /dir; dd if=/kept of=/dir/a bs=1000000 count=1
RUN rm -rf /data
RUN rm /kept
RUN rm -rf /dir && mkdir /dir && echo new > /dir/b
WORKDIR /dir
"""


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that wastes 50 MB in a deleted directory, 1 MB in a replaced one, and nothing of a hard-linked file."""
    folder = tmp_path_factory.mktemp("image")
    import_tiny_base(engine, folder, BASE.ref, programs=[*PROGRAMS, "rm", "mkdir", "ln"])
    context = folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    network = ["--network", engine.build_network] if engine.build_network else []
    options = ["--provenance=false", "--label", LABEL, "--iidfile", str(folder / "iid"), *network]
    run(["docker", "buildx", "build", *options, str(context)], env=engine.environment, timeout_s=300)
    yield (folder / "iid").read_text()
    engine.remove_labelled(LABEL)
    engine.remove_image(BASE.ref)


def test_a_directory_deleted_in_a_later_layer_is_waste_to_the_byte(engine: Engine, image: str, tmp_path: Path) -> None:
    scale = LayerScale(engine, tmp_path)
    scale.learn([BASE], say=lambda _: None)
    weighed = scale.weigh(image, "tiny")
    assert weighed.waste_bytes == 51 * MB
    assert [(path.path, path.size_bytes, path.kind, path.layer) for path in weighed.worst] == [
        ("/data/", 50 * MB, "deleted", 4),
        ("/dir/", MB, "deleted", 6),
    ]
    base, data, *others = weighed.layers
    assert (data.size_bytes, data.waste_bytes, data.files) == (50 * MB, 50 * MB, 5)
    assert data.compressed_bytes == pytest.approx(50 * MB, rel=0.01)
    assert (data.instruction or "").startswith("RUN mkdir /data && for i in")
    assert "secret" not in "".join(layer.instruction or "" for layer in weighed.layers)
    assert [layer.size_bytes for layer in others[:4]] == [4 * MB, 0, 0, 4]
    assert (base.in_base, base.size_bytes) == (True, weighed.base_bytes)
    assert not any(layer.in_base for layer in weighed.layers[1:])


def test_sizes_are_those_of_the_engine_itself(engine: Engine, image: str) -> None:
    assert engine.info.storage_driver == "overlay2"
    for ref in (image, BASE.ref):
        facts = engine.find_image(ref)
        read = read_image_archive(engine.save_image(ref))
        assert facts is not None
        assert facts.layers == len(read.layers)
        imported_symlinks = read.layers[0].symlink_bytes
        assert sum(layer.size_bytes for layer in read.layers) + imported_symlinks == facts.size_bytes
        assert engine.layer_ids(ref) == read.config.diff_ids


def test_the_engines_own_folder_and_its_daemon_give_the_same_layers(engine: Engine, image: str) -> None:
    assert isinstance(engine, DockerEngine)
    told = read_image_archive(DockerEngine.save_image(engine, image))
    assert read_image_archive(engine.save_image(image)).layers == told.layers
    known = {layer.diff_id: layer for layer in told.layers[:1]}
    assert read_image_archive(engine.save_image(image, without=known), known=known).layers == told.layers
    if engine.info.kind is EngineKind.PRIVATE:
        whole, part = (sum(map(len, engine.save_image(image, without=without))) for without in ((), known))
        assert whole - part > told.layers[0].size_bytes


def test_splitting_runs_wastes_what_merging_them_does_not(tmp_path: Path) -> None:
    options = ("--base", "debian-12", "--rounds", "1", "--state", "cold", "--engine", "private")
    done = buildmark("run", "quick", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = json.loads(buildmark("layers", "--format", "json", cwd=tmp_path).stdout)
    images: dict[str, Any] = {one["variant"].removeprefix("debian-12-"): one["layers"] for one in shown["variants"]}
    deleted = {
        name: sum(path["size_bytes"] for path in image["worst"] if path["path"] == "/tmp/site/")
        for name, image in images.items()
    }
    assert deleted["single-split"] > 16 * MB
    assert deleted["single-merged"] == 0
    assert images["single-split"]["waste_bytes"] - images["single-merged"]["waste_bytes"] > 16 * MB
    assert images["multi-split"]["waste_bytes"] == images["multi-merged"]["waste_bytes"] < MB
    folder = RunStore(tmp_path / "results").open("latest")
    run_ = folder.read_run()
    for trial in folder.read_trials(run_).trials:
        if trial.layers is not None and trial.image is not None:
            symlinks = sum(layer.symlink_bytes for layer in trial.layers.layers if layer.in_base)
            assert trial.layers.size_bytes + symlinks == trial.image.size_bytes


def buildmark(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    env = {**os.environ, "PYTHONPATH": str(Path(bench.__file__).parents[1])}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
