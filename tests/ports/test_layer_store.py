"""An engine's data folder, laid out by hand as Docker's overlay2 driver does."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from bench.errors import EngineError
from bench.ports.image_archive import read_image_archive
from bench.ports.layer_store import chain_ids, stored_image
from tests.archives import config, digest, tar

CONTENT = {"a": b"x" * 1000, "b": b"", "c": b"y" * 513}
LAYER = tar(*CONTENT.items())
ABOVE = tar(("a", b"z"))
IMAGE = config([LAYER, ABOVE])
IMAGE_ID = f"sha256:{digest(IMAGE)}"


def tar_split(content: dict[str, bytes], layer: bytes) -> bytes:
    """The lines that turn files into their archive again: what lies between contents, and where contents go."""
    lines: list[dict[str, object]] = []
    begin = 0
    for name, data in content.items():
        end = begin + 512
        lines.append({"type": 2, "payload": base64.b64encode(layer[begin:end]).decode(), "position": len(lines)})
        lines.append({"type": 1, "name": name, "size": len(data), "payload": "AAAAAAAAAAA=", "position": len(lines)})
        padding = -len(data) % 512
        lines.append({"type": 2, "payload": base64.b64encode(bytes(padding)).decode(), "position": len(lines)})
        begin = end + len(data) + padding
    lines.append({"type": 2, "payload": base64.b64encode(layer[begin:]).decode(), "position": len(lines)})
    return gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    chains = chain_ids(f"sha256:{digest(layer)}" for layer in (LAYER, ABOVE))
    for chain, layer, content in zip(chains, (LAYER, ABOVE), (CONTENT, {"a": b"z"}), strict=True):
        name = digest(layer)[:8]
        record = tmp_path / "image/overlay2/layerdb/sha256" / chain.removeprefix("sha256:")
        record.mkdir(parents=True)
        (record / "cache-id").write_text(name)
        (record / "tar-split.json.gz").write_bytes(tar_split(content, layer))
        (tmp_path / "overlay2" / name / "diff").mkdir(parents=True)
        for path, data in content.items():
            (tmp_path / "overlay2" / name / "diff" / path).write_bytes(data)
    images = tmp_path / "image/overlay2/imagedb/content/sha256"
    images.mkdir(parents=True)
    (images / digest(IMAGE)).write_bytes(IMAGE)
    return tmp_path


def first_layer(store: Path) -> Path:
    return store / "overlay2" / digest(LAYER)[:8] / "diff"


def test_layers_come_out_as_they_were_made_and_only_those_that_are_wanted(store: Path) -> None:
    read = read_image_archive(stored_image(store, IMAGE_ID, without=()))
    assert [layer.diff_id for layer in read.layers] == [f"sha256:{digest(layer)}" for layer in (LAYER, ABOVE)]
    known = {read.layers[0].diff_id: read.layers[0]}
    part = b"".join(stored_image(store, IMAGE_ID, without=known))
    assert CONTENT["a"] not in part
    assert read_image_archive([part], known=known) == read


def test_a_folder_that_is_not_as_expected_is_told_before_anything_is_read(store: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stored_image(store, "sha256:00", without=())
    first_layer(store).parents[2].joinpath("image/overlay2/layerdb").rename(store / "moved")
    with pytest.raises(FileNotFoundError):
        stored_image(store, IMAGE_ID, without=())


@pytest.mark.parametrize(("data", "message"), [(b"x" * 999, "not as long"), (b"w" * 1000, "where its image names")])
def test_a_file_that_was_changed_is_noticed(store: Path, data: bytes, message: str) -> None:
    (first_layer(store) / "a").write_bytes(data)
    with pytest.raises(EngineError, match=message):
        read_image_archive(stored_image(store, IMAGE_ID, without=()))


def test_a_link_is_never_followed_out_of_the_folder(store: Path) -> None:
    (store / "outside").write_bytes(CONTENT["a"])
    (first_layer(store) / "a").unlink()
    (first_layer(store) / "a").symlink_to(store / "outside")
    with pytest.raises(EngineError, match="cannot be read"):
        read_image_archive(stored_image(store, IMAGE_ID, without=()))
