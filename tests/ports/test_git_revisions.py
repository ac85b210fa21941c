"""Revisions are read and laid out, and the user's repository stays as it was."""

import os
import subprocess
from pathlib import Path

import pytest

from bench.app.revisions import lay_out
from bench.errors import UsageError
from bench.ports.git_revisions import Repository
from bench.ports.scenario_files import load_scenario

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one file in a folder, changed in each of three commits."""
    folder = tmp_path / "clone"
    (folder / "scenarios" / "site").mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    (folder / "else.txt").write_text("not part of it\n")
    for number in (1, 2, 3):
        (folder / "scenarios" / "site" / "a b.txt").write_text(f"{number}\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"change {number}")
    return folder


def state_of(folder: Path) -> tuple[str, str, bytes]:
    index = (folder / ".git" / "index").read_bytes()
    return git(folder, "worktree", "list"), git(folder, "for-each-ref"), index


def test_a_folder_is_laid_out_as_it_was_and_the_repository_stays_as_it_is(clone: Path, tmp_path: Path) -> None:
    (clone / "scenarios" / "site" / "a b.txt").write_text("not committed\n")
    before = state_of(clone)
    repository = Repository(clone / "scenarios" / "site", ENVIRONMENT)
    path = repository.path_of(clone / "scenarios" / "site")
    laid_out = repository.check_out(repository.resolve("HEAD~1"), path, tmp_path / "copy")
    assert laid_out == tmp_path / "copy" / "scenarios" / "site"
    assert [file.read_text() for file in laid_out.iterdir()] == ["2\n"]
    assert not (tmp_path / "copy" / "else.txt").exists()
    assert state_of(clone) == before


def test_many_files_are_laid_out_with_their_modes_and_links(clone: Path, tmp_path: Path) -> None:
    for number in range(450):
        (clone / "scenarios" / "site" / f"{number}.txt").write_text("x")
    (clone / "scenarios" / "site" / "run").write_text("#!/bin/sh\n")
    (clone / "scenarios" / "site" / "run").chmod(0o755)
    (clone / "scenarios" / "site" / "link").symlink_to("run")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "many")
    repository = Repository(clone, ENVIRONMENT)
    laid_out = repository.check_out(repository.resolve("main"), "scenarios/site", tmp_path / "copy")
    assert len(list(laid_out.iterdir())) == 453
    assert os.access(laid_out / "run", os.X_OK)
    assert (laid_out / "link").readlink() == Path("run")


def test_the_root_of_a_repository_can_be_laid_out(clone: Path, tmp_path: Path) -> None:
    repository = Repository(clone, ENVIRONMENT)
    assert repository.path_of(clone) == "."
    laid_out = repository.check_out(repository.resolve("HEAD"), ".", tmp_path / "copy")
    assert (laid_out / "else.txt").read_text() == "not part of it\n"


def test_a_repositorys_own_helpers_are_not_started(clone: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    git(clone, "config", "core.fsmonitor", str(trap))
    (clone / ".git" / "hooks" / "post-checkout").write_text(trap.read_text())
    (clone / ".git" / "hooks" / "post-checkout").chmod(0o755)
    repository = Repository(clone, ENVIRONMENT)
    repository.check_out(repository.resolve("HEAD"), ".", tmp_path / "copy")
    assert not (tmp_path / "sprung").exists()


def test_commits_between_two_are_in_order_and_where_two_parted_is_found(clone: Path) -> None:
    repository = Repository(clone, ENVIRONMENT)
    first, second, third = git(clone, "rev-list", "--reverse", "HEAD").split()
    assert repository.between(first, "main") == (second, third)
    git(clone, "checkout", "-q", "-b", "topic", second)
    git(clone, "commit", "-q", "--allow-empty", "-m", "on the side")
    assert repository.merge_base("main", "topic") == second
    assert repository.subject("topic") == "on the side"


@pytest.mark.parametrize("name", ["no-such-branch", "--output=x", "HEAD~9", ""])
def test_what_names_no_commit_is_refused_by_its_name(clone: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no commit of the repository") as caught:
        Repository(clone, ENVIRONMENT).resolve(name)
    assert f"'{name}'" in caught.value.message


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in no git repository"):
        Repository(tmp_path, ENVIRONMENT)


def test_good_has_to_come_before_bad(clone: Path) -> None:
    with pytest.raises(UsageError, match="does not come before"):
        Repository(clone, ENVIRONMENT).between("HEAD", "HEAD~2")


def test_a_commit_without_the_folder_is_refused(clone: Path, tmp_path: Path) -> None:
    repository = Repository(clone, ENVIRONMENT)
    with pytest.raises(UsageError, match="has no folder 'docs'"):
        repository.check_out(repository.resolve("HEAD"), "docs", tmp_path / "copy")


def test_a_scenario_whose_context_lies_outside_its_folder_is_laid_out_with_it(clone: Path, tmp_path: Path) -> None:
    home = clone / "scenarios" / "site"
    (home / "scenario.toml").write_text('title = "Site"\ncontext = "../.."\n')
    (home / "Dockerfile.j2").write_text("FROM scratch\nCOPY else.txt /\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "a scenario of the project")
    (clone / "else.txt").write_text("changed since\n")
    scenario = load_scenario(f"{home}/", folders=(), known_bases=())
    then, now = lay_out(scenario, ["main", "."], tmp_path / "laid", environment=ENVIRONMENT, known_bases=())
    assert (then.scenario.context / "else.txt").read_text() == "not part of it\n"
    assert (now.scenario.context / "else.txt").read_text() == "changed since\n"
    assert then.scenario.name == now.scenario.name == "site"
