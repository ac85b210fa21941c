"""`compare --rev` and `gate` as a user types them, on a real engine: each revision is built from its own files."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bench.errors import ExitCode
from bench.model.run import Run
from bench.ports.run_store import RunStore
from tests.engine.test_run import buildmark, write_scenario
from tests.ports.test_git_revisions import ENVIRONMENT

pytestmark = pytest.mark.engine

TEMPLATE = "FROM {{ base.ref }}\nCOPY a.txt /a.txt\nRUN cat /a.txt\n"
SHORT = ("--min-rounds", "2", "--max-rounds", "2", "--format", "json")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Two commits that differ in a file of the context, and something that is not committed."""
    git(tmp_path, "init", "-q", "-b", "main", ".")
    (tmp_path / ".gitignore").write_text("results/\n")
    scenario = write_scenario(tmp_path / "scenarios" / "letters", TEMPLATE)
    for word in ("first", "second"):
        (scenario / "context" / "a.txt").write_text(f"this is the {word} revision\n")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", word)
    (scenario / "context" / "a.txt").write_text("this is not committed\n")
    return tmp_path


def logs_of(clone: Path, revision: str) -> str:
    folder = RunStore(clone / "results").open("latest")
    trials = folder.read_trials(folder.read_run()).trials
    return "".join((folder.path / str(one.log)).read_text() for one in trials if one.variant.endswith(revision))


def run_of(clone: Path) -> Run:
    return RunStore(clone / "results").open("latest").read_run()


def test_each_revision_is_built_from_its_own_files_and_the_clone_stays_as_it_is(clone: Path) -> None:
    before = git(clone, "status", "--porcelain"), git(clone, "worktree", "list"), git(clone, "for-each-ref")
    revisions = ("--rev", "HEAD~1", "--rev", "HEAD", "--rev", ".")
    done = buildmark("compare", *revisions, "--state", "cold", *SHORT, cwd=clone)
    assert done.returncode == ExitCode.UNDECIDED, done.stderr  # two rounds are too few for anything else
    rows = json.loads(done.stdout)["rows"]
    assert len(rows) == 2
    assert "this is the first revision" in logs_of(clone, "HEAD-1")
    assert "this is the second revision" in logs_of(clone, "-HEAD")
    assert "this is not committed" in logs_of(clone, "working-tree")
    names = [(one.name, one.commit) for one in run_of(clone).revisions]
    first, second = git(clone, "rev-list", "--reverse", "HEAD").split()
    assert names == [("HEAD-1", first), ("HEAD", second), ("working-tree", None)]
    assert (git(clone, "status", "--porcelain"), git(clone, "worktree", "list"), git(clone, "for-each-ref")) == before


def test_a_gate_measures_the_change_beside_where_it_left_the_branch(clone: Path) -> None:
    git(clone, "stash", "-q")
    git(clone, "checkout", "-q", "-b", "topic")
    git(clone, "commit", "-q", "--allow-empty", "-m", "nothing changes")
    done = buildmark("gate", "--state", "cold", *SHORT, cwd=clone)
    assert done.returncode == ExitCode.UNDECIDED, done.stderr
    answer = json.loads(done.stdout)
    assert answer["base"] == git(clone, "rev-parse", "main").strip()
    assert answer["head"] == git(clone, "rev-parse", "topic").strip()
    assert [row["passed"] for row in answer["rows"]] == ["undecided"]
    refused = buildmark("gate", "--head", "main", cwd=clone)
    assert refused.returncode == ExitCode.USAGE
    assert "is on the base branch itself" in refused.stderr


def test_what_makes_no_sense_is_refused_before_anything_is_built(clone: Path) -> None:
    for words, said in (
        (("compare", "--rev", "HEAD"), "a comparison has two"),
        (("compare", "--rev", "HEAD", "--rev", "nowhere"), "'nowhere' is no commit"),
        (("compare", "latest", "--rev", "HEAD", "--rev", "."), "BASE or --axis name a run"),
        (("bisect", "HEAD", "HEAD~1"), "does not come before"),
        (("gate", "--against", "nowhere"), "'nowhere' is no commit"),
    ):
        done = buildmark(*words, cwd=clone, env={"PATH": os.environ["PATH"]})
        assert done.returncode == ExitCode.USAGE, done.stderr
        assert said in done.stderr
    assert not (clone / "results").exists() or not RunStore(clone / "results").list_runs()
