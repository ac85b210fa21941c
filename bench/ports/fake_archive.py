"""Writes an image archive in memory, as `docker save` would: what a fake engine gives for its images."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence


def layer_archive(files: Mapping[str, bytes]) -> bytes:
    """A layer that holds these files, by path."""
    return _tar(files.items())


def diff_id(layer: bytes) -> str:
    """The name of a layer's content."""
    return f"sha256:{hashlib.sha256(layer).hexdigest()}"


def image_archive(layers: Sequence[bytes], created_by: Sequence[str]) -> bytes:
    """An image of these layers, each with the history entry that made it, in the layout of Docker 25 and later."""
    blobs = {f"blobs/sha256/{diff_id(layer)[7:]}": layer for layer in layers}
    config = json.dumps(
        {
            "rootfs": {"type": "layers", "diff_ids": [diff_id(layer) for layer in layers]},
            "history": [{"created_by": text} for text in created_by],
        }
    ).encode()
    place = f"blobs/sha256/{hashlib.sha256(config).hexdigest()}"
    manifest = [{"Config": place, "Layers": [f"blobs/sha256/{diff_id(layer)[7:]}" for layer in layers]}]
    return _tar([*blobs.items(), (place, config), ("manifest.json", json.dumps(manifest).encode())])


def _tar(files: Iterable[tuple[str, bytes]]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for path, content in files:
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()
