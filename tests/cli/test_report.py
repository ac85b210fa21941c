"""`buildmark report` as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.ports.run_store import RunStore
from tests.cli.command import Buildmark
from tests.pages import everything


@pytest.fixture
def results(tmp_path: Path) -> Path:
    parts = everything()
    with RunStore(tmp_path / "results").create(parts.run) as writer:
        for variant, text in parts.dockerfiles.items():
            writer.write_dockerfile(variant, text)
        for trial in parts.trials:
            writer.append(trial)
    return tmp_path / "results"


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    return Buildmark(monkeypatch, capsys)


def test_the_page_lies_beside_the_records_and_its_place_and_size_are_said(results: Path, buildmark: Buildmark) -> None:
    said = buildmark("report", "latest", "--results", str(results))
    page = results / everything().run.id / "report.html"
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{page}: ")
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "RUN make part-1 --with=options-1" in text


def test_out_names_another_file_and_several_runs_share_it(results: Path, buildmark: Buildmark, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    said = buildmark("report", "latest", everything().run.id, "--results", str(results), "--out", str(out))
    assert said.code == 0
    assert out.read_text().count("<article") == 1, "the same run twice is one run"


def test_open_starts_the_users_browser(
    results: Path, buildmark: Buildmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def no_browser(address: str) -> bool:
        opened.append(address)
        return False

    monkeypatch.setattr("webbrowser.open", no_browser)
    out = tmp_path / "a page.html"
    said = buildmark("report", "latest", "--results", str(results), "--out", str(out), "--open")
    assert opened == [out.as_uri()]
    assert said.err == "no browser could be started: open that file yourself\n"
    assert said.code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("report", "nonesuch"), "no run 'nonesuch'"), (("report", "latest", "--out", "."), "is not a file")],
)
def test_what_cannot_be_done_is_said(
    results: Path, buildmark: Buildmark, arguments: tuple[str, ...], message: str
) -> None:
    said = buildmark(*arguments, "--results", str(results))
    assert said.code == 2
    assert message in said.err


def test_disturbed_trials_count_when_they_are_asked_for(results: Path, buildmark: Buildmark, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    buildmark("report", "latest", "--results", str(results), "--out", str(out))
    assert "40 % of the machine" in out.read_text()
    buildmark("report", "latest", "--results", str(results), "--out", str(out), "--keep-disturbed")
    assert "40 % of the machine" not in out.read_text()
