"""`buildmark publish` as a user types it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.ports.run_store import RunStore
from tests.cli.command import Buildmark
from tests.history import BUDGET, REVISIONS, record, record_all, run_id
from tests.pages import HOSTILE
from tests.sites import history, hostile_history

ADDRESS = re.compile(r"""(?:href|src)="([^"#]+)""")
OUTSIDE = re.compile(r"https?:|//[a-z]", re.IGNORECASE)


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Buildmark:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BUILDMARK_INDEX", raising=False)
    return Buildmark(monkeypatch, capsys)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path / "results"


@pytest.fixture(autouse=True)
def _quick_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script that draws takes seconds to make, and is the same for every site."""
    monkeypatch.setattr("bench.report.site.publish.chart_script", lambda: "// draws")


def pages(site: Path) -> dict[str, str]:
    return {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*.html")}


def ids(site: Path) -> set[str]:
    """The ids in the feed: its own, and those of its entries."""
    return set(re.findall(r"<id>(urn:uuid:[0-9a-f-]{36})</id>", (site / "feed.xml").read_text()))


def stamps(site: Path) -> dict[str, int]:
    return {
        path.relative_to(site).as_posix(): path.stat().st_mtime_ns
        for path in site.rglob("*")
        if path.is_file() and path.name != "buildmark-site.json"
    }


def test_every_run_and_every_target_has_its_page_and_every_link_leads_to_one(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    history(results)
    said = buildmark("publish", "site")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("site/index.html: 10 runs on 2 targets, 16 of 16 files written, ")
    made = pages(tmp_path / "site")
    assert len([name for name in made if name.startswith("runs/")]) == 10
    assert len([name for name in made if name.startswith("trends/")]) == 2
    assert 'href="runs.html"' in made["index.html"]
    for name, text in made.items():
        for address in ADDRESS.findall(text):
            if not address.startswith("data:"):
                assert (tmp_path / "site" / name).parent.joinpath(address).is_file(), (name, address)


def test_nothing_has_an_address_outside(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    history(results)
    buildmark("publish", "site")
    for name, text in pages(tmp_path / "site").items():
        assert not [one for one in ADDRESS.findall(text) if OUTSIDE.match(one)], name
        assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;' in text
        assert "unsafe-eval" not in text
        assert "EventSource" not in text, "only pages that are served listen"


def test_published_again_only_what_changed_is_written(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    history(results)
    buildmark("publish", "site")
    before = stamps(tmp_path / "site")
    assert " 0 of 16 files written" in buildmark("publish", "site").out
    assert stamps(tmp_path / "site") == before
    record(results, 10, cold_s=1.3)
    assert "11 runs on 2 targets, 6 of 17 files written" in buildmark("publish", "site").out
    after = stamps(tmp_path / "site")
    kinds = {name.partition("/")[0] for name in after if after[name] != before.get(name)}
    assert kinds == {"index.html", "runs.html", "feed.xml", "runs", "trends"}
    assert " 17 of 17 files written" in buildmark("publish", "site", "--anew").out


def test_a_copy_of_the_runs_with_other_times_writes_nothing(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    record_all(results, [1.0] * 3)
    buildmark("publish", "site")
    shutil.copytree(
        results, tmp_path / "copy", ignore=shutil.ignore_patterns("history.sqlite"), copy_function=shutil.copy
    )
    assert " 0 of 8 files written" in buildmark("publish", "site", "--results", "copy").out


def test_the_pages_of_runs_that_are_gone_go(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    record_all(results, [1.0] * 3)
    buildmark("publish", "site")
    shutil.rmtree(results / run_id(1))
    assert "1 removed" in buildmark("publish", "site").out
    assert len([name for name in pages(tmp_path / "site") if name.startswith("runs/")]) == 2


def test_a_run_that_cannot_be_read_is_named_and_stops_no_other(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    record_all(results, [1.0] * 3)
    (results / run_id(1) / "trials.jsonl").write_text("broken\n{}\n")
    said = buildmark("publish", "site")
    assert said.code == 0
    assert said.err.startswith(f"not shown: {run_id(1)}: ")
    assert "trials.jsonl:1" in said.err
    index = pages(tmp_path / "site")["index.html"]
    assert "Runs that cannot be shown" in index
    assert len([name for name in pages(tmp_path / "site") if name.startswith("runs/")]) == 2
    (results / run_id(1) / "trials.jsonl").write_text("")
    assert buildmark("publish", "site").err == ""
    assert len([name for name in pages(tmp_path / "site") if name.startswith("runs/")]) == 3


def test_a_run_whose_page_cannot_be_made_is_named_too(
    buildmark: Buildmark, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(results, [1.0])

    def fail(*_: object) -> None:
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr("bench.report.site.run_pages.page_of", fail)
    said = buildmark("publish", "site")
    assert said.code == 0
    assert "its page cannot be made: ZeroDivisionError: float division by zero" in said.err


def test_a_run_that_is_being_measured_is_shown_as_such_and_made_anew_when_it_has_ended(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    record_all(results, [1.0])
    with RunStore(results).reopen(run_id(0)):
        buildmark("publish", "site")
        assert "being measured" in pages(tmp_path / "site")["index.html"]
    assert " 4 of 6 files written" in buildmark("publish", "site").out
    assert "being measured" not in pages(tmp_path / "site")["index.html"]


def test_only_a_run_that_was_interrupted_is_marked_as_such(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    record(results, 0, adaptive=BUDGET, rounds=1)
    record(results, 1, rounds=1)
    buildmark("publish", "site")
    assert re.findall(
        r'<bdi>(\S+)</bdi></a> <span class="state">(.+?)</span>', pages(tmp_path / "site")["runs.html"]
    ) == [(run_id(1), "interrupted")]


def test_a_run_of_which_a_part_is_missing_is_named(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.0] * 3)
    (results / run_id(0) / "trials.jsonl").unlink()
    (results / run_id(1) / "run.json").unlink()
    said = buildmark("publish", "site")
    assert (said.code, said.out.startswith("site/index.html: 3 runs on 1 target")) == (0, True)
    assert f"not shown: {run_id(0)}: cannot read results/{run_id(0)}/trials.jsonl: no such file" in said.err
    assert f"not shown: {run_id(1)}: cannot read results/{run_id(1)}/run.json: no such file" in said.err


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text_and_make_plain_file_names(
    buildmark: Buildmark, results: Path, tmp_path: Path, kind: str
) -> None:
    hostile_history(results, HOSTILE[kind])
    said = buildmark("publish", "site")
    assert (said.code, said.err) == (0, "")
    made = pages(tmp_path / "site")
    assert all(re.fullmatch(r"(?:(?:runs|trends)/)?[a-z0-9-]+\.html", name) for name in made)
    assert len(made) == 4
    for text in made.values():
        assert "<script>window.pwned" not in text
        assert "<img" not in text
    ET.parse(tmp_path / "site" / "feed.xml")  # noqa: S314 - our own


def test_a_folder_with_something_else_is_refused(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    record(results, 0)
    said = buildmark("publish", "results")
    assert said.code == 2
    assert "holds something, and no site of Buildmark's" in said.err
    assert "try: " in said.err
    assert not (results / "index.html").exists()
    (tmp_path / "file").touch()
    assert "file is no folder" in buildmark("publish", "file").err
    assert buildmark("publish", "file").code == 2
    nowhere = buildmark("publish", "file/site")
    assert nowhere.code == 5
    assert "try: name a folder that you may write" in nowhere.err


def test_where_all_runs_compare_revisions_no_page_speaks_of_steps_to_be_found(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    record(results, 0, revisions=REVISIONS)
    buildmark("publish", "site")
    made = pages(tmp_path / "site")
    (trends,) = (text for name, text in made.items() if name.startswith("trends/"))
    (run,) = (name for name in made if name.startswith("runs/"))
    assert f'<a href="{run}"><bdi>the newest compares main, feature</bdi></a>' in made["index.html"]
    assert "The series leave out 1 run made to compare revisions" in trends
    assert "No step was found" not in trends


def test_what_to_try_fits_the_folder_that_failed(buildmark: Buildmark, tmp_path: Path) -> None:
    (tmp_path / "site-of-runs").touch()
    said = buildmark("publish", "site", "--results", "site-of-runs")
    assert said.code == 5
    assert "choose another folder with --results" in said.err


def test_two_sites_of_one_title_are_two_feeds_and_each_stays_the_same(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    history(results)
    for site in ("site", "other"):
        buildmark("publish", site)
    one, other = ids(tmp_path / "site"), ids(tmp_path / "other")
    assert len(one) == len(other) == 2
    assert not one & other
    record(results, 10, cold_s=1.3)
    buildmark("publish", "site", "--anew", "--title", "Another title")
    assert ids(tmp_path / "site") == one


def test_without_a_run_there_is_a_page_that_says_so(buildmark: Buildmark, tmp_path: Path) -> None:
    assert buildmark("publish", "site").code == 0
    assert "There is no run yet." in pages(tmp_path / "site")["index.html"]
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_of_runs_that_is_not_there_empties_no_site(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    record_all(results, [1.0] * 2)
    buildmark("publish", "site")
    before = pages(tmp_path / "site")
    said = buildmark("publish", "site", "--results", "resluts")
    assert (said.code, "there is no folder resluts" in said.err) == (2, True)
    assert pages(tmp_path / "site") == before


def test_a_shared_index_tells_of_runs_that_were_measured_elsewhere(
    buildmark: Buildmark, results: Path, tmp_path: Path
) -> None:
    record(results, 0)
    record(tmp_path / "elsewhere", 1)
    index = ("--index", f"sqlite:///{tmp_path}/shared.sqlite")
    buildmark("history", "list", "--results", "elsewhere", *index)
    assert "2 runs on 1 target, 6 of 6 files written" in buildmark("publish", "site", *index).out
    made = pages(tmp_path / "site")
    assert len([name for name in made if name.startswith("runs/")]) == 1
    assert f'<bdi>{run_id(1)}</bdi> <span class="state">measured elsewhere</span>' in made["index.html"]


def test_a_title_a_metric_and_a_branch_are_chosen(buildmark: Buildmark, results: Path, tmp_path: Path) -> None:
    record_all(results, [1.0] * 2)
    buildmark("publish", "site", "--title", "Ours <3", "--metric", "cpu_s")
    made = pages(tmp_path / "site")
    assert "<h1><bdi>Ours &lt;3</bdi></h1>" in made["index.html"]
    (trends,) = (text for name, text in made.items() if name.startswith("trends/"))
    assert '<h2 id="m-cpu_s-title">' in trends
    assert "wall_s" not in trends
    buildmark("publish", "site", "--branch", "feature")
    assert "There is no run yet." in pages(tmp_path / "site")["index.html"]
    assert buildmark("publish", "site", "--metric", "wal_s").code == 2


def die(*_: object) -> None:
    """What a helping process does that the system kills."""
    os._exit(1)


def test_many_pages_are_made_by_several_processes_and_are_the_same(
    buildmark: Buildmark, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(results, [1.0] * 3)
    buildmark("publish", "one")
    monkeypatch.setattr("bench.report.site.run_pages._FEW", 1)
    buildmark("publish", "several")
    assert pages(tmp_path / "one") == pages(tmp_path / "several")
    monkeypatch.setattr("bench.report.site.run_pages._help", die)
    buildmark("publish", "alone")
    assert pages(tmp_path / "one") == pages(tmp_path / "alone")
