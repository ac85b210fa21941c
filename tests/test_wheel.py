"""What a user installs is what we test: the wheel holds all that a report is made of, and makes one by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from bench.ports.run_store import RunStore
from tests.pages import everything

ROOT = Path(__file__).parent.parent
ASSETS, SCENARIOS = "bench/report/html/assets/", "scenarios/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    return zipfile.ZipFile(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


def test_the_wheel_holds_every_file_of_the_package_and_of_the_shipped_scenarios(wheel: zipfile.ZipFile) -> None:
    there = [path for folder in ("bench", "scenarios") for path in (ROOT / folder).rglob("*") if path.is_file()]
    names = [path.relative_to(ROOT).as_posix() for path in there if "__pycache__" not in path.parts]
    assert {name.startswith(ASSETS) for name in names} == {True, False}
    wanted = {f"bench/shipped/{name.removeprefix(SCENARIOS)}" if name.startswith(SCENARIOS) else name for name in names}
    assert wanted - set(wheel.namelist()) == set()


def test_a_report_is_made_by_what_the_wheel_holds(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    parts = everything()
    with RunStore(tmp_path / "results").create(parts.run) as writer:
        for trial in parts.trials:
            writer.append(trial)
    wheel.extractall(tmp_path / "site")
    code = "import bench; from bench.cli.main import main; print(bench.__file__); main()"
    made = subprocess.run(
        [sys.executable, "-c", code, "report", "latest", "--results", "results", "--out", "page.html"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.startswith(str(tmp_path / "site"))
    assert "The answer" in (tmp_path / "page.html").read_text()
