"""What a run says of its commit, read from real repositories."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.ports.git import read_source

WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
WHEN = "2026-11-22T17:30:00+01:00"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No settings but those of the tests themselves, and no repository above the folder."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
        "GIT_COMMITTER_DATE": WHEN,
    }


@pytest.fixture
def repository(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A repository whose one commit holds a scenario."""
    folder = tmp_path / "repository"
    (folder / "scenarios" / "app").mkdir(parents=True)
    (folder / "scenarios" / "app" / "scenario.toml").write_text("title = 'App'\n")
    git(folder, environment, "init", "-q")
    commit(folder, environment, "Add the app\n\nWith a body.")
    return folder


def git(folder: Path, environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        ["git", *WHO, *words], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, environment: dict[str, str], message: str) -> None:
    git(folder, environment, "add", "-A")
    git(folder, environment, "commit", "-q", "-m", message)


def test_a_clean_commit_is_told_from_any_folder_of_the_repository(
    repository: Path, environment: dict[str, str]
) -> None:
    source = read_source(repository / "scenarios" / "app", environment)
    assert source.commit == git(repository, environment, "rev-parse", "HEAD")
    assert (source.branch, source.dirty, source.subject, source.absent) == ("main", False, "Add the app", None)
    assert source.committed_at == datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


def test_a_changed_file_anywhere_makes_it_dirty(repository: Path, environment: dict[str, str]) -> None:
    (repository / "lib.py").write_text("x = 1\n")
    commit(repository, environment, "Add a library")
    (repository / "lib.py").write_text("x = 2\n")
    assert read_source(repository / "scenarios" / "app", environment).dirty is True


def test_a_new_file_counts_in_the_scenario_only(repository: Path, environment: dict[str, str]) -> None:
    (repository / "results").mkdir()
    (repository / "results" / "trials.jsonl").write_text("")
    scenario = repository / "scenarios" / "app"
    assert read_source(scenario, environment).dirty is False
    (scenario / "new.txt").write_text("sent to the builder")
    assert read_source(scenario, environment).dirty is True


def test_a_detached_head_has_no_branch(repository: Path, environment: dict[str, str]) -> None:
    git(repository, environment, "checkout", "-q", "--detach")
    source = read_source(repository, environment)
    assert (source.branch, source.absent) == (None, None)
    assert source.commit is not None


def test_an_empty_message_is_an_empty_subject(repository: Path, environment: dict[str, str]) -> None:
    git(repository, environment, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    assert read_source(repository, environment).subject == ""


def test_the_variables_of_a_hook_do_not_name_the_repository(repository: Path, environment: dict[str, str]) -> None:
    asked = {**environment, "GIT_DIR": "/nowhere/.git", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/nowhere/index"}
    assert read_source(repository, asked).branch == "main"


def test_reasons_for_no_commit(tmp_path: Path, environment: dict[str, str]) -> None:
    assert read_source(tmp_path, environment).absent == "the scenario's folder is in no git repository"
    git(tmp_path, environment, "init", "-q", "empty")
    assert read_source(tmp_path / "empty", environment).absent == "the repository has no commit yet"
    (tmp_path / "broken" / ".git").mkdir(parents=True)
    assert read_source(tmp_path / "broken", environment).commit is None


def test_no_git_at_all_is_an_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "cannot start git" in (read_source(tmp_path, {"PATH": str(tmp_path)}).absent or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_refusal_because_of_ownership_is_an_absence(repository: Path, environment: dict[str, str]) -> None:
    os.chown(repository, 12345, 12345)
    os.chown(repository / ".git", 12345, 12345)
    assert "belongs to another user" in (read_source(repository, environment).absent or "")


def test_a_hostile_repository_starts_no_program(repository: Path, environment: dict[str, str], tmp_path: Path) -> None:
    trace = tmp_path / "it-ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\ncat\n')
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=mine\n")
    commit(repository, environment, "Attributes")
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "filter.mine.clean", "filter.mine.process",
                 "gpg.program", "diff.external", "core.editor"):  # fmt: skip
        git(repository, environment, "config", name, str(program))
    git(repository, environment, "config", "filter.mine.required", "true")
    git(repository, environment, "config", "log.showSignature", "true")
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman"):
        (hooks / name).symlink_to(program)
    (repository / "scenarios" / "app" / "scenario.toml").write_text("title = 'App!'\n")
    source = read_source(repository, environment)
    assert not trace.exists()
    assert source.subject == "Attributes"
    assert source.dirty is None  # what the filter would have made of the file is not known
    subprocess.run(["git", "status"], cwd=repository, env=environment, check=False, capture_output=True)
    assert trace.exists()  # the traps are real


def test_a_filter_that_cannot_be_named_is_not_run_either(
    repository: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    with (repository / ".git" / "config").open("a") as config:
        config.write(f'[filter "a=b"]\n\tclean = touch {tmp_path}/it-ran\n')
    assert "cannot be turned off" in (read_source(repository, environment).absent or "")
    assert not (tmp_path / "it-ran").exists()


def test_the_files_of_the_repository_stay_as_they_are(repository: Path, environment: dict[str, str]) -> None:
    index = repository / ".git" / "index"
    before = index.read_bytes()
    os.utime(repository / "scenarios" / "app" / "scenario.toml", (1, 1))  # a stale entry, which git would refresh
    assert read_source(repository, environment).dirty is False
    assert index.read_bytes() == before
