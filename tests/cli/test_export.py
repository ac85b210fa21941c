"""`buildmark export`, and the one reader that is a command on this machine: `pytest-benchmark compare`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.model.trial import TrialStatus
from bench.ports.run_store import RunStore
from bench.report.choices import ExportFormat
from bench.report.export_formats import render_export
from tests.builders import make_lost_trial, make_plan, make_run, make_trials
from tests.cli.command import Buildmark
from tests.report.exported import hostile, usual

PLAN = make_plan()
RUN = make_run(PLAN)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with RunStore(tmp_path / "results").create(RUN) as writer:
        for trial in make_trials(PLAN):
            writer.append(msgspec.structs.replace(trial, disturbed="other work" if trial.round == 2 else None))
    return tmp_path / "results"


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    return Buildmark(monkeypatch, capsys)


@pytest.mark.parametrize("form", list(ExportFormat))
def test_every_format_is_printed_or_written(buildmark: Buildmark, results: Path, form: ExportFormat) -> None:
    printed = buildmark("export", "latest", "--format", form, "--results", str(results))
    assert (printed.code, printed.err) == (0, "")
    file = results / "out"
    plain = ("--pictures", "none") if form is ExportFormat.MARKDOWN else ()
    arguments = ("export", "latest", "--format", form, "--results", str(results), "--out", str(file), *plain)
    assert buildmark(*arguments).out == ""
    assert file.read_text() == printed.out


def test_an_export_without_numbers_says_why(buildmark: Buildmark, tmp_path: Path) -> None:
    lost = make_lost_trial(PLAN.trials[0], TrialStatus.FAILED, "exit code: 1")
    with RunStore(tmp_path / "results").create(RUN) as writer:
        for trial in (lost, *make_trials(PLAN)[1:]):
            writer.append(msgspec.structs.replace(trial, disturbed=None if trial is lost else "other work"))
    arguments = ("export", "latest", "--format", "hyperfine", "--results", str(tmp_path / "results"))
    said = buildmark(*arguments)
    total = len(PLAN.trials)
    assert said.code == 0
    assert said.err.startswith(f"none of {total} trials counts, so there are no numbers ({total - 1} disturbed, 1 fail")
    assert said.err.endswith("; for those that were disturbed: --keep-disturbed\n")
    kept = buildmark(*arguments, "--keep-disturbed")
    assert (kept.code, kept.err) == (0, "")


def test_disturbed_trials_count_when_asked(buildmark: Buildmark, results: Path) -> None:
    def times(*options: str) -> list[int]:
        said = buildmark("export", "latest", "--format", "hyperfine", "--results", str(results), *options)
        return [len(one["times"]) for one in json.loads(said.out)["results"]]

    assert set(times()) == {2}
    assert set(times("--keep-disturbed")) == {3}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "openmetric"], "there is no format 'openmetric' (did you mean 'openmetrics'?)"),
        (["--format", "bencher", "--metric", "wal_s"], "there is no metric 'wal_s' (did you mean 'wall_s'?)"),
        (["--format", "junit", "--metric", "wall_s"], "--format junit always has every metric"),
        (["--format", "json", "--out", "/dev/null"], "--out /dev/null is not a file that can be replaced"),
        (["--format", "json", "--out", "."], "is not a file that can be replaced"),
        ([], "--format"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_is_written(
    buildmark: Buildmark, results: Path, options: list[str], message: str
) -> None:
    said = buildmark("export", "latest", "--results", str(results), *options)
    assert said.code == 2
    assert message in said.err
    assert Path("/dev/null").is_char_device()


def test_a_file_that_cannot_be_written_is_left_as_it_was(buildmark: Buildmark, results: Path) -> None:
    file = results / "missing" / "out.json"
    said = buildmark("export", "latest", "--results", str(results), "--format", "json", "--out", str(file))
    assert said.code == 5
    assert "cannot write" in said.err
    assert "try: name another file with --out" in said.err
    assert not file.parent.exists()


def test_a_link_stays_a_link(buildmark: Buildmark, results: Path) -> None:
    (results / "real.json").write_text("old")
    (results / "link.json").symlink_to("real.json")
    buildmark("export", "latest", "--results", str(results), "--format", "json", "--out", str(results / "link.json"))
    assert (results / "link.json").is_symlink()
    assert json.loads((results / "real.json").read_text())["run"]["id"] == RUN.id


def compare(folder: Path, *files: str) -> str:
    """What `pytest-benchmark compare` says of files; it must not end with an error or a warning."""
    program = Path(sys.executable).with_name("pytest-benchmark")
    done = subprocess.run(
        [program, "compare", "--name=normal", "--columns=min,median,rounds", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "Failed to load" not in done.stdout + done.stderr
    return done.stdout


def test_pytest_benchmark_compares_two_runs(tmp_path: Path) -> None:
    for name in ("base.json", "head.json"):
        (tmp_path / name).write_text(render_export(usual(), ExportFormat.PYTEST_BENCHMARK))
    said = compare(tmp_path, "./base.json", "./head.json")
    assert "benchmark 'cold': 8 tests" in said
    assert "benchmark 'warm': 8 tests" in said
    first = next(line for line in said.splitlines() if line.startswith("debian-12-single[cold]"))
    assert first.rstrip().endswith("3")


def test_pytest_benchmark_reads_names_of_all_kinds(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(render_export(hostile(), ExportFormat.PYTEST_BENCHMARK))
    assert "8 tests" in compare(tmp_path, "./odd.json")


def test_the_document_has_every_format_and_no_other() -> None:
    text = (Path(__file__).parents[2] / "docs" / "EXPORTS.md").read_text()
    assert re.findall(r"^\| \[`([a-z-]+)`\]\(#", text, re.MULTILINE) == [form.value for form in ExportFormat]
    shown = set(re.findall(r"--format ([a-z-]+)", text))
    assert shown <= {form.value for form in ExportFormat} | {"json"}
