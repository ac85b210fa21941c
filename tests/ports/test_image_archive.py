"""Image archives as engines stream them, made by hand with known content and known waste."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import msgspec
import pytest

from bench.errors import EngineError
from bench.model.image_layers import WasteKind
from bench.ports.gzip_size import BLOCK_BYTES, CODEC, GzipSize
from bench.ports.image_archive import read_image_archive
from bench.ports.layer_cache import LayerCache
from bench.pure.image_sizes import image_layers
from tests.archives import config, digest, docker_24, docker_25, folder, link, oci_compressed, tar

MB = 1_000_000
LAYOUTS = (docker_25, docker_24, oci_compressed)
BASE = tar(folder("./etc/"), ("./etc/os", b"x" * 1000), link("./bin", "usr/bin", symbolic=True))
EMPTY = bytes(10240)
BIG = tar(folder("data/"), *((f"data/{number}", bytes(MB)) for number in range(50)), link("data/again", "data/0"))
CLEANED = tar((".wh.data", b""), ("etc/os", b"y" * 10))
LAYERS = (BASE, EMPTY, BIG, EMPTY, CLEANED)

Layout = Callable[[Sequence[bytes], bytes], bytes]


def pieces(data: bytes, size: int = 70_001) -> Iterator[bytes]:
    return (data[begin : begin + size] for begin in range(0, len(data), size))


def gzip_size(data: bytes, *, threads: int, piece: int) -> int:
    with ThreadPoolExecutor(threads) as pool:
        size = GzipSize(pool, ahead=2)
        for part in pieces(data, piece):
            size.feed(part)
        return size.finish()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_directory_deleted_in_a_later_layer_is_waste_in_every_layout(layout: Layout) -> None:
    read = read_image_archive(pieces(layout(LAYERS, config(LAYERS))))
    assert [layer.size_bytes for layer in read.layers] == [1000, 0, 50 * MB, 0, 10]
    base = [f"sha256:{digest(BASE)}"]
    image = image_layers("sha256:1", read.config, read.layers, base=base, codec=CODEC)
    assert (image.size_bytes, image.waste_bytes) == (50 * MB + 1010, 50 * MB + 1000)
    assert [layer.waste_bytes for layer in image.layers] == [1000, 0, 50 * MB, 0, 0]
    assert [layer.files for layer in image.layers] == [1, 0, 50, 0, 1]
    assert [layer.in_base for layer in image.layers] == [True, False, False, False, False]
    assert (image.base_bytes, image.layers[0].symlink_bytes) == (1000, len("usr/bin"))
    assert [layer.instruction for layer in image.layers] == [f"RUN step {number}" for number in range(5)]
    assert [(path.path, path.size_bytes, path.kind, path.layer) for path in image.worst] == [
        ("/data/", 50 * MB, WasteKind.DELETED, 5),
        ("/etc/os", 1000, WasteKind.OVERWRITTEN, 5),
    ]


def test_layers_weigh_the_same_in_every_layout() -> None:
    images = [read_image_archive(pieces(layout(LAYERS, config(LAYERS)))) for layout in LAYOUTS]
    assert images[0].layers == images[1].layers == images[2].layers
    noise = sum(layer.compressed_bytes for layer in images[0].layers)
    assert noise == sum(gzip_size(layer, threads=1, piece=999_999) for layer in LAYERS)


def test_known_layers_are_not_read_again_and_may_be_missing() -> None:
    whole = read_image_archive([docker_25(LAYERS, config(LAYERS))])
    known = {layer.diff_id: layer for layer in whole.layers[:3]}
    without = tar(*((f"blobs/sha256/{digest(one)}", one) for one in (CLEANED, config(LAYERS))))
    manifest = next(
        data for name, data in _members(docker_25(LAYERS, config(LAYERS))) if name == "manifest.json"
    )  # fmt: skip
    assert read_image_archive([_with(without, "manifest.json", manifest)], known=known) == whole
    assert read_image_archive([docker_25(LAYERS, config(LAYERS))], known=known) == whole


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    import io  # noqa: PLC0415
    import tarfile  # noqa: PLC0415

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            yield member.name, file.read() if file else b""


def _with(archive: bytes, name: str, data: bytes) -> bytes:
    return tar(*_members(archive), (name, data))


def test_a_layer_that_is_not_what_the_image_names_is_refused() -> None:
    other = tar(("etc/os", b"z" * 1000))
    archive = docker_24([other], config([BASE]))
    with pytest.raises(EngineError, match=f"holds sha256:{digest(other)} where its image names"):
        read_image_archive([archive])


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "cannot be read"),
        (docker_25([BASE], config([BASE]))[:12_000], "cannot be read"),
        (docker_25([BASE], config([BASE, BASE])), "1 layers where its image names 2"),
        (tar(("manifest.json", b"[]")), "cannot be read"),
        (tar(("blobs/sha256/aa", b"\x28\xb5\x2f\xfd" + bytes(600))), "zstd"),
        (_with(tar(("config.json", config([BASE]))), "manifest.json",
               b'[{"Config": "config.json", "Layers": ["gone"]}]'), "lacks the layer"),
    ],
)  # fmt: skip
def test_an_archive_that_is_broken_is_an_error_in_words(archive: bytes, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        read_image_archive([archive])


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 5])
def test_the_compressed_size_depends_on_the_data_alone_and_is_that_of_gzip(size: int) -> None:
    random = Random(size)  # noqa: S311 - any bytes will do
    data = bytes(random.choices(b"abcdefgh \n", k=size))
    sizes = {
        gzip_size(data, threads=threads, piece=piece) for threads in (1, 3) for piece in (4096 * 7, BLOCK_BYTES * 2)
    }
    assert len(sizes) == 1
    plain = zlib.compressobj(6, wbits=31)
    expected = len(plain.compress(data)) + len(plain.flush())
    assert sizes.pop() == pytest.approx(expected, rel=0.001, abs=16)


def test_layers_of_a_base_are_kept_until_they_are_measured_in_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = read_image_archive([docker_25(LAYERS, config(LAYERS))]).layers
    cache = LayerCache(tmp_path)
    assert cache.read("sha256:aa") is None
    cache.write("sha256:aa", layers)
    assert cache.read("sha256:aa") == layers
    monkeypatch.setattr("bench.ports.layer_cache.CODEC", "another")
    assert cache.read("sha256:aa") is None


def test_a_spoiled_or_unwritable_cache_is_as_good_as_none(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    cache.write("sha256:aa", ())
    (file,) = (tmp_path / "layers").iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    assert cache.read("sha256:aa") is None
    (tmp_path / "file").touch()
    LayerCache(tmp_path / "file").write("sha256:aa", ())
    assert LayerCache(tmp_path / "file").read("sha256:aa") is None


def test_names_that_are_not_unicode_can_be_kept() -> None:
    odd = tar((b"caf\xe9".decode("utf-8", "surrogateescape"), b"1"))
    (layer,) = read_image_archive([docker_25([odd], config([odd]))]).layers
    assert layer.entries[0].path == "caf\\xe9"
    assert msgspec.json.encode(layer)
