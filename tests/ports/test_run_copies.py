"""Runs that come from elsewhere, and runs that go."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bench.errors import StorageError, UsageError
from bench.ports.run_copies import import_run, remove_run, runs_in
from bench.ports.run_store import RunStore
from tests.builders import make_plan, make_run, make_trials

PLAN = make_plan(rounds=1)
RUN = make_run(PLAN)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    with RunStore(tmp_path / "elsewhere").create(RUN) as writer:
        writer.write_log(PLAN.trials[0], "a line\n", b"{}")
        for trial in make_trials(PLAN):
            writer.append(trial)
    return tmp_path / "elsewhere" / RUN.id


def test_a_run_is_copied_whole_under_its_id(source: Path, tmp_path: Path) -> None:
    renamed = source.rename(source.with_name("artefact"))
    path, is_new = import_run(renamed, tmp_path / "results")
    assert (path.name, is_new) == (RUN.id, True)
    files = {file.relative_to(path): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    assert files == {file.relative_to(renamed): file.read_bytes() for file in renamed.rglob("*") if file.is_file()}
    assert [one.name for one in (tmp_path / "results").iterdir()] == [RUN.id]


def test_the_same_again_changes_nothing_and_another_of_that_id_is_refused(source: Path, tmp_path: Path) -> None:
    path, _ = import_run(source, tmp_path / "results")
    assert import_run(source, tmp_path / "results") == (path, False)
    lines = (source / "trials.jsonl").read_bytes().splitlines(keepends=True)
    (source / "trials.jsonl").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(UsageError, match=r"with another trials\.jsonl"):
        import_run(source, tmp_path / "results")
    assert (path / "trials.jsonl").read_bytes() == b"".join(lines)


def test_a_run_that_cannot_be_read_does_not_come_in(source: Path, tmp_path: Path) -> None:
    (source / "trials.jsonl").write_text("broken\n{}\n")
    with pytest.raises(StorageError, match=r"trials\.jsonl:1"):
        import_run(source, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_run_that_is_being_written_does_not_come_in(source: Path, tmp_path: Path) -> None:
    with RunStore(source.parent).reopen(RUN.id), pytest.raises(StorageError, match="still being written"):
        import_run(source, tmp_path / "results")


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", ".hidden", "", "..", "a\nb"])
def test_an_id_that_leads_elsewhere_is_refused(name: str, source: Path, tmp_path: Path) -> None:
    record = (source / "run.json").read_text()
    escaped = name.replace("\n", "\\n")
    (source / "run.json").write_text(record.replace(f'"id": "{RUN.id}"', f'"id": "{escaped}"', 1))
    with pytest.raises(UsageError, match="is no id of a run"):
        import_run(source, tmp_path / "results")


def test_links_and_pipes_stay_behind(source: Path, tmp_path: Path) -> None:
    (source / "logs" / "link.log").symlink_to("/etc/passwd")
    (source / "linked").symlink_to("/etc")
    os.mkfifo(source / "logs" / "pipe.log")
    path, _ = import_run(source, tmp_path / "results")
    assert not [file for file in path.rglob("*") if file.is_symlink() or file.is_fifo()]
    assert (path / "logs" / f"0001-{PLAN.trials[0].variant}-cold.log").read_text() == "a line\n"


def test_a_folder_of_runs_means_all_of_them(source: Path, tmp_path: Path) -> None:
    shutil.copytree(source, source.parent / "copy")
    (source.parent / "something-else").mkdir()
    assert runs_in(source.parent) == (source, source.parent / "copy")
    assert runs_in(source) == (source,)
    with pytest.raises(UsageError, match="is no run and holds none"):
        runs_in(tmp_path / "nowhere")


def test_a_run_is_removed_whole_unless_somebody_writes_it(source: Path) -> None:
    with RunStore(source.parent).reopen(RUN.id), pytest.raises(StorageError, match="another process"):
        remove_run(source)
    assert (source / "run.json").is_file()
    remove_run(source)
    assert list(source.parent.iterdir()) == []


def test_what_is_left_of_a_run_without_trials_can_be_removed(source: Path) -> None:
    (source / "trials.jsonl").unlink()
    remove_run(source)
    assert not any(source.parent.iterdir())


def test_a_link_to_a_run_goes_and_the_run_stays(source: Path, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "linked").symlink_to(source)
    remove_run(tmp_path / "results" / "linked")
    assert list((tmp_path / "results").iterdir()) == []
    assert (source / "run.json").is_file()
