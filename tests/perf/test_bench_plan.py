"""How long the plan of 10,000 variants takes, as the command and as the function; the aim is less than 2 s."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.model.scenario import State
from bench.ports.scenario_files import load_scenario
from bench.pure.planning import expand, make_plan

LEVELS = ", ".join(f'"level{number}"' for number in range(10))
AXES = "\n".join(f"axis{number} = [{LEVELS}]" for number in range(4))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    folder = tmp_path / "large"
    (folder / "context").mkdir(parents=True)
    (folder / "Dockerfile.j2").write_text("FROM scratch\n")
    (folder / "scenario.toml").write_text(f'title = "Large"\n[axes]\n{AXES}\n')
    return folder


@pytest.mark.parametrize("form", ["table", "json"])
def test_plan_command(benchmark: BenchmarkFixture, large: Path, form: str) -> None:
    command = [sys.executable, "-c", "from bench.cli.main import main; main()", "plan", str(large), "--format", form]
    done = benchmark(subprocess.run, command, capture_output=True, check=True)
    assert done.stdout


def test_load_expand_and_plan(benchmark: BenchmarkFixture, large: Path) -> None:
    def plan() -> int:
        scenario = load_scenario(str(large), folders=(), known_bases=())
        variants = expand(scenario, scenario.axes)
        return len(make_plan(scenario.name, variants, (State.COLD, State.WARM), 5, 1).trials)

    assert benchmark(plan) == 100_000
