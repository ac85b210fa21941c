"""The core of the tutorial on a real engine, typed as it is shown: what it promises of its own project comes true."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bench.errors import ExitCode
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.ports.clock import SystemClock
from bench.ports.engine_home import EngineHome
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine
from bench.ports.run_store import RunStore
from tests.docs.blocks import blocks_of, commands_of
from tests.docs.stage import IDENTITY
from tests.engine.machine_traces import engines_in, traces_of

pytestmark = pytest.mark.engine

TUTORIAL = "docs/TUTORIAL.md"
CORE: Mapping[str, tuple[int, str]] = {
    "buildmark engine up": (ExitCode.OK, "is up"),
    "buildmark run ./Dockerfile": (ExitCode.OK, "handbook: Dockerfile of handbook"),
    "buildmark explain latest": (ExitCode.OK, "cold"),
    "buildmark init --from": (ExitCode.OK, "scenarios/handbook"),
    "buildmark compare --rev": (ExitCode.REGRESSION, "slower: 1 of 1 row"),
    "buildmark engine down": (ExitCode.OK, "removed"),
}
"""What of the tutorial is typed here: what it ends with, and a word that it says."""


class Shell:
    """A terminal: it remembers where it stands, as a reader's does."""

    def __init__(self, here: Path, cache: Path) -> None:
        self._here = here
        self._place = here / ".place"
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._environment = {**os.environ, **IDENTITY, "PATH": path, "BUILDMARK_CACHE": str(cache)}

    def type(self, text: str, *, strict: bool) -> subprocess.CompletedProcess[str]:
        """Type a command, or with `strict` a whole script that ends where something fails."""
        script = f"{'set -e' if strict else ''}\ntrap 'pwd > {self._place}' EXIT\n{text}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._here,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self._here = Path(self._place.read_text().strip())
        return done


@pytest.fixture
def cache(engine: Engine) -> Iterator[Path]:
    """A cache folder of the test's own: `engine down` must not end somebody else's. What was fetched is shared."""
    del engine  # it has fetched what there is to fetch
    users = cache_folder(os.environ)
    folder = Path(tempfile.mkdtemp(dir=users, prefix="test-"))
    for path in (*users.glob("docker-*"), *users.glob("bases")):
        if path.is_dir() and not path.suffix:
            (folder / path.name).symlink_to(path)
    yield folder
    home = EngineHome(folder, environment=os.environ, clock=SystemClock())
    for state in home.states():
        home.remove(state)
    shutil.rmtree(folder)


def trials_of(home: Path, name: str) -> tuple[Trial, ...]:
    """The trials of one of the reader's runs."""
    folder = RunStore(home / "handbook" / "results").open(name)
    return folder.read_trials(folder.read_run()).trials


def test_the_tutorials_core_does_on_a_real_engine_what_it_says(tmp_path: Path, cache: Path) -> None:
    shell = Shell(tmp_path, cache)
    said: dict[str, str] = {}
    for block in blocks_of(TUTORIAL):
        for command in commands_of(block):
            entry = next((one for one in CORE if command.text.startswith(one)), None)
            if block.language != "sh" and entry is None:
                continue
            done = shell.type(command.text, strict=block.language == "sh")
            code, word = CORE[entry] if entry else (0, "")
            codes = {code}
            if code is ExitCode.REGRESSION and any(trial.disturbed for trial in trials_of(tmp_path, "latest")):
                codes, word = {code, ExitCode.UNDECIDED}, "1 of 1 row"  # as many may be left as it takes, or fewer
            assert done.returncode in codes, f"{command.text}\n{done.stdout}{done.stderr}"
            assert word in done.stdout, f"{command.text}\n{done.stdout}"
            said[entry or command.text] = done.stdout
    assert set(CORE) <= set(said)
    first = RunStore(tmp_path / "handbook" / "results").list_runs()[-1].name
    assert [(trial.status, trial.proof and trial.proof.cached) for trial in trials_of(tmp_path, first)] == [
        (TrialStatus.VALID, 0 if trial.state is State.COLD else 5) for trial in trials_of(tmp_path, first)
    ]
    assert traces_of(engines_in(said["buildmark engine up"]), cache) == set()
