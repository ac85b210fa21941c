"""A Dockerfile of somebody's own, from `buildmark init` or in the place of a scenario, built for real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.model.trial import TrialStatus
from bench.ports.run_store import RunStore
from tests.engine.machine_traces import engines_in, traces_of
from tests.own_projects import lay_out

pytestmark = pytest.mark.engine

BUILDMARK = (sys.executable, "-m", "bench")


def buildmark(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BUILDMARK, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_a_scenario_that_init_made_builds_with_its_guessed_edit_and_smoke_test(tmp_path: Path) -> None:
    project = lay_out("heredocs", tmp_path).parent
    made = buildmark("init", "--from", "Dockerfile", cwd=project)
    assert made.returncode == 0, made.stderr
    run = ("run", "heredocs", "--base", "alpine-3.23", "--rounds", "1", "--state", "cold,warm,edit-source")
    done = buildmark(*run, "--engine", "private", "--format", "json", "--keep-disturbed", cwd=project)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {(row["state"], row["n_valid"]) for row in rows} == {("cold", 1), ("warm", 1), ("edit-source", 1)}
    folder = RunStore(project / "results").open("latest")
    cold, *_ = folder.read_trials(folder.read_run()).trials
    assert cold.smoke is not None
    assert cold.smoke.passed
    assert traces_of(engines_in(done.stderr)) == set()


def test_a_run_of_a_dockerfile_alone_is_stopped_and_resumed(tmp_path: Path) -> None:
    project = lay_out("heredocs", tmp_path).parent
    arguments = ("run", "./Dockerfile", "--rounds", "3", "--state", "cold", "--engine", "private")
    begun = subprocess.Popen(
        [*BUILDMARK, *arguments], cwd=project, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert begun.stderr is not None
    said = ""
    for line in begun.stderr:
        said += line
        if "[1/3]" in line:
            break
    begun.send_signal(signal.SIGINT)
    said += begun.communicate()[1]
    assert begun.returncode == 130, said
    resumed = buildmark("resume", "latest", cwd=project)
    assert resumed.returncode == 0, resumed.stderr
    folder = RunStore(project / "results").open("latest")
    run = folder.read_run()
    assert (run.plan.scenario, [variant.id for variant in run.plan.variants]) == ("heredocs", ["alpine-3.23"])
    trials = folder.read_trials(run).trials
    assert [trial.status for trial in trials] == [TrialStatus.VALID] * 3
