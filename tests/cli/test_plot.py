"""`buildmark plot` as a user types it."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.ports.run_store import RunStore
from bench.report.choices import PlotKind
from tests.cli.command import Buildmark
from tests.history import COLD, record_all
from tests.report.drawn import AXES, full

FULL = full({**AXES, "base": ("debian-12", "alpine-3.23")}, rounds=3)
OF_RUNS = [kind for kind in PlotKind if kind is not PlotKind.TREND]


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Buildmark:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BUILDMARK_INDEX", raising=False)
    return Buildmark(monkeypatch, capsys)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "results"
    with RunStore(folder).create(FULL.run) as writer:
        for trial in FULL.trials:
            writer.append(trial)
    return folder


@pytest.fixture
def results(tmp_path: Path, recorded: Path) -> None:
    shutil.copytree(recorded, tmp_path / "results")


def width_of(png: bytes) -> int:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return int(struct.unpack(">I", png[16:20])[0])


@pytest.mark.parametrize("kind", OF_RUNS)
@pytest.mark.usefixtures("results")
def test_every_kind_is_an_svg_and_a_png(buildmark: Buildmark, kind: PlotKind, tmp_path: Path) -> None:
    assert buildmark("plot", "latest", "--kind", kind, "--out", "a.svg") == (0, "wrote a.svg\n", "")
    root = ET.fromstring((tmp_path / "a.svg").read_text())  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root.get("aria-label")
    said = buildmark("plot", "latest", "--kind", kind, "--out", "a.PNG", "--theme", "dark", "--width", "500")
    assert said.code == 0, said.err
    assert 900 <= width_of((tmp_path / "a.PNG").read_bytes()) <= 1300


@pytest.mark.usefixtures("results")
def test_variants_and_states_can_be_chosen(buildmark: Buildmark, tmp_path: Path) -> None:
    only = ("--variant", "debian-12-single-split,alpine-3.23-multi-merged", "--state", "warm")
    assert buildmark("plot", "latest", "--kind", "phases", *only, "--out", "a.svg").code == 0
    text = (tmp_path / "a.svg").read_text()
    assert "warm build" in text
    assert "cold build" not in text
    assert ">debian-12-single-split<" in text
    assert ">debian-12-multi-split<" not in text
    assert buildmark("plot", "latest", "--kind", "tradeoff", "--state", "warm", "--out", "a.svg").code == 0
    assert "warm build" in (tmp_path / "a.svg").read_text()
    chosen = ("--variant", "debian-12-multi-split", "--state", "edit-source")
    assert buildmark("plot", "latest", "--kind", "waterfall", *chosen, "--out", "a.svg").code == 0
    assert "Steps of debian-12-multi-split, edit-source" in (tmp_path / "a.svg").read_text()


def test_a_trend_is_of_a_series(buildmark: Buildmark, tmp_path: Path) -> None:
    record_all(tmp_path / "results", [1.0] * 8 + [1.2] * 8)
    assert buildmark("plot", COLD, "--kind", "trend", "--out", "trend.svg").code == 0
    text = (tmp_path / "trend.svg").read_text()
    assert "16 runs, 1 step" in text
    several = buildmark("plot", "quick", "--kind", "trend", "--out", "trend.svg")
    assert several.code == 2
    assert "'quick' names 2 series" in several.err
    assert buildmark("plot", COLD, "--kind", "trend", "--metric", "image_size_bytes", "--out", "trend.png").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["latest", "--kind", "pie", "--out", "a.svg"], "there is no kind of picture 'pie'"),
        (["latest", "--kind", "phase", "--out", "a.svg"], "(did you mean 'phases'?)"),
        (["latest", "--kind", "phases", "--out", "a.pdf"], "names neither an .svg nor a .png file"),
        (["latest", "--kind", "phases", "--out", "."], "names neither"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--width", "wide"], "--width takes 240 to 4000 pixels"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--width", "10"], "--width takes 240 to 4000 pixels"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--theme", "drak"], "(did you mean 'dark'?)"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--state", "wram"], "unknown state 'wram'"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--state", "pull"], "has no state 'pull'"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--variant", "debian"], "has no variant 'debian'"),
        (["latest", "--kind", "phases", "--out", "a.svg", "--metric", "wall_s"], "--metric is for --kind trend only"),
        (["latest", "--kind", "effects", "--out", "a.svg", "--variant", "debian-12-multi-split"], "no --variant"),
        (["latest", "--kind", "tradeoff", "--out", "a.svg", "--state", "cold,warm"], "shows one state"),
        (["nothing", "--kind", "phases", "--out", "a.svg"], "no run 'nothing'"),
        (["nothing", "--kind", "trend", "--out", "a.svg"], "no series has 'nothing' in its name"),
        (["quick", "--kind", "trend", "--out", "a.svg", "--state", "cold"], "not for --kind trend"),
    ],
)
@pytest.mark.usefixtures("results")
def test_a_wrong_word_is_a_usage_error_and_writes_nothing(
    buildmark: Buildmark, tmp_path: Path, arguments: list[str], message: str
) -> None:
    said = buildmark("plot", *arguments)
    assert said.code == 2
    assert message in said.err
    assert not (tmp_path / "a.svg").exists()


@pytest.mark.usefixtures("results")
def test_a_file_that_cannot_be_written_is_said(buildmark: Buildmark, tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    assert "is not a file that can be replaced" in buildmark("plot", "latest", "--kind", "phases", "--out", "a.svg").err
    said = buildmark("plot", "latest", "--kind", "phases", "--out", "nowhere/a.svg")
    assert said.code == 5
    assert "name another file with --out" in said.err
