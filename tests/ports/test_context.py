"""Staging a build context: what is copied, what stays behind, and that it is always the same."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from bench.errors import InputError, StorageError
from bench.ports.context import FIXED_MTIME_S, context_digests, list_context, stage_context


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small project whose .dockerignore the tests write."""
    root = tmp_path / "source"
    for name in ("Makefile", "src/main.c", "src/main.o", "docs/guide.md", "docs/keep.md", "node_modules/x/index.js"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"the content of {name}\n")
    (root / "empty").mkdir()
    return root


def staged(source: Path, *patterns: str) -> set[str]:
    """The paths that a .dockerignore of these lines lets through."""
    (source / ".dockerignore").write_text("".join(f"{pattern}\n" for pattern in patterns))
    destination = source.parent / "staged"
    shutil.rmtree(destination, ignore_errors=True)
    stage_context(source, destination)
    return {str(path.relative_to(destination)) for path in destination.rglob("*")}


EVERYTHING = {"Makefile", "docs", "docs/guide.md", "docs/keep.md", "empty", "node_modules", "node_modules/x"} | {
    "node_modules/x/index.js",
    "src",
    "src/main.c",
    "src/main.o",
}


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        ((), set()),
        (("# src", "", "   "), set()),
        (("src/main.o",), {"src/main.o"}),
        (("/Makefile",), {"Makefile"}),
        (("*.o",), set()),
        (("**/*.o",), {"src/main.o"}),
        (("node_modules",), {"node_modules", "node_modules/x", "node_modules/x/index.js"}),
        (("**/node_modules/",), {"node_modules", "node_modules/x", "node_modules/x/index.js"}),
        (("**/x",), {"node_modules/x", "node_modules/x/index.js"}),
        (("docs", "!docs/keep.md"), {"docs/guide.md"}),
        (("docs", "! docs/keep.md", "docs/keep.md"), {"docs", "docs/guide.md", "docs/keep.md"}),
        (("docs/*", "!**/keep.md"), {"docs/guide.md"}),
        (("*", "!src"), EVERYTHING - {"src", "src/main.c", "src/main.o"}),
        (("*/main.?",), {"src/main.c", "src/main.o"}),
    ],
)
def test_dockerignore_means_what_docker_says(source: Path, patterns: tuple[str, ...], left_out: set[str]) -> None:
    assert staged(source, *patterns) == EVERYTHING - left_out


def test_the_dockerignore_itself_stays_behind_and_one_in_a_subfolder_does_not(source: Path) -> None:
    (source / "src/.dockerignore").write_text("*\n")
    assert staged(source) == EVERYTHING | {"src/.dockerignore"}


def test_facts_count_files_and_bytes(source: Path, tmp_path: Path) -> None:
    (source / ".dockerignore").write_text("node_modules\ndocs\n")
    facts = stage_context(source, tmp_path / "staged")
    sizes = [path.stat().st_size for path in (tmp_path / "staged").rglob("*") if path.is_file()]
    assert (facts.files, facts.size_bytes) == (3, sum(sizes))


def test_the_same_files_make_the_same_context(source: Path, tmp_path: Path) -> None:
    first = stage_context(source, tmp_path / "one")
    os.utime(source / "Makefile", (1, 1))
    other = tmp_path / "elsewhere"
    shutil.copytree(source, other, symlinks=True)
    assert stage_context(other, tmp_path / "two") == first


@pytest.mark.parametrize("change", ["content", "name", "mode", "link", "folder"])
def test_any_change_changes_the_digest(source: Path, tmp_path: Path, change: str) -> None:
    (source / "link").symlink_to("Makefile")
    before = stage_context(source, tmp_path / "one").sha256
    makefile = source / "Makefile"
    if change == "content":
        makefile.write_text("the content of makefile\n")
    elif change == "name":
        makefile.rename(source / "makefile")
    elif change == "mode":
        makefile.chmod(0o755)
    elif change == "link":
        (source / "link").unlink()
        (source / "link").symlink_to("src/main.c")
    else:
        (source / "empty").rmdir()
    assert stage_context(source, tmp_path / "two").sha256 != before


def test_modes_are_kept_and_times_are_fixed(source: Path, tmp_path: Path) -> None:
    (source / "Makefile").chmod(0o750)
    (source / "link").symlink_to("Makefile")
    destination = tmp_path / "staged"
    stage_context(source, destination)
    assert (destination / "Makefile").stat().st_mode & 0o7777 == 0o750
    times = {path.lstat().st_mtime for path in (destination, *destination.rglob("*"))}
    assert times == {float(FIXED_MTIME_S)}


def test_a_folder_that_was_left_out_keeps_its_mode_when_something_in_it_comes_back(source: Path) -> None:
    (source / "docs").chmod(0o711)
    assert "docs/keep.md" in staged(source, "docs", "!docs/keep.md")
    assert (source.parent / "staged/docs").stat().st_mode & 0o777 == 0o711


def test_links_stay_links_even_those_that_lead_to_folders(source: Path, tmp_path: Path) -> None:
    (source / "src/all").symlink_to("../docs")
    (source / "dangling").symlink_to("./nowhere")
    stage_context(source, tmp_path / "staged")
    assert (tmp_path / "staged/src/all").readlink() == Path("../docs")
    assert os.readlink(tmp_path / "staged/dangling") == "./nowhere"  # noqa: PTH115 -- Path would drop the dot


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "../../x", "src/../../x", ".."])
def test_a_link_that_leaves_the_context_is_refused(source: Path, tmp_path: Path, target: str) -> None:
    (source / "leak").symlink_to(target)
    with pytest.raises(InputError, match=r"leak: the link points to .* outside the build context") as caught:
        stage_context(source, tmp_path / "staged")
    assert caught.value.remedy is not None
    assert ".dockerignore" in caught.value.remedy


def test_a_link_that_is_ignored_may_point_anywhere(source: Path) -> None:
    (source / "leak").symlink_to("/etc/passwd")
    assert staged(source, "leak") == EVERYTHING


def test_a_socket_is_refused(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("agent.sock")
        with pytest.raises(InputError, match="holds files, folders and links only"):
            stage_context(source, tmp_path / "staged")


def test_a_context_that_is_no_folder_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the build context is not a folder"):
        stage_context(source / "Makefile", tmp_path / "staged")


def test_a_destination_that_cannot_be_written_says_so(source: Path) -> None:
    with pytest.raises(StorageError, match="cannot stage the build context"):
        stage_context(source, source / "Makefile" / "staged")


def test_digests_go_by_kind_mode_and_content_and_never_by_time(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir(mode=0o755)
    file = tmp_path / "src" / "a"
    file.write_text("one")
    file.chmod(0o644)
    (tmp_path / "link").symlink_to("src/a")
    before = context_digests(tmp_path)
    assert set(before) == {"src", "src/a", "link"}
    os.utime(file, (1, 1))
    assert context_digests(tmp_path) == before
    file.chmod(0o755)
    by_mode = context_digests(tmp_path)
    file.write_text("two")
    by_content = context_digests(tmp_path)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("src")
    by_target = context_digests(tmp_path)
    digests = [before, by_mode, by_content, by_target]
    assert [changed["src/a"] for changed in digests[:3]] == list(dict.fromkeys(each["src/a"] for each in digests))
    assert by_target["link"] != by_content["link"]
    assert by_target["src"] == before["src"]


def test_what_the_ignore_file_leaves_out_has_no_digest(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / ".dockerignore").write_text("*.log\n")
    (source / "a.log").write_text("x")
    (source / "a").write_text("x")
    stage_context(source, tmp_path / "staged")
    assert set(context_digests(tmp_path / "staged")) == {"a"}


def test_what_a_builder_is_sent_can_be_listed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/one.py", "a/two.md", "three.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to("three.txt")
    (tmp_path / ".dockerignore").write_text("**/*.md\n")
    assert list_context(tmp_path) == ("a/one.py", "three.txt")
