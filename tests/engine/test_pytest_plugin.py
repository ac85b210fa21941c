"""The pytest plugin on a real engine: saved, then compared, as somebody would in a project of theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.model.trial import TrialStatus
from bench.ports.run_store import RunStore

pytestmark = pytest.mark.engine

TESTS = """
import pytest

@pytest.mark.parametrize("state", ["cold", "warm"])
def test_quick(buildmark, state):
    trials = buildmark("quick", base="debian-12", stages="multi", layers="merged", state=state, rounds=2)
    assert trials[0].image.size_bytes > 50e6
"""


def run(folder: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--buildmark-results=runs", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_builds_are_saved_and_compared_as_benchmarks(tmp_path: Path) -> None:
    (tmp_path / "test_images.py").write_text(TESTS)
    run(tmp_path, "--benchmark-save=first")
    said = run(tmp_path, "--benchmark-save=second", "--benchmark-compare=0001")
    assert "test_quick[cold] (NOW)" in said
    assert "test_quick[cold] (0001_first)" in said
    assert "2 passed" in said
    saved = sorted(tmp_path.glob(".benchmarks/*/*.json"))
    assert [file.name[:10] for file in saved] == ["0001_first", "0002_secon"]
    cold, warm = (json.loads(saved[0].read_text())["benchmarks"][number] for number in range(2))
    assert cold["stats"]["rounds"] == warm["stats"]["rounds"] == 2
    assert (cold["extra_info"]["hit_ratio"], warm["extra_info"]["hit_ratio"]) == (0, 1)
    assert cold["extra_info"]["image_size_bytes"] == warm["extra_info"]["image_size_bytes"] > 50e6
    assert cold["extra_info"]["cpu_s"] > 0
    store = RunStore(tmp_path / "runs")
    runs = [store.open(one.name) for one in store.list_runs()]
    trials = [trial for folder in runs for trial in folder.read_trials(folder.read_run()).trials]
    assert [trial.status for trial in trials] == [TrialStatus.VALID] * 8


def test_what_pytest_times_is_the_build_alone(tmp_path: Path) -> None:
    """A warm trial builds twice, of which one is timed; the time is Buildmark's own, but for the call around it."""
    (tmp_path / "test_images.py").write_text(TESTS.replace('["cold", "warm"]', '["warm"]'))
    run(tmp_path, "--benchmark-save=one", "--benchmark-save-data")
    (saved,) = tmp_path.glob(".benchmarks/*/*.json")
    (benchmark,) = json.loads(saved.read_text())["benchmarks"]
    folder = RunStore(tmp_path / "runs").open("latest")
    trials = folder.read_trials(folder.read_run()).trials
    for timed_s, trial in zip(benchmark["stats"]["data"], trials, strict=True):
        assert trial.wall_s is not None
        assert trial.wall_s <= timed_s < trial.wall_s + trial.overhead_s["prepare"]
