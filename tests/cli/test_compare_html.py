"""`buildmark compare --html` as a user types it: where the page lies, that nothing else changes, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.errors import ExitCode
from bench.ports.run_store import RunStore
from bench.report.html.compared.held import ComparedParts
from tests.cli.command import Buildmark
from tests.compared_pages import revisions, two_runs

AXIS = ("compare", "latest", "--axis", "rev")


def record(results: Path, parts: ComparedParts) -> None:
    for side, files in {
        one.run.id: (one, two) for one, two in zip((parts.base, parts.head), parts.dockerfiles, strict=True)
    }.values():
        with RunStore(results).create(side.run) as writer:
            for variant, text in files.items():
                writer.write_dockerfile(variant, text)
            for trial in side.trials:
                writer.append(trial)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    record(tmp_path / "results", revisions())
    return tmp_path / "results"


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    return Buildmark(monkeypatch, capsys)


def test_the_page_lies_in_the_heads_folder_and_its_place_is_said_beside_the_table(
    results: Path, buildmark: Buildmark
) -> None:
    plain = buildmark(*AXIS, "--results", str(results))
    said = buildmark(*AXIS, "--html", "--results", str(results))
    page = results / revisions().base.run.id / "compare.html"
    assert (said.code, said.out) == (plain.code, plain.out) == (ExitCode.REGRESSION, plain.out)
    assert said.err.startswith(f"{page}: ")
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "RUN make docs" in text


def test_json_stays_json(results: Path, buildmark: Buildmark, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    said = buildmark(*AXIS, "--html", "--out", str(out), "--format", "json", "--results", str(results))
    assert json.loads(said.out)["rows"][0]["verdict"] == "slower"
    assert "slower" in out.read_text()


def test_two_runs_variants_and_disturbed_trials_have_pages_too(
    results: Path, buildmark: Buildmark, tmp_path: Path
) -> None:
    apart = tmp_path / "apart"
    record(apart, two_runs())
    said = buildmark("compare", "20261123", "20261124", "--html", "--results", str(apart))
    assert said.code == ExitCode.REGRESSION
    page = (apart / "20261124-090000-quick" / "compare.html").read_text()
    assert "FROM scratch" in page
    assert "head: debian-12" in page
    assert "6.12.9" in page
    out = tmp_path / "variants.html"
    names = ("latest:debian-12-main", ":debian-12-HEAD")
    for more in ((), ("--keep-disturbed",)):
        buildmark("compare", *names, "--html", "--out", str(out), *more, "--results", str(results))
        assert ("40 % of the CPU" in out.read_text()) is not bool(more)


def test_open_starts_the_users_browser(
    results: Path, buildmark: Buildmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def no_browser(address: str) -> bool:
        opened.append(address)
        return False

    monkeypatch.setattr("webbrowser.open", no_browser)
    out = tmp_path / "page.html"
    said = buildmark(*AXIS, "--html", "--out", str(out), "--open", "--results", str(results))
    assert opened == [out.as_uri()]
    assert said.err.endswith("no browser could be started: open that file yourself\n")
    assert said.code == ExitCode.REGRESSION


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "page.html"), "--out is about the page of --html"),
        (("--open",), "--open is about the page of --html"),
        (("--html", "--out", "."), "is not a file"),
        (("--html", "--out", "nowhere/page.html"), "lies in a folder that does not exist"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_compared(
    results: Path, buildmark: Buildmark, arguments: tuple[str, ...], message: str
) -> None:
    said = buildmark(*AXIS, *arguments, "--results", str(results))
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert message in said.err
