"""`buildmark run` and `resume` as a user types them, on real engines."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from bench.model.build import StepKind
from bench.model.scenario import State, base_ref
from bench.model.trial import Trial, TrialStatus
from bench.ports.docker_engine import DockerEngine
from bench.ports.docker_host import resolve_host
from bench.ports.meter_parts import METRICS
from bench.ports.protocols import Engine
from bench.ports.run_store import RunStore
from tests.engine.machine_traces import engines_in, traces_of

pytestmark = pytest.mark.engine

QUICK = ("run", "quick", "--base", "debian-12", "--set", "stages=multi")
FOUR = ("--set", "layers=split,merged", "--rounds", "1")
BUILDMARK = (sys.executable, "-m", "bench")


def buildmark(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BUILDMARK, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def begin(*arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*BUILDMARK, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def read_until(process: "subprocess.Popen[str]", pattern: str) -> str:
    """Follow what a run says until it says this, and return it all; the next trial is then about to begin."""
    assert process.stderr is not None
    seen: list[str] = []
    for line in process.stderr:
        seen.append(line)
        if re.search(pattern, line):
            return "".join(seen)
    raise AssertionError(f"it ended before it said {pattern!r}: {''.join(seen)}")


def trials_of(cwd: Path) -> tuple[Trial, ...]:
    folder = RunStore(cwd / "results").open("latest")
    return folder.read_trials(folder.read_run()).trials


def write_scenario(folder: Path, template: str, **keys: str) -> Path:
    (folder / "context").mkdir(parents=True)
    (folder / "context" / "a.txt").write_text("hello\n")
    (folder / "Dockerfile.j2").write_text(template)
    lines = ['title = "A scenario of a test"', *(f"{key} = {value}" for key, value in keys.items())]
    (folder / "scenario.toml").write_text("\n".join([*lines, "[axes]", 'base = ["debian-12"]', ""]))
    return folder


def test_a_run_from_nothing_to_tables_leaves_no_trace(tmp_path: Path) -> None:
    # Whatever else runs on the machine that tests this: its trials count here.
    done = buildmark(*QUICK, *FOUR, "--engine", "private", "--format", "json", "--keep-disturbed", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert {(row["variant"], row["state"]) for row in shown["rows"]} == {
        (f"debian-12-multi-{layers}", state) for layers in ("split", "merged") for state in ("cold", "warm")
    }
    for row in shown["rows"]:
        assert (row["n_valid"], row["n_invalid"], row["n_failed"]) == (1, 0, 0)
        assert row["metrics"]["hit_ratio"]["median"] == (1.0 if row["state"] == "warm" else 0.0)
        assert row["metrics"]["image_size_bytes"]["median"] > 50_000_000
    assert traces_of(engines_in(done.stderr)) == set()
    run = RunStore(tmp_path / "results").open("latest").path
    assert sorted(path.name for path in run.iterdir()) == [
        "dockerfiles",
        "logs",
        "run.json",
        "summary.csv",
        "summary.md",
        "trials.jsonl",
    ]


def test_a_trial_records_what_it_measured_and_which_meter_said_so(tmp_path: Path) -> None:
    done = buildmark(*QUICK, "--set", "layers=split", "--rounds", "1", "--engine", "private", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    cold, warm = trials_of(tmp_path)
    assert cold.image is not None
    assert warm.image is not None
    assert cold.image.size_bytes == warm.image.size_bytes
    assert cold.smoke is not None
    assert cold.smoke.passed
    assert cold.phases is not None
    assert cold.phases.steps_s is not None
    assert cold.wall_s is not None
    assert 0 < cold.phases.steps_s < cold.wall_s
    assert set(METRICS) == {*cold.resources, *cold.absent}
    ran = [step.digest for step in cold.steps if step.kind is StepKind.RUN]
    assert [use.digest for use in cold.step_use] == ran, cold.absent
    assert not warm.step_use
    assert cold.host is not None
    assert cold.host.samples is not None
    assert cold.resources["cpu_user_s"].value > 0.1
    assert cold.resources["cache_growth_bytes"].value > 1_000_000
    assert warm.resources["cache_growth_bytes"].value < 1_000_000
    log = RunStore(tmp_path / "results").open("latest").path / (cold.log or "")
    assert "awk" in log.read_text()
    assert (log.parent.parent / cold.host.samples).is_file()


def test_an_edit_rebuilds_what_it_must_and_no_more(tmp_path: Path) -> None:
    done = buildmark(
        *QUICK,
        "--set",
        "layers=split",
        "--state",
        "edit-source,edit-deps",
        "--rounds",
        "2",
        "--engine",
        "private",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    trials = trials_of(tmp_path)
    assert {trial.status for trial in trials} == {TrialStatus.VALID}
    assert {trial.proof.edited for trial in trials if trial.proof} == {("pages/catalogue.csv",), ("site/app.js",)}
    first = {trial.state: trial.proof.had_to_miss[0] for trial in trials if trial.proof}
    assert first == {
        State.EDIT_SOURCE: "[build 4] COPY pages/ pages/",
        State.EDIT_DEPS: "[build 3] COPY site/ site/",
    }


def test_a_pull_fetches_the_base_and_leaves_it_in_place(tmp_path: Path) -> None:
    done = buildmark(
        *QUICK,
        "--set",
        "layers=merged",
        "--state",
        "cold,pull",
        "--registry",
        "local",
        "--rounds",
        "2",
        "--engine",
        "private",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    trials = trials_of(tmp_path)
    assert {trial.status for trial in trials} == {TrialStatus.VALID}
    pulled = [trial.proof.pulled_bytes or 0 for trial in trials if trial.proof and trial.state is State.PULL]
    assert len(pulled) == 2
    assert min(pulled) > 10_000_000
    assert not any("docker-registry" in process.name() for process in psutil.process_iter())


def test_a_killed_run_is_finished_by_resume_with_no_trial_lost_or_twice(tmp_path: Path) -> None:
    run = begin(*QUICK, *FOUR, "--engine", "private", cwd=tmp_path)
    begun = read_until(run, r"\[2/4\]")
    run.kill()
    run.communicate()
    kept = trials_of(tmp_path)
    assert len(kept) >= 2
    done = buildmark("resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    finished = trials_of(tmp_path)
    assert finished[: len(kept)] == kept
    assert [trial.number for trial in finished] == [1, 2, 3, 4]
    assert {trial.status for trial in finished} == {TrialStatus.VALID}
    engines = engines_in(begun) | engines_in(done.stderr)
    assert len(engines) == 2
    assert traces_of(engines) == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_stopped_keeps_the_records_and_cleans_up(tmp_path: Path, number: signal.Signals) -> None:
    run = begin(*QUICK, *FOUR, "--engine", "private", cwd=tmp_path)
    begun = read_until(run, r"\[1/4\]")
    run.send_signal(number)
    _, said = run.communicate()
    assert run.returncode == 130, said
    assert "buildmark resume" in said
    assert len(trials_of(tmp_path)) >= 1
    assert traces_of(engines_in(begun)) == set()


def test_an_engine_that_is_killed_in_the_middle_ends_the_run_with_a_way_on(tmp_path: Path) -> None:
    run = begin(*QUICK, *FOUR, "--engine", "private", cwd=tmp_path)
    begun = read_until(run, r"\[1/4\]")
    engines = [child for child in psutil.Process(run.pid).children(recursive=True) if child.name() == "dockerd"]
    assert len(engines) == 1
    engines[0].kill()
    _, said = run.communicate()
    assert run.returncode == 5, said
    assert "buildmark resume" in said
    assert "Traceback" not in said
    assert len(trials_of(tmp_path)) >= 1
    assert traces_of(engines_in(begun)) == set()


def test_a_failing_step_is_recorded_with_its_last_lines(tmp_path: Path) -> None:
    scenario = write_scenario(
        tmp_path / "broken", "FROM {{ base.ref }}\nCOPY a.txt /a\nRUN seq 1 30; echo no such thing >&2; exit 7\n"
    )
    done = buildmark("run", str(scenario), "--rounds", "1", "--engine", "private", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    cold, warm = trials_of(tmp_path)
    assert (cold.status, warm.status) == (TrialStatus.FAILED, TrialStatus.FAILED)
    assert "exit code: 7" in (cold.reason or "")
    assert len(cold.log_tail) == 20
    assert any("no such thing" in line for line in cold.log_tail)
    said = " ".join(done.stdout.split())  # notes are wrapped to the terminal's width
    assert "exited with 7" in said
    assert "| no such thing" in said


def test_a_dockerfile_that_the_engine_rejects_is_a_record_too(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path / "odd", "FROM {{ base.ref }}\nFETCH a.txt\n")
    done = buildmark("run", str(scenario), "--rounds", "1", "--state", "cold", "--engine", "private", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    (trial,) = trials_of(tmp_path)
    assert "FETCH" in (trial.reason or "")


def test_a_build_that_hangs_is_stopped_and_recorded(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path / "slow", "FROM {{ base.ref }}\nCOPY a.txt /a\nRUN tail -f /dev/null\n")
    done = buildmark(
        "run", str(scenario), "--rounds", "1", "--state", "cold", "--timeout", "2", "--engine", "private", cwd=tmp_path
    )
    assert done.returncode == 4, done.stderr
    (trial,) = trials_of(tmp_path)
    assert trial.status is TrialStatus.TIMEOUT


def test_the_classic_builder_runs_the_same_scenario(tmp_path: Path) -> None:
    options = ("--builder", "classic", "--engine", "private", "--format", "json", "--keep-disturbed")
    done = buildmark(*QUICK, *FOUR, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {(row["state"], row["metrics"]["hit_ratio"]["median"]) for row in rows} == {("cold", 0.0), ("warm", 1.0)}


def test_the_users_own_engine_is_left_as_it_was(tmp_path: Path, engine: Engine) -> None:
    host = {name: value for name, value in engine.environment.items() if name.startswith("DOCKER_")}
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /kept-by-the-user\n")
    subprocess.run(
        ["docker", "buildx", "build", "--tag", "theirs:1", str(theirs)],
        env={**os.environ, **engine.environment},
        capture_output=True,
        check=True,
    )
    try:
        before = state_of(host)
        done = buildmark(*QUICK, *FOUR, "--engine", "host", cwd=tmp_path, env=host)
        assert done.returncode == 0, done.stderr
        assert {trial.status for trial in trials_of(tmp_path)} == {TrialStatus.VALID}
        assert state_of(host) == before
        assert engine.find_image(base_ref("debian-12")) is None
    finally:
        engine.remove_image("theirs:1")


def state_of(host: Mapping[str, str]) -> dict[str, Sequence[Any]]:
    """Everything in an engine that a run could change."""
    opened = DockerEngine(resolve_host({**os.environ, **host}), {**os.environ, **host})
    try:
        images = subprocess.run(
            ["docker", "images", "--all", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"],
            env=dict(opened.environment),
            capture_output=True,
            text=True,
            check=True,
        )
        return {
            "cache": sorted(record.id for record in opened.build_cache()),
            "images": sorted(
                line for line in images.stdout.split("\n") if base_ref("debian-12").rpartition(":")[0] not in line
            ),
        }
    finally:
        opened.close()


def test_the_records_can_be_read_by_any_json_reader(tmp_path: Path) -> None:
    done = buildmark(*QUICK, "--rounds", "1", "--state", "cold", "--engine", "private", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = RunStore(tmp_path / "results").open("latest").path
    lines = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert [line["number"] for line in lines] == [1, 2]
    described = json.loads((run / "run.json").read_text())
    assert described["bases"][0]["digest"].startswith("sha256:")
    assert msgspec.to_builtins(trials_of(tmp_path)[0])["variant"] == lines[0]["variant"]


def test_a_run_keeps_the_commit_of_its_scenario(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path / "app", "FROM {{ base.ref }}\nRUN true\n")
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "app"),
        ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "Add the app"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    done = buildmark("run", str(scenario), "--rounds", "1", "--state", "cold", "--engine", "private", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = buildmark("history", "list", "--format", "json", cwd=tmp_path)
    (run,) = json.loads(listed.stdout)["runs"]
    assert (run["source"]["branch"], run["source"]["dirty"], run["source"]["subject"]) == ("main", False, "Add the app")
    assert run["n_recorded"] == 1
