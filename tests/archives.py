"""Image archives made by hand, in the layouts that engines write."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence

Entry = tuple[str, bytes] | tarfile.TarInfo


def folder(path: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = tarfile.DIRTYPE
    return member


def link(path: str, target: str, *, symbolic: bool = False) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = tarfile.SYMTYPE if symbolic else tarfile.LNKTYPE
    member.linkname = target
    return member


def tar(*entries: Entry) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                member = tarfile.TarInfo(entry[0])
                member.size = len(entry[1])
                archive.addfile(member, io.BytesIO(entry[1]))
    return whole.getvalue()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def config(layers: Sequence[bytes], created_by: Sequence[str] | None = None) -> bytes:
    """With an empty layer in the history, as ENV and the like leave it."""
    made = created_by if created_by is not None else [f"RUN step {number} # buildkit" for number in range(len(layers))]
    history = [{"created_by": text} for text in made] + [{"created_by": "ENV A=b", "empty_layer": True}]
    return json.dumps(
        {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest(one)}" for one in layers]}, "history": history}
    ).encode()


def blob(data: bytes) -> tuple[str, bytes]:
    return f"blobs/sha256/{digest(data)}", data


def unique(entries: Iterable[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry in entries:
        name = entry.name if isinstance(entry, tarfile.TarInfo) else entry[0]
        if name not in seen:
            seen.add(name)
            yield entry


def docker_25(layers: Sequence[bytes], image: bytes) -> bytes:
    """Docker 25 and later: an OCI layout, blobs first, with a manifest.json at its end."""
    manifest = [{"Config": blob(image)[0], "RepoTags": None, "Layers": [blob(one)[0] for one in layers]}]
    blobs = sorted([blob(image), *map(blob, layers)])
    return tar(*unique(blobs), ("index.json", b"{}"), ("manifest.json", json.dumps(manifest).encode()))


def docker_24(layers: Sequence[bytes], image: bytes) -> bytes:
    """Older: a folder for each layer, one that is there twice a symlink to the first."""
    members: list[Entry] = []
    places: list[str] = []
    first: dict[str, str] = {}
    for number, layer in enumerate(layers):
        place = f"{number:064}/layer.tar"
        places.append(place)
        members += [folder(f"{number:064}/"), (f"{number:064}/VERSION", b"1.0"), (f"{number:064}/json", b'{"id":"x"}')]
        known = first.setdefault(digest(layer), place)
        members.append((place, layer) if known == place else link(place, f"../{known}", symbolic=True))
    manifest = [{"Config": f"{digest(image)}.json", "RepoTags": ["a:b"], "Layers": places}]
    return tar(*members, (f"{digest(image)}.json", image), ("manifest.json", json.dumps(manifest).encode()))


def oci_compressed(layers: Sequence[bytes], image: bytes) -> bytes:
    """What containerd keeps: compressed layers, found through an index of an index, an attestation beside them."""
    blobs = [gzip.compress(layer[: len(layer) // 2]) + gzip.compress(layer[len(layer) // 2 :]) for layer in layers]
    attestation = json.dumps({"config": {"digest": "sha256:no"}, "layers": []}).encode()
    manifest = json.dumps(
        {
            "config": {"digest": f"sha256:{digest(image)}"},
            "layers": [{"digest": f"sha256:{digest(one)}"} for one in blobs],
        }
    ).encode()
    nested = json.dumps(
        {
            "manifests": [
                {
                    "digest": f"sha256:{digest(attestation)}",
                    "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
                },
                {"digest": f"sha256:{digest(manifest)}"},
            ]
        }
    ).encode()
    index = json.dumps({"manifests": [{"digest": f"sha256:{digest(nested)}"}]}).encode()
    members = [*map(blob, blobs), blob(image), blob(attestation), blob(manifest), blob(nested), ("index.json", index)]
    return tar(*unique(members))
