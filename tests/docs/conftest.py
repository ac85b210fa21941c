"""The folder that documents talk about, made once: a repository with scenarios, a Dockerfile and runs of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.ports.paths import shipped_scenarios
from tests.docs import fakes
from tests.docs.blocks import Block, Command
from tests.docs.stage import IDENTITY, Stage, write_programs

COMMANDS = Block("conftest", 0, "console", "", "")
DOCKERFILE = """FROM debian:12-slim
WORKDIR /app
COPY requirements.txt .
RUN cat requirements.txt > installed.txt
COPY app.py .
RUN cp app.py built.py
CMD ["cat", "built.py"]
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    "docker/dev.Dockerfile": DOCKERFILE,
    "requirements.txt": "flask==3.1.2\n",
    "app.py": "print('hello')\n",
    ".gitignore": "results/\n",
    ".dockerignore": ".git\nresults\nscenarios\n",
}
QUICK_AXES = ('base = ["debian-12", "debian-12-slim", "ubuntu-24.04"', 'base = ["debian-12"]  #')
SCENARIO = """title = "Something small"
[axes]
base = ["debian-12"]
stages = ["single", "multi"]
layers = ["split", "merged"]
"""
TEMPLATE = "FROM {{ base.ref }}\nCOPY app.py /app.py\nRUN cp /app.py /built.py\n"


EMPTY = frozenset({"docs/TUTORIAL.md"})
"""Documents whose reader begins with nothing."""


class Prepared(NamedTuple):
    """The folder that every document's tests begin with a copy of."""

    folder: Path
    programs: Path
    runs: tuple[str, str]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A repository of four commits, the last on a branch of its own, and two runs of quick on two bases."""
    home = tmp_path_factory.mktemp("documents")
    programs = write_programs(home / "programs")
    folder = home / "project"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    _write_scenarios(folder / "scenarios")
    _commit(folder)
    stage = Stage(folder, programs, cache=home / "cache", placeholders={})
    with pytest.MonkeyPatch.context() as patch:
        fakes.install(patch.setattr)
        for _ in range(2):
            done = stage.run(Command(COMMANDS, "buildmark run quick --base debian-12,alpine-3.23 --rounds 6", ""))
            assert done.code == 0, done.err
    earlier, later = sorted(path.name for path in (folder / "results").iterdir() if path.is_dir())
    return Prepared(folder, programs, (earlier, later))


@pytest.fixture
def stage(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Stage]:
    """Gives the stage of a document: a copy of that folder, with the fakes in place."""

    def open_stage(document: str) -> Stage:
        folder = Path(tempfile.mkdtemp(dir=tmp_path)) / "project"
        shutil.copytree(prepared.folder, folder, symlinks=True)
        earlier, later = prepared.runs
        if document in EMPTY:
            shutil.rmtree(folder)
            folder.mkdir()
        if document == "docs/CI.md":
            (folder / "results").rename(folder / "buildmark-results")
            shutil.copytree(folder / "buildmark-results" / earlier, folder / "downloaded-artifacts" / earlier)
        if document == "docs/REMOTE.md":
            shutil.copytree(folder / "results" / earlier, folder / "from-build-1" / earlier)
            (folder / "scenarios" / "company-base.tar.gz").write_bytes(b"what docker export gave")
        fakes.install(monkeypatch.setattr)
        placeholders = {"RUN-A": earlier, "RUN-B": later}
        return Stage(folder, prepared.programs, cache=tmp_path / "cache", placeholders=placeholders)

    return open_stage


def _write_scenarios(folder: Path) -> None:
    """The scenarios that documents call by name: quick on one base, and some of the reader's own."""
    shutil.copytree(shipped_scenarios() / "quick", folder / "quick")
    toml = folder / "quick" / "scenario.toml"
    toml.write_text(toml.read_text().replace(*QUICK_AXES))
    for name in ("web", "my-app"):
        (folder / name / "context").mkdir(parents=True)
        (folder / name / "scenario.toml").write_text(SCENARIO)
        (folder / name / "Dockerfile.j2").write_text(TEMPLATE)
        (folder / name / "context" / "app.py").write_text("print('hello')\n")


def _commit(folder: Path) -> None:
    def git(*words: str) -> None:
        environment = {
            **IDENTITY,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(folder),
        }
        subprocess.run(["git", "-C", str(folder), *words], env=environment, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "Begin")
    git("tag", "v1.2")
    for number in (1, 2, 3):
        if number == 3:
            git("switch", "-q", "-c", "topic")
        pages = folder / "scenarios" / "quick" / "context" / "pages" / "catalogue.csv"
        pages.write_text(f"{pages.read_text()}thing {number};1;0\n")
        git("commit", "-q", "-a", "-m", f"Add thing {number}")
