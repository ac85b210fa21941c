import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.errors import StorageError
from bench.ports.run_folder import RunFolder
from bench.ports.scratch_context import context_files, drop_contexts, keep_context, kept_context, staged_context


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "a.txt").write_text("hello")
    (folder / "notes.md").write_text("left out")
    (folder / ".dockerignore").write_text("*.md\n")
    return folder


def test_a_run_keeps_the_filtered_context_whatever_its_last_trial_called_it(source: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "results" / "one")
    run.path.mkdir(parents=True)
    with staged_context(source, tmp_path / "results") as staged:
        kept = keep_context(staged, run)
    assert context_files(kept) == {"assets/a.txt": 5}
    renamed = kept.rename(kept.with_name("buildmark-one-17"))
    assert kept_context(run) == renamed
    drop_contexts(run)
    assert list(run.path.iterdir()) == []


def test_what_is_not_kept_is_removed(source: Path, tmp_path: Path) -> None:
    with staged_context(source, tmp_path / "results"):
        pass
    assert list((tmp_path / "results").iterdir()) == []


def test_a_run_that_was_killed_before_its_first_trial_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="before its first trial"):
        kept_context(RunFolder(tmp_path))


def test_what_a_killed_process_left_goes_and_what_a_living_one_uses_stays(source: Path, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    results = tmp_path / "results"
    (results / f".context-{gone.pid}-abc").mkdir(parents=True)
    (results / f".context-{os.getppid()}-abc").mkdir()
    with staged_context(source, results):
        pass
    assert [path.name for path in results.iterdir()] == [f".context-{os.getppid()}-abc"]


def test_the_runs_themselves_are_no_part_of_a_context_that_they_lie_in(source: Path) -> None:
    with staged_context(source, source / "results") as staged:
        first = staged.facts
    (source / "results" / "one").mkdir()
    (source / "results" / "one" / "run.json").write_text("{}")
    with staged_context(source, source / "results") as staged:
        assert staged.facts == first
        assert context_files(staged.folder) == {"assets/a.txt": 5}
