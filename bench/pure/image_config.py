"""Reads the small JSON files of an image archive: which layers it has, in which order, and what made each.

Two layouts are known: an archive with `manifest.json` (what `docker save` writes, of any age), and an OCI image layout
with `index.json` only. Neighbour: `bench.ports.image_archive` reads the archive itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from bench.errors import EngineError

MANIFEST, INDEX = "manifest.json", "index.json"
_SHELL_STEP = re.compile(r"^(?:RUN )?(?:\|\d+ .*?)?/\S*sh (?:-o pipefail |-\w+ )*?-\w*c ", re.DOTALL)
_ARGS = re.compile(r"^RUN \|(\d+) ")
_METADATA_STEP = re.compile(r"^/bin/sh -c #\(nop\)\s+")
_BUILDKIT_MARK = re.compile(r"\s+# buildkit$")
_ATTESTATION = "vnd.docker.reference.type"


class ImageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An image's layers, the lowest first: their diff ids, where they lie in the archive, what made each."""

    diff_ids: tuple[str, ...]
    paths: tuple[str, ...]
    instructions: tuple[str | None, ...]


class _SavedImage(msgspec.Struct, rename="pascal"):
    config: str
    layers: tuple[str, ...] | None = None


class _Descriptor(msgspec.Struct):
    digest: str
    annotations: Mapping[str, str] | None = None


class _Index(msgspec.Struct):
    manifests: tuple[_Descriptor, ...]


class _Manifest(msgspec.Struct):
    config: _Descriptor
    layers: tuple[_Descriptor, ...]


class _RootFs(msgspec.Struct):
    diff_ids: tuple[str, ...] | None = None


class _History(msgspec.Struct):
    created_by: str = ""
    empty_layer: bool = False


class _Config(msgspec.Struct):
    rootfs: _RootFs
    history: tuple[_History, ...] | None = None


def read_config(documents: Mapping[str, bytes]) -> ImageConfig:
    """Put together what an archive's JSON files, by their path in it, say of its one image. Raises EngineError."""
    try:
        config_path, paths = _places(documents)
        config = msgspec.json.decode(documents[config_path], type=_Config)
    except (msgspec.MsgspecError, KeyError, IndexError) as error:
        raise EngineError(f"the engine's image archive cannot be read: {error!r}") from error
    diff_ids = config.rootfs.diff_ids or ()
    if len(diff_ids) != len(paths):
        raise EngineError(f"the engine's image archive has {len(paths)} layers where its image names {len(diff_ids)}")
    return ImageConfig(diff_ids=diff_ids, paths=paths, instructions=_instructions(config.history or (), len(diff_ids)))


def instruction_of(created_by: str) -> str | None:
    """A history entry as the instruction that a Dockerfile has; None for an empty one (an imported image).

    BuildKit notes `RUN |1 ARG=value /bin/sh -c make # buildkit`, the classic builder `/bin/sh -c make` and
    `/bin/sh -c #(nop) COPY …`. Build args go: they are not what was written, and may hold what must not be shown.
    """
    text = _BUILDKIT_MARK.sub("", created_by.strip())
    if _METADATA_STEP.match(text):
        return _METADATA_STEP.sub("", text)
    if shell := _SHELL_STEP.match(text):
        return f"RUN {text[shell.end() :]}"
    if args := _ARGS.match(text):
        return "RUN " + text[args.end() :].split(" ", int(args[1]))[-1]
    return text or None


def _places(documents: Mapping[str, bytes]) -> tuple[str, tuple[str, ...]]:
    """Where the image's config lies, and where its layers do."""
    if MANIFEST in documents:
        image = msgspec.json.decode(documents[MANIFEST], type=tuple[_SavedImage, ...])[0]
        return image.config, image.layers or ()
    manifest = _oci_manifest(documents, documents[INDEX])
    return _blob(manifest.config), tuple(map(_blob, manifest.layers))


def _oci_manifest(documents: Mapping[str, bytes], data: bytes) -> _Manifest:
    """The first manifest that an index names, through an index of indexes; attestations are not images."""
    index = msgspec.json.decode(data, type=_Index)
    first = next(one for one in index.manifests if _ATTESTATION not in (one.annotations or {}))
    found = documents[_blob(first)]
    try:
        return msgspec.json.decode(found, type=_Manifest)
    except msgspec.ValidationError:
        return _oci_manifest(documents, found)


def _blob(descriptor: _Descriptor) -> str:
    return "blobs/" + descriptor.digest.replace(":", "/", 1)


def _instructions(history: Sequence[_History], layers: int) -> tuple[str | None, ...]:
    """What made each layer; nothing where the history does not fit the layers, for a guess would be worse."""
    made = [instruction_of(entry.created_by) for entry in history if not entry.empty_layer]
    return tuple(made) if len(made) == layers else (None,) * layers
