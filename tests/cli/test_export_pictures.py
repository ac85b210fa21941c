"""The pictures of a Markdown document: every reference leads to a whole picture, and names of all kinds stay text."""

from __future__ import annotations

import base64
import functools
import html.parser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import markdown_it
import pytest

from bench.errors import StorageError
from bench.model.trial import TrialStatus
from bench.ports import disk
from bench.ports.run_store import RunStore
from bench.report import markdown_pictures
from bench.report.choices import PlotKind
from bench.report.export_records import RunRecords
from bench.report.markdown_pictures import Picture, beside, inline, pictures_of
from bench.report.tables import render_markdown
from bench.report.units import plain_text
from tests.builders import make_lost_trial, make_plan, make_run
from tests.cli.command import Buildmark, Said
from tests.report.drawn import SVG, full
from tests.report.exported import HOSTILE, hostile

RECORDS = full({"base": ("debian-12", "alpine-3.23"), "stages": ("single", "multi"), "layers": ("merged",)}, rounds=3)
NAMES = ("report.md", "a report, 100 % (final).md", 'quo"te & <b>.md', "ohne-endung", "änd.md")
KINDS = [PlotKind.TRADEOFF, PlotKind.EFFECTS, PlotKind.PHASES]


class Seen(html.parser.HTMLParser):
    """What a browser would find in a document: its elements, its pictures' addresses, and what is told of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.light: list[str] = []
        self.dark: list[str] = []
        self.told: list[str] = []
        self.feed(markdown_it.MarkdownIt("commonmark").enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        if tag == "img":
            self.light.append(given["src"] or "")
            self.told.append(given["alt"] or "")
        if tag == "source":
            assert given["media"] == "(prefers-color-scheme: dark)"
            self.dark.append(given["srcset"] or "")


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    return Buildmark(monkeypatch, capsys)


@functools.cache
def drawn() -> tuple[Picture, ...]:
    return pictures_of(RECORDS.summary)


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes a second; only the first test, and one of names, are about that."""
    monkeypatch.setattr(markdown_pictures, "pictures_of", lambda summary: drawn() if summary.axes else ())


def record(results: Path, records: RunRecords = RECORDS) -> Path:
    with RunStore(results).create(records.run) as writer:
        for trial in records.trials:
            writer.append(trial)
    return results


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return record(tmp_path / "results")


def export(buildmark: Buildmark, results: Path, *options: str) -> Said:
    return buildmark("export", "latest", "--format", "markdown", "--results", str(results), *options)


def is_whole(data: bytes) -> bool:
    """Whether it is an SVG with a title and a description."""
    root = ET.fromstring(data)  # noqa: S314 - our own
    return root.tag == f"{SVG}svg" and all(root.find(f"{SVG}{part}") is not None for part in ("title", "desc"))


def test_the_pictures_are_the_run_s_own(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    assert export(buildmark, results, "--out", str(tmp_path / "report.md")).code == 0
    files = [tmp_path / "report_files" / f"{kind}{dark}.svg" for kind in KINDS for dark in ("", "-dark")]
    assert all(is_whole(file.read_bytes()) for file in files)
    assert all("alpine-3.23" in file.read_text() for file in files)
    assert len({file.read_text() for file in files}) == len(files)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("drawn_once")
def test_every_reference_leads_to_a_whole_picture(
    buildmark: Buildmark, results: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    said = export(buildmark, results, "--out", str(out))
    assert (said.code, said.out) == (0, "")
    seen = Seen(out.read_text())
    files = [out.parent / unquote(address) for address in (*seen.light, *seen.dark)]
    assert [file.name for file in files] == [f"{kind}{dark}.svg" for dark in ("", "-dark") for kind in KINDS]
    assert all(is_whole(file.read_bytes()) for file in files)
    assert {file.parent for file in files} == {tmp_path / f"{out.stem}_files"}
    assert set(files) == set((tmp_path / f"{out.stem}_files").iterdir())
    assert len(set(seen.told)) == len(KINDS)
    assert str(files[0].parent) in said.err


@pytest.mark.usefixtures("drawn_once")
def test_a_document_moved_with_its_folder_still_shows_its_pictures(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    export(buildmark, results, "--out", str(tmp_path / "report.md"))
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("report.md", "report_files"):
        (tmp_path / name).rename(moved / name)
    assert all((moved / unquote(address)).is_file() for address in Seen((moved / "report.md").read_text()).light)


@pytest.mark.usefixtures("drawn_once")
def test_what_is_printed_has_no_pictures_unless_they_are_part_of_it(buildmark: Buildmark, results: Path) -> None:
    printed = export(buildmark, results)
    assert not Seen(printed.out).light
    seen = Seen(export(buildmark, results, "--pictures", "inline").out)
    heads, data = zip(*(address.split(",") for address in (*seen.light, *seen.dark)), strict=True)
    assert set(heads) == {"data:image/svg+xml;base64"}
    assert all(is_whole(base64.b64decode(each)) for each in data)
    assert len(data) == 2 * len(KINDS)


@pytest.mark.usefixtures("drawn_once")
def test_a_file_can_be_had_without_pictures_or_with_all_in_one(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.md"
    export(buildmark, results, "--out", str(out), "--pictures", "none")
    assert out.read_text() == export(buildmark, results).out
    export(buildmark, results, "--out", str(out), "--pictures", "inline")
    assert len(Seen(out.read_text()).light) == len(KINDS)
    assert not (tmp_path / "report_files").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "markdown", "--pictures", "files"), "what is printed has no place for files beside it"),
        (("--format", "csv", "--pictures", "inline"), "--format csv has no pictures"),
        (("--format", "markdown", "--pictures", "file"), "there are no pictures 'file' (did you mean 'files'?)"),
    ],
)
def test_what_cannot_be_had_is_said(
    buildmark: Buildmark, results: Path, options: tuple[str, ...], message: str
) -> None:
    said = buildmark("export", "latest", "--results", str(results), *options)
    assert said.code == 2
    assert message in said.err


def test_no_pictures_is_what_the_other_formats_have(buildmark: Buildmark, results: Path) -> None:
    for form in ("csv", "junit"):
        assert (
            buildmark("export", "latest", "--results", str(results), "--format", form, "--pictures", "none").code == 0
        )


def test_a_run_without_anything_to_draw_makes_no_folder(buildmark: Buildmark, tmp_path: Path) -> None:
    plan = make_plan()
    lost = tuple(make_lost_trial(one, TrialStatus.FAILED, "exit code 1") for one in plan.trials)
    results = record(tmp_path / "results", RunRecords(run=make_run(plan), trials=lost, summary=RECORDS.summary))
    said = export(buildmark, results, "--out", str(tmp_path / "report.md"))
    assert (said.code, said.err) == (0, "none of 24 trials counts, so there are no numbers (24 failed)\n")
    assert not Seen((tmp_path / "report.md").read_text()).light
    assert not (tmp_path / "report_files").exists()


def failing(after: int) -> Iterator[None]:
    yield from (None for _ in range(after))
    raise StorageError("cannot write it: the disk is full")


@pytest.mark.parametrize("after", [0, 3, 6])
@pytest.mark.usefixtures("drawn_once")
def test_a_full_disk_leaves_nothing_new_and_what_was_there(
    buildmark: Buildmark, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    whole = disk.write_whole
    full_disk = failing(after)

    def write(path: Path, data: bytes) -> None:
        next(full_disk)
        whole(path, data)

    monkeypatch.setattr(disk, "write_whole", write)
    before = sorted(tmp_path.iterdir())
    said = export(buildmark, results, "--out", str(tmp_path / "report.md"))
    assert said.code == 5
    assert "name another file with --out" in said.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("drawn_once")
def test_what_else_lies_in_the_folder_stays(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    mine = tmp_path / "report_files" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    for _ in range(2):
        assert export(buildmark, results, "--out", str(tmp_path / "report.md")).code == 0
    assert mine.read_text() == "mine"


@pytest.mark.usefixtures("drawn_once")
def test_a_file_where_the_folder_should_be_is_said(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    (tmp_path / "report_files").write_text("mine")
    said = export(buildmark, results, "--out", str(tmp_path / "report.md"))
    assert said.code == 5
    assert "report_files" in said.err
    assert not (tmp_path / "report.md").exists()


def test_names_of_all_kinds_are_text_in_the_document_and_in_its_pictures() -> None:
    summary = hostile().summary
    pictures = pictures_of(summary)
    assert [picture.kind for picture in pictures][:1] == [PlotKind.TRADEOFF]
    for picture in pictures:
        assert all(is_whole(data) for data in picture.files().values())
    ours = {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre", "code"}
    for embedded in (beside(pictures, f"{HOSTILE[5]}_files"), inline(pictures)):
        seen = Seen(render_markdown(summary, pictures=embedded))
        assert seen.tags <= ours | {"picture", "source", "img"}
        assert seen.told == [plain_text(picture.told) for picture in pictures]
