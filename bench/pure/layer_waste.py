"""What is in layers and not in the image: applies layers one on the other and accounts for every byte.

Whiteouts are read as the OCI image specification says (image-spec, layer.md): they delete from lower layers only,
wherever in their own layer they stand. Neighbour: `bench.pure.image_sizes` puts the result together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from bench.model.image_layers import WastedPath, WasteKind

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_STORAGE_METADATA = ".wh..wh."


class EntryKind(StrEnum):
    """What an entry of a layer is; OTHER is what holds no bytes: symlinks, devices, pipes."""

    FILE = "f"
    DIRECTORY = "d"
    HARD_LINK = "h"
    OTHER = "o"


class LayerEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One entry of a layer's archive. `target` is what a link points to: a hard link shares that path's bytes."""

    path: str
    kind: EntryKind
    size_bytes: int = 0
    target: str = ""


class Waste(msgspec.Struct, frozen=True, kw_only=True):
    """What is wasted: bytes by layer, in the order of the layers, and the paths, the largest first."""

    by_layer: tuple[int, ...]
    paths: tuple[WastedPath, ...]

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return sum(self.by_layer)


class _Bytes:
    """The content of a file: in which layer it lies, and how many names it has in the tree."""

    __slots__ = ("layer", "names", "size")

    def __init__(self, size: int, layer: int) -> None:
        self.size = size
        self.layer = layer
        self.names = 0


class _Node:
    """A place in the tree: a directory has `children`, a file has `content`, anything else neither."""

    __slots__ = ("children", "content")

    def __init__(self, *, children: dict[str, _Node] | None = None, content: _Bytes | None = None) -> None:
        self.children = children
        self.content = content
        if content is not None:
            content.names += 1


class _Paths:
    """Adds up what each path wastes; the last thing done to it is what is told of it."""

    def __init__(self) -> None:
        self._found: dict[str, WastedPath] = {}

    def add(self, path: str, size: int, kind: WasteKind, layer: int) -> None:
        if size:
            before = self._found.get(path)
            whole = size + (before.size_bytes if before else 0)
            self._found[path] = WastedPath(path=path, size_bytes=whole, kind=kind, layer=layer + 1)

    def largest_first(self) -> tuple[WastedPath, ...]:
        return tuple(sorted(self._found.values(), key=lambda one: (-one.size_bytes, one.path)))


class _Tree:
    """The tree as it is after the layers so far."""

    def __init__(self, layers: int) -> None:
        self.wasted = [0] * layers
        self.paths = _Paths()
        self._root: dict[str, _Node] = {}

    def apply(self, entries: Sequence[LayerEntry], layer: int) -> None:
        """Put one layer on top: first what it deletes from those below, then what it adds."""
        added: list[tuple[list[str], LayerEntry]] = []
        for entry in entries:
            parts = split_path(entry.path)
            if not parts:
                continue
            if parts[-1].startswith(_WHITEOUT):
                self._delete(parts, layer)
            else:
                added.append((parts, entry))
        for parts, entry in added:
            self._add(parts, entry, layer)

    def _delete(self, parts: list[str], layer: int) -> None:
        *folder, name = parts
        if name == _OPAQUE:
            self._empty(folder, layer)
        elif not name.startswith(_STORAGE_METADATA):
            children = self._children(folder)
            gone = name.removeprefix(_WHITEOUT)
            if children is not None and gone in children:
                self._lose(children.pop(gone), [*folder, gone], WasteKind.DELETED, layer)

    def _empty(self, folder: list[str], layer: int) -> None:
        children = self._children(folder)
        if children:
            lost = _Node(children=dict(children))
            children.clear()
            self._lose(lost, folder, WasteKind.DELETED, layer)

    def _add(self, parts: list[str], entry: LayerEntry, layer: int) -> None:
        *folder, name = parts
        siblings = self._make_folders(folder, layer)
        before = siblings.get(name)
        if entry.kind is EntryKind.DIRECTORY:
            if before is not None and before.children is not None:
                return
            node = _Node(children={})
        elif entry.kind is EntryKind.FILE:
            node = _Node(content=_Bytes(entry.size_bytes, layer))
        elif entry.kind is EntryKind.HARD_LINK:
            node = _Node(content=self._content(entry.target))
        else:
            node = _Node()
        siblings[name] = node
        if before is not None:
            self._lose(before, parts, WasteKind.OVERWRITTEN, layer)

    def _make_folders(self, folder: list[str], layer: int) -> dict[str, _Node]:
        """The children of a folder, which an archive need not name before what lies in it."""
        children = self._root
        for depth, part in enumerate(folder, start=1):
            node = children.get(part)
            if node is None or node.children is None:
                children[part] = made = _Node(children={})
                if node is not None:
                    self._lose(node, folder[:depth], WasteKind.OVERWRITTEN, layer)
                node = made
            children = node.children if node.children is not None else {}
        return children

    def _children(self, folder: list[str]) -> dict[str, _Node] | None:
        children: dict[str, _Node] | None = self._root
        for part in folder:
            node = children.get(part) if children is not None else None
            children = node.children if node is not None else None
        return children

    def _content(self, path: str) -> _Bytes | None:
        parts = split_path(path)
        siblings = self._children(parts[:-1]) if parts else None
        node = siblings.get(parts[-1]) if siblings is not None else None
        return node.content if node is not None else None

    def _lose(self, node: _Node, parts: list[str], kind: WasteKind, layer: int) -> None:
        """Account for what goes with a place of the tree: bytes are lost with the last of their names."""
        lost = 0
        for content in _contents(node):
            content.names -= 1
            if content.names == 0:
                self.wasted[content.layer] += content.size
                lost += content.size
        path = "/" + "/".join(parts)
        self.paths.add(path if node.children is None else f"{path.rstrip('/')}/", lost, kind, layer)


def find_waste(layers: Iterable[Sequence[LayerEntry]]) -> Waste:
    """Apply the layers of an image, the lowest first, and account for what is in them and not in the result.

    The bytes wasted are the bytes of all layers less those of the final tree, a hard-linked file counted once in both.
    """
    entries = list(layers)
    tree = _Tree(len(entries))
    for number, layer in enumerate(entries):
        tree.apply(layer, number)
    return Waste(by_layer=tuple(tree.wasted), paths=tree.paths.largest_first())


def is_whiteout(path: str) -> bool:
    """Whether an entry stands for nothing but the absence of another."""
    return path.rstrip("/").rpartition("/")[2].startswith(_WHITEOUT)


def split_path(path: str) -> list[str]:
    """The parts of an archive's path; `./a/b/` and `/a/b` are the same place, and the root has none."""
    return [part for part in path.split("/") if part not in {"", "."}]


def _contents(node: _Node) -> Iterator[_Bytes]:
    todo = [node]
    while todo:
        one = todo.pop()
        if one.content is not None:
            yield one.content
        if one.children:
            todo.extend(one.children.values())
