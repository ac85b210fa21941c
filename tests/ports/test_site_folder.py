"""The folder of a site holds what was put there, whoever stops whom, and touches nothing else."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from bench.errors import StorageError, UsageError
from bench.ports.site_folder import MANIFEST, Records, SiteFolder

RECORDS = {"a-run": Records(look="1:2", sha256="ab")}


def put(path: Path, **files: str) -> None:
    """Bring a site up to date with exactly these files; a name's dot is written as two underscores."""
    named = {name.replace("__", "."): key for name, key in files.items()}
    with SiteFolder(path) as site:
        site.claim(named)
        for name, key in named.items():
            if not site.is_current(name, key):
                site.write(name, key, f"made of {key}".encode())
        site.finish(named, RECORDS)


def test_what_was_made_of_the_same_is_current_until_its_file_has_changed(tmp_path: Path) -> None:
    put(tmp_path / "site", index__html="one")
    with SiteFolder(tmp_path / "site") as site:
        assert site.is_current("index.html", "one")
        assert not site.is_current("index.html", "two")
        assert not site.is_current("other.html", "one")
        assert site.records("a-run") == RECORDS["a-run"]
        (tmp_path / "site" / "index.html").write_text("made of")
        assert not site.is_current("index.html", "one")
        (tmp_path / "site" / "index.html").unlink()
        assert not site.is_current("index.html", "one")


def id_of(path: Path) -> str | None:
    """The id in a site's manifest."""
    found: str | None = json.loads((path / MANIFEST).read_text()).get("id")
    return found


def test_a_site_has_an_id_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    put(tmp_path / "site", index__html="one")
    put(tmp_path / "other", index__html="one")
    first = id_of(tmp_path / "site")
    assert first not in {None, id_of(tmp_path / "other")}
    put(tmp_path / "site", index__html="two", feed__xml="one")
    assert id_of(tmp_path / "site") == first
    with SiteFolder(tmp_path / "site") as site:
        assert str(site.id) == first


def test_a_site_of_before_there_were_ids_has_one_before_any_file_is_written(tmp_path: Path) -> None:
    put(tmp_path, index__html="one")
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    del manifest["id"]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with SiteFolder(tmp_path) as site:
        site.claim(["index.html"])
        assert id_of(tmp_path) == str(site.id)


def test_files_that_are_no_longer_of_the_site_go_and_those_of_others_stay(tmp_path: Path) -> None:
    with SiteFolder(tmp_path) as site:
        site.claim(["index.html", "runs/a.html", "trends/b.html"])
        for name in ("index.html", "runs/a.html", "trends/b.html"):
            site.write(name, "1", b"x")
        site.finish(["index.html", "runs/a.html", "trends/b.html"], {})
    (tmp_path / "CNAME").write_text("somebody's")
    (tmp_path / "runs" / "notes.txt").write_text("somebody's")
    with SiteFolder(tmp_path) as site:
        assert site.finish(["index.html"], {}) == ("runs/a.html", "trends/b.html")
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"index.html", "CNAME", "runs/notes.txt", MANIFEST}
    assert not (tmp_path / "trends").exists()


@pytest.mark.parametrize("there", ["index.html", "notes"])
def test_a_folder_with_something_else_is_refused_and_left_as_it_was(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("somebody's")
    with pytest.raises(UsageError, match="no site of Buildmark's") as refused, SiteFolder(tmp_path):
        pass
    assert refused.value.remedy
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {there: "somebody's"}


def test_a_working_tree_of_git_and_other_hidden_names_are_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".nojekyll").touch()
    put(tmp_path, index__html="one")
    assert {path.name for path in tmp_path.iterdir()} == {".git", ".nojekyll", "index.html", MANIFEST}


def test_a_file_of_somebody_else_at_a_pages_place_is_never_overwritten(tmp_path: Path) -> None:
    put(tmp_path, index__html="one")
    (tmp_path / "feed.xml").write_text("somebody's")
    with SiteFolder(tmp_path) as site, pytest.raises(UsageError, match=r"feed\.xml is not of the site"):
        site.claim(["index.html", "feed.xml"])
    assert (tmp_path / "feed.xml").read_text() == "somebody's"


def test_a_writer_that_is_stopped_leaves_no_file_that_the_next_one_does_not_know(tmp_path: Path) -> None:
    with SiteFolder(tmp_path) as site:
        site.claim(["index.html", "runs/a.html"])
        site.write("runs/a.html", "1", b"x")
    put(tmp_path, index__html="one")
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", MANIFEST}


def test_what_a_stopped_writer_wrote_is_not_taken_for_what_was_there_before(tmp_path: Path) -> None:
    put(tmp_path / "site", index__html="one")
    with contextlib.suppress(KeyboardInterrupt), SiteFolder(tmp_path / "site") as site:
        site.write("index.html", "two", b"made of two")  # as long as the first one's
        raise KeyboardInterrupt
    put(tmp_path / "site", index__html="one")
    assert (tmp_path / "site" / "index.html").read_text() == "made of one"


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    with SiteFolder(tmp_path), pytest.raises(StorageError, match="another process"), SiteFolder(tmp_path):
        pass


@pytest.mark.parametrize("name", ["../victim", "/etc/passwd", "a/../../victim"])
def test_a_manifest_that_names_other_places_removes_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "victim").write_text("somebody's")
    site = tmp_path / "site"
    put(site, index__html="one")
    manifest = json.loads((site / MANIFEST).read_text())
    manifest["files"][name] = {"key": "1", "size": 1}
    (site / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(StorageError, match="no site has"), SiteFolder(site):
        pass
    assert (tmp_path / "victim").exists()


def test_a_folder_that_is_a_link_out_of_the_site_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with SiteFolder(tmp_path / "site") as site:
        site.claim(["runs/a.html"])
        (tmp_path / "site" / "runs").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StorageError, match="leads out of the site"):
            site.write("runs/a.html", "1", b"x")
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a readable manifest"),
        ('{"buildmark_site": 99}', "made by a newer Buildmark"),
        ('{"id": "<script>"}', "not a readable manifest"),
        ("\xff", "not a readable"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(StorageError, match=message), SiteFolder(tmp_path):
        pass


def test_who_wants_to_know_is_told_of_each_file(tmp_path: Path) -> None:
    told: list[tuple[str, str | None]] = []
    with SiteFolder(tmp_path, told=lambda name, key: told.append((name, key))) as site:
        site.claim(["index.html", "feed.xml"])
        site.write("index.html", "1", b"x")
        site.write("feed.xml", "2", b"x")
        site.finish(["index.html"], {})
    assert told == [("index.html", "1"), ("feed.xml", "2"), ("feed.xml", None)]
