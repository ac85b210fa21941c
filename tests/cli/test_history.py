"""`buildmark history` and `buildmark trend` as a user types them."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bench.model.run import Source
from bench.ports.clock import SystemClock
from bench.ports.run_store import RunStore
from bench.report.units import ratio_text
from tests.builders import make_base, make_engine
from tests.cli.command import Buildmark
from tests.history import BUDGET, COLD, REVISIONS, begun, commit, record, record_all, run_id


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Buildmark:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("BUILDMARK_INDEX", raising=False)
    return Buildmark(monkeypatch, capsys)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_runs_are_listed_with_their_commits(buildmark: Buildmark, results: Path) -> None:
    record(results, 0)
    record(results, 1, git=Source(commit=commit(1), branch="feature", dirty=True, subject="Try \x1b[31mthis"))
    record(results, 2, git=Source(absent="the scenario's folder is in no git repository"))
    (results / run_id(2) / "trials.jsonl").write_text("broken\n{}\n")
    newest, middle, oldest = buildmark("history", "list").out.splitlines()[2:]
    assert newest.startswith(run_id(2))
    assert "trials.jsonl:1" in newest
    assert f"{commit(1)[:9]}*" in middle
    assert "Try this" in middle
    assert "6 of 6" in oldest
    listed = json.loads(buildmark("history", "list", "--branch", "feature", "--format", "json").out)
    assert [run["name"] for run in listed["runs"]] == [run_id(1)]


def test_a_run_that_ended_early_is_complete_and_one_that_compares_revisions_says_so(
    buildmark: Buildmark, results: Path
) -> None:
    record(results, 0, adaptive=BUDGET, rounds=1)
    record(results, 1, rounds=1)
    record(results, 2, revisions=REVISIONS)
    compared, interrupted, ended = buildmark("history", "list").out.splitlines()[2:]
    assert " 2 of 2 " in ended
    assert " 2 of 6 " in interrupted
    assert "compares main, feature" in compared
    listed = json.loads(buildmark("history", "list", "--format", "json").out)["runs"]
    assert [(run["is_complete"], run["revisions"]) for run in listed] == [
        (True, ["main", "feature"]),
        (False, []),
        (True, []),
    ]


def test_a_results_folder_that_is_not_there_is_empty_and_stays_away(buildmark: Buildmark, results: Path) -> None:
    assert buildmark("history", "list") == (0, "There is no such run in the index.\n", "")
    assert buildmark("trend").out == "0 series searched: no step.\n"
    assert not results.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("trend", "--fail-on-step"),
        ("history", "list"),
        ("history", "show", "quick"),
        ("history", "rebuild"),
        ("history", "prune", "--older-than", "1d"),
        ("publish", "site"),
        ("show", "--list"),
    ],
)
def test_a_slip_in_the_name_of_the_results_is_no_success(
    buildmark: Buildmark, tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = buildmark(*command, "--results", "reslts")
    assert said.code == 2
    assert "there is no folder reslts" in said.err
    assert not list(tmp_path.iterdir())


def test_a_search_of_nothing_that_is_to_fail_on_a_step_does_not_pass(buildmark: Buildmark) -> None:
    assert buildmark("trend", "--fail-on-step").code == 2


def test_a_series_is_shown_with_its_intervals(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.0, 1.0])
    record(results, 2, cold_s=2.0, engine=make_engine(cpus=64))
    lines = buildmark("history", "show", "quick/*/cold").out.splitlines()
    assert lines[0] == COLD
    assert "median wall_s" in lines[1]
    assert [line.split()[-1] for line in lines[3:]] == ["1", "1", "2"]
    shown = json.loads(buildmark("history", "show", COLD, "--metric", "cpu_s,wall_s", "--format", "json").out)
    assert [(one["metric"], len(one["points"])) for one in shown["series"]] == [("cpu_s", 3), ("wall_s", 3)]


def test_a_step_is_told_in_every_format_and_fails_only_when_asked(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.15] * 8)
    said = buildmark("trend")
    assert said.code == 0
    assert said.out.startswith("2 series searched: 1 step in 1.\n")
    assert f"after {commit(7)[:9]}, at or before {commit(8)[:9]}" in said.out
    assert f"| {COLD} |" in buildmark("trend", "--format", "markdown").out
    (series,) = json.loads(buildmark("trend", "--format", "json").out)["series"]
    assert [change["kind"] for change in series["changes"]] == ["step-up"]
    assert buildmark("trend", "--fail-on-step").code == 1
    assert buildmark("trend", "--fail-on-step", "--since", f"{begun(12):%Y-%m-%dT%H:%M}").code == 0
    assert buildmark("trend", "--fail-on-step", "--state", "warm").code == 0
    unsearched = buildmark("trend", "--fail-on-step", "--scenario", "qiuck")
    assert unsearched.code == 2
    assert "there is no series to search" in unsearched.err


def test_a_base_that_changed_with_a_step_is_said(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.0] * 6)
    base = msgspec.structs.replace(make_base("debian-12"), digest="sha256:" + "cd" * 32)
    for number in range(6, 12):
        record(results, number, cold_s=1.3, bases=(base,))
    assert "besides the commit, the base debian-12 is another image." in " ".join(buildmark("trend").out.split())


def test_a_step_to_the_better_does_not_fail(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.15] * 8 + [1.0] * 8)
    said = buildmark("trend", "--fail-on-step")
    assert said.code == 0
    assert f"down {ratio_text(1 / 1.15)}" in said.out


def test_a_machine_that_changed_is_said_in_words(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.0] * 8)
    for number in range(8, 16):
        record(results, number, cold_s=2.0, engine=make_engine(server_version="29.0.1"))
    said = buildmark("trend", "--fail-on-step")
    words = " ".join(said.out.split())
    assert said.code == 0
    assert "2 series searched: no step." in words
    assert f"run {run_id(8)}, in 2 series: Docker was 28.5.2, is 29.0.1." in words


def test_what_a_search_cannot_tell_is_said(buildmark: Buildmark, results: Path) -> None:
    record_all(results, [1.0] * 3)
    assert "2 series have fewer than 6 runs on any one machine" in buildmark("trend").out
    for number in range(3, 8):
        record(results, number)
    words = " ".join(buildmark("trend", "--level", "0.5").out.split())
    assert "of 2 without any step, up to 1 would show one by chance" in words


def test_an_artefact_is_imported_once(buildmark: Buildmark, tmp_path: Path) -> None:
    record(tmp_path / "artefact", 0)
    assert buildmark("history", "import", "artefact").out == f"imported {run_id(0)}\n"
    assert buildmark("history", "import", f"artefact/{run_id(0)}").out == f"{run_id(0)} is there already\n"
    shutil.rmtree(tmp_path / "artefact")
    record(tmp_path / "artefact", 0, cold_s=2.0)
    said = buildmark("history", "import", "artefact")
    assert said.code == 2
    assert f"error: there is a run {run_id(0)} with another trials.jsonl already" in said.err
    assert buildmark("history", "import", "nowhere").code == 2


def test_pruning_lists_and_deletes_only_when_told(buildmark: Buildmark, results: Path) -> None:
    now = SystemClock().now()
    record(results, 0)
    record(results, 1, created_at=now - timedelta(days=100))
    record(results, 2, created_at=now - timedelta(days=80))
    listed = buildmark("history", "prune", "--older-than", "90d")
    assert f"would delete results/{run_id(1)}\n" in listed.out
    assert "add --yes" in listed.err
    assert len(RunStore(results).list_runs()) == 3
    deleted = buildmark("history", "prune", "--older-than", "90d", "--yes")
    assert f"deleting results/{run_id(1)}\n" in deleted.out
    left = [listing.name for listing in RunStore(results).list_runs()]
    assert run_id(1) not in left
    assert run_id(2) in left


def test_an_index_may_lie_elsewhere_and_be_named_by_the_environment(
    buildmark: Buildmark, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(results, [1.0, 1.0])
    monkeypatch.setenv("BUILDMARK_INDEX", f"sqlite:///{tmp_path}/elsewhere.sqlite")
    assert buildmark("history", "rebuild").out == "2 runs read from results\n"
    assert (tmp_path / "elsewhere.sqlite").is_file()
    assert not (results / "history.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["history", "show", "quik"], "no series has 'quik' in its name"),
        (["history", "show", "quick", "--metric", "wal_s"], "keeps no metric 'wal_s' (did you mean 'wall_s'?)"),
        (["history", "prune", "--older-than", "old"], "--older-than takes a number with h, d or w, not 'old'"),
        (["history", "list", "--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
        (["trend", "--since", "yesterday"], "--since takes a date or an age, not 'yesterday'"),
        (["trend", "--since", "99999999999d"], "--since"),
        (["trend", "--level", "2"], "--level takes a share between 0 and 1, not '2'"),
        (["trend", "--state", "wram"], "unknown state 'wram' (did you mean 'warm'?)"),
        (["trend", "--index", "elsewhere"], "--index takes a URL, not 'elsewhere'"),
    ],
)
def test_a_wrong_word_is_a_usage_error(buildmark: Buildmark, results: Path, arguments: list[str], message: str) -> None:
    record(results, 0)
    said = buildmark(*arguments)
    assert said.code == 2
    assert message in said.err
