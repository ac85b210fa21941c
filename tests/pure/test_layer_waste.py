"""Every byte of every layer is in the final tree or wasted, whatever layers do to each other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.image_layers import WastedPath, WasteKind
from bench.pure.layer_waste import EntryKind, LayerEntry, Waste, find_waste

MB = 1_000_000
NAMES = ("a", "b", "c")
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)


def file(path: str, size: int) -> LayerEntry:
    return LayerEntry(path, EntryKind.FILE, size)


def folder(path: str) -> LayerEntry:
    return LayerEntry(path, EntryKind.DIRECTORY)


def link(path: str, target: str) -> LayerEntry:
    return LayerEntry(path, EntryKind.HARD_LINK, 0, target)


def symlink(path: str, target: str = "x") -> LayerEntry:
    return LayerEntry(path, EntryKind.OTHER, 0, target)


def deleted(path: str) -> LayerEntry:
    head, _, name = path.rpartition("/")
    return file(f"{head}/.wh.{name}", 0)


def opaque(path: str) -> LayerEntry:
    return file(f"{path}/.wh..wh..opq", 0)


ENTRIES = st.one_of(
    st.builds(file, PATHS, st.integers(0, 100)),
    st.builds(folder, PATHS),
    st.builds(link, PATHS, PATHS),
    st.builds(symlink, PATHS, PATHS),
    st.builds(deleted, PATHS),
    st.builds(opaque, PATHS),
)
LAYERS = st.lists(st.lists(ENTRIES, max_size=8), max_size=5)


def told(waste: Waste) -> list[tuple[str, int, str, int]]:
    return [(path.path, path.size_bytes, path.kind.value, path.layer) for path in waste.paths]


class BruteForce:
    """The same rules on a flat map from path to content; a directory's content is "dir", a symlink's is None."""

    def __init__(self) -> None:
        self.tree: dict[str, str | int | None] = {}
        self.sizes: list[int] = []

    def apply(self, layer: Sequence[LayerEntry]) -> None:
        whiteouts = [entry.path.lstrip("/") for entry in layer if ".wh." in entry.path]
        for path in whiteouts:
            head, _, name = path.rpartition("/")
            if name == ".wh..wh..opq":
                self.clear(head + "/")
            else:
                gone = f"{head}/{name.removeprefix('.wh.')}".lstrip("/")
                self.clear(gone + "/")
                self.tree.pop(gone, None)
        for entry in layer:
            if ".wh." not in entry.path:
                self.put(entry)

    def put(self, entry: LayerEntry) -> None:
        parts = entry.path.split("/")
        for depth in range(1, len(parts)):
            self.tree["/".join(parts[:depth])] = "dir"
        match entry.kind:
            case EntryKind.DIRECTORY:
                self.tree[entry.path] = "dir"
                return
            case EntryKind.FILE:
                content: str | int | None = len(self.sizes)
                self.sizes.append(entry.size_bytes)
            case EntryKind.HARD_LINK:
                content = self.tree.get(entry.target)
                content = None if content == "dir" else content
            case _:
                content = None
        self.clear(entry.path + "/")
        self.tree[entry.path] = content

    def clear(self, prefix: str) -> None:
        self.tree = {path: content for path, content in self.tree.items() if not path.startswith(prefix)}

    def final_bytes(self) -> int:
        return sum(self.sizes[content] for content in set(self.tree.values()) if isinstance(content, int))


@given(LAYERS)
def test_waste_is_what_the_layers_hold_and_the_final_tree_does_not(layers: list[list[LayerEntry]]) -> None:
    brute = BruteForce()
    for layer in layers:
        brute.apply(layer)
    waste = find_waste(layers)
    assert waste.total_bytes == sum(brute.sizes) - brute.final_bytes()
    assert sum(path.size_bytes for path in waste.paths) == waste.total_bytes
    for layer, wasted in zip(layers, waste.by_layer, strict=True):
        assert 0 <= wasted <= sum(entry.size_bytes for entry in layer)


@given(LAYERS, st.sampled_from(NAMES))
def test_deleting_a_directory_wastes_what_was_left_in_it(layers: list[list[LayerEntry]], name: str) -> None:
    brute = BruteForce()
    for layer in [*layers, [deleted(name)]]:
        brute.apply(layer)
    before, after = find_waste(layers), find_waste([*layers, [deleted(name)]])
    assert after.total_bytes >= before.total_bytes
    assert after.total_bytes == sum(brute.sizes) - brute.final_bytes()
    assert after.by_layer[-1] == 0


def test_a_deleted_directory_is_one_path_with_all_that_was_in_it() -> None:
    big = [folder("srv/data"), *(file(f"srv/data/{number}", MB) for number in range(50)), file("srv/kept", 7)]
    waste = find_waste([big, [folder("srv"), deleted("srv/data")]])
    assert waste.by_layer == (50 * MB, 0)
    assert told(waste) == [("/srv/data/", 50 * MB, "deleted", 2)]


def test_an_opaque_directory_hides_what_lies_below_and_not_what_comes_with_it() -> None:
    below = [file("d/old/deep", 10), file("d/a", 5)]
    waste = find_waste([below, [folder("d"), file("d/a", 3), opaque("d")]])
    assert waste.by_layer == (15, 0)
    assert told(waste) == [("/d/", 15, "deleted", 2)]


def test_a_whiteout_spares_what_its_own_layer_puts_there() -> None:
    waste = find_waste([[file("a", 10)], [file("a", 4), deleted("a")], []])
    assert waste.by_layer == (10, 0, 0)


@pytest.mark.parametrize("over", [file("d", 1), symlink("d"), folder("d")])
def test_what_stands_in_place_of_a_directory_wastes_it_and_a_directory_does_not(over: LayerEntry) -> None:
    waste = find_waste([[file("d/x", 10), file("d/y", 20)], [over]])
    assert waste.total_bytes == (0 if over.kind is EntryKind.DIRECTORY else 30)


def test_bytes_are_lost_with_the_last_of_their_names() -> None:
    layers = [[file("a", 10), link("b", "./a"), link("c", "/a")], [deleted("a")], [file("b", 3)]]
    assert find_waste(layers).total_bytes == 0
    waste = find_waste([*layers, [deleted("c")]])
    assert told(waste) == [("/c", 10, "deleted", 4)]
    assert waste.by_layer == (10, 0, 0, 0)


def test_a_link_named_again_wastes_nothing() -> None:
    assert find_waste([[file("a", 10), link("b", "a"), link("b", "a")]]).total_bytes == 0


def test_a_path_written_again_and_again_is_told_once_with_all_its_waste() -> None:
    waste = find_waste([[file("log", 10)], [file("log", 20)], [file("log", 30)], [file("./other", 1)]])
    assert waste.paths[0] == WastedPath(path="/log", size_bytes=30, kind=WasteKind.OVERWRITTEN, layer=3)
    assert waste.by_layer == (10, 20, 0, 0)


def test_the_largest_comes_first_and_storage_metadata_is_nothing() -> None:
    first = [file("s", 1), file("l", 3), file("m", 2), file(".wh..wh.plnk", 9)]
    waste = find_waste([first, [deleted("s"), deleted("l"), deleted("m"), deleted("never-there")]])
    assert [path.path for path in waste.paths] == ["/l", "/m", "/s"]
