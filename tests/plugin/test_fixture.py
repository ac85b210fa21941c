"""The pytest plugin as people meet it: a test file of theirs, run by a pytest of its own on a fake engine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark import plugin

# Imported here so that the pytest within finds these very modules, with what is put into them.
import bench.pytest_fixture  # noqa: F401
from bench.app import session, session_engine, trial_by_trial
from bench.app.bases import BasesInEngine
from bench.model.scenario import base_ref
from bench.ports.fakes import FakeBuild, FakeBuilder, FakeEngine, FakeMeter
from bench.ports.run_store import RunStore
from tests.builders import make_base

SCENARIO = """
title = "Two steps"

[axes]
base = ["debian-12"]
stages = ["single", "multi"]
layers = ["split", "merged"]

[edits.source]
file = "code.txt"
append = "@TRIAL@"

[edits.deps]
file = "code.txt"
append = "@TRIAL@"
"""
DOCKERFILE = """FROM {{ base.ref }}
WORKDIR /srv
RUN make early
COPY code.txt .
RUN make late
"""
TINY = '"tiny", base="debian-12", stages="multi", layers="merged"'
WARM = f"""
def test_warm(buildmark):
    trials = buildmark({TINY}, state="warm", rounds=3)
    assert [trial.round for trial in trials] == [1, 2, 3]
    assert all(trial.proof.holds for trial in trials)
"""


class Fakes:
    """The engines that were opened, and how builds go on them."""

    def __init__(self) -> None:
        self.engines: list[FakeEngine] = []
        self.builders: list[FakeBuilder] = []
        self.nth: dict[int, FakeBuild] = {}

    def open(self, choice: object, **_: object) -> FakeEngine:
        del choice
        self.engines.append(FakeEngine(bases=[base_ref("debian-12")]))
        return self.engines[-1]

    def builder(self, kind: object, engine: FakeEngine, clock: object) -> FakeBuilder:
        del kind, clock
        self.builders.append(FakeBuilder(engine, nth=self.nth))
        return self.builders[-1]

    @contextmanager
    def bases(self, *_: object, **__: object) -> Iterator[BasesInEngine]:
        yield BasesInEngine(prepared=(make_base(),), unavailable=(), created_refs=())

    def meter(self, engine: FakeEngine, **_: object) -> FakeMeter:
        return FakeMeter(engine.calls)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester, tmp_path: Path) -> Fakes:
    fakes = Fakes()
    monkeypatch.setenv("BUILDMARK_CACHE", str(tmp_path / "cache"))
    scenario = pytester.path / "scenarios" / "tiny"
    (scenario / "context").mkdir(parents=True)
    (scenario / "scenario.toml").write_text(SCENARIO)
    (scenario / "Dockerfile.j2").write_text(DOCKERFILE)
    (scenario / "context" / "code.txt").write_text("code")
    pytester.makeini("[pytest]\nfilterwarnings = default\n")  # else ours are in force, and make errors of warnings
    monkeypatch.setattr(plugin, "get_cpu_info", dict)  # takes a second
    monkeypatch.setattr(session_engine, "open_engine", fakes.open)
    monkeypatch.setattr(session, "make_builder", fakes.builder)
    monkeypatch.setattr(session, "make_meter", fakes.meter)
    monkeypatch.setattr(trial_by_trial, "session_bases", fakes.bases)
    return fakes


def saved(pytester: pytest.Pytester, *arguments: str, failed: int = 0) -> list[dict[str, Any]]:
    """Run the tests in the folder; what pytest-benchmark wrote of them."""
    file = pytester.path / "benchmarks.json"
    result = pytester.runpytest_inprocess("--benchmark-json", str(file), *arguments)
    result.assert_outcomes(passed=0 if failed else 1, failed=failed)
    benchmarks: list[dict[str, Any]] = json.loads(file.read_text())["benchmarks"] if file.exists() else []
    return benchmarks


def test_a_variant_is_a_benchmark_whose_rounds_are_proven_builds(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM)
    (benchmark,) = saved(pytester)
    assert benchmark["stats"]["rounds"] == 3
    info = benchmark["extra_info"]
    assert (info["scenario"], info["variant"], info["state"]) == ("tiny", "debian-12-multi-merged", "warm")
    assert (info["engine"], info["builder"]) == ("private 28.0.0", "buildkit")
    assert info["hit_ratio"] == 1
    assert info["image_size_bytes"] > 0
    assert fakes.engines[0].closed


def test_only_the_build_lies_between_setup_and_teardown(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM)
    saved(pytester)
    calls = [call for call in fakes.engines[0].calls if call.split()[0] in {"build", "meter.start", "meter.stop"}]
    built = "build debian-12-multi-merged"
    assert calls == [built, "meter.start", built, "meter.stop"] * 3  # the first of each prepares the state


def test_what_was_built_is_removed_at_the_end(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM)
    saved(pytester)
    assert {name for image in fakes.engines[0].images.values() for name in image.names} == {base_ref("debian-12")}
    assert fakes.engines[0].cache == {}


def test_the_engine_is_opened_once_for_all_tests_and_not_for_none(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM, test_other=WARM.replace("warm", "cold"), test_none="def test_nothing():\n    pass\n")
    pytester.runpytest_inprocess("test_none.py").assert_outcomes(passed=1)
    assert fakes.engines == []
    pytester.runpytest_inprocess().assert_outcomes(passed=3)
    assert len(fakes.engines) == 1


def test_every_state_but_pull_can_be_measured(pytester: pytest.Pytester, fakes: Fakes) -> None:
    del fakes
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("state", ["cold", "warm", "edit-source", "edit-deps"])
        def test_it(buildmark, state):
            levels = {"base": "debian-12", "stages": "single"}
            trials = buildmark("tiny", levels=levels, layers="split", state=state, rounds=2)
            assert [trial.state.value for trial in trials] == [state] * 2
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=4)


def test_a_round_whose_proof_does_not_hold_fails_the_test_with_the_reason(
    pytester: pytest.Pytester, fakes: Fakes
) -> None:
    fakes.nth[4] = FakeBuild(foreign_misses=1)
    pytester.makepyfile(WARM)
    result = pytester.runpytest_inprocess("--benchmark-autosave")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["debian-12-multi-merged warm, round 2: invalid: 1 of * executed*"])
    saved_files = list(pytester.path.glob(".benchmarks/**/*.json"))
    assert [json.loads(file.read_text())["benchmarks"] for file in saved_files] in ([], [[]])


def test_a_build_that_fails_fails_the_test_with_its_cause(pytester: pytest.Pytester, fakes: Fakes) -> None:
    fakes.nth[2] = FakeBuild(foreign_misses=9, fails_at="make late")
    pytester.makepyfile(WARM)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["debian-12-multi-merged warm, round 1: failed: *"])


def test_a_state_that_cannot_be_prepared_fails_the_test(pytester: pytest.Pytester, fakes: Fakes) -> None:
    fakes.nth[1] = FakeBuild(fails_at="RUN")
    pytester.makepyfile(WARM)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["debian-12-multi-merged warm, round 1: failed: *"])


def test_an_engine_that_dies_fails_the_test(pytester: pytest.Pytester, fakes: Fakes) -> None:
    fakes.nth[2] = FakeBuild(engine_dies=True, foreign_misses=9)
    pytester.makepyfile(WARM)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the engine fake-private died during the build*"])
    assert fakes.engines[0].closed


WRONG = {
    '"tiny", base="debian-12"': "tiny has 4 variants here, and a benchmark is of one",
    '"tny"': "unknown scenario 'tny' (did you mean 'tiny'?)",
    '"tiny", base="debian-12", stages="multy"': "the axis stages has no level 'multy' (did you mean 'multi'?)",
    f'{TINY}, state="wram"': "unknown state 'wram' (did you mean 'warm'?)",
    f'{TINY}, state="cold,warm"': "a benchmark is of one state, not of cold,warm",
    f'{TINY}, state="pull"': "the state pull cannot be measured one trial at a time",
    f'{TINY}, engine="hots"': "there is no engine 'hots' (did you mean 'host'?)",
    f"{TINY}, rounds=0": "0 rounds measure nothing",
}


def test_an_interrupt_leaves_nothing_in_the_engine(pytester: pytest.Pytester, fakes: Fakes) -> None:
    fakes.nth[4] = FakeBuild(interrupted=True)
    pytester.makepyfile(WARM)
    with pytest.raises(KeyboardInterrupt):
        pytester.runpytest_inprocess()
    assert {name for image in fakes.engines[0].images.values() for name in image.names} == {base_ref("debian-12")}
    assert fakes.engines[0].cache == {}
    assert fakes.engines[0].closed


def test_a_wrong_word_fails_the_test_with_the_right_one(pytester: pytest.Pytester, fakes: Fakes) -> None:
    del fakes
    tests = (f"def test_{number}(buildmark):\n    buildmark({call})\n" for number, call in enumerate(WRONG))
    pytester.makepyfile("\n".join(tests))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=len(WRONG), warnings=len(WRONG))
    said = result.stdout.str()
    assert [message for message in WRONG.values() if message not in said] == []
    assert "Traceback" not in said
    assert '  try: stages="single", layers="split"' in said


def test_records_are_kept_where_they_are_wanted(pytester: pytest.Pytester, fakes: Fakes) -> None:
    del fakes
    pytester.makepyfile(WARM)
    (benchmark,) = saved(pytester, "--buildmark-results", "kept")
    folder = RunStore(pytester.path / "kept").open("latest")
    run = folder.read_run()
    assert benchmark["extra_info"]["results"] == str(folder.path)
    assert [trial.round for trial in folder.read_trials(run).trials] == [1, 2, 3]
    assert run.command[0] == "pytest"
    assert not (folder.path / "context").exists()


def test_the_configuration_file_can_say_it_too(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM)
    pytester.makeini("[pytest]\nfilterwarnings = default\nbuildmark_results = runs\nbuildmark_engine = hots\n")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*there is no engine 'hots'*"])
    saved(pytester, "--buildmark-engine", "private")
    assert len(RunStore(pytester.path / "runs").list_runs()) == 1
    assert len(fakes.engines) == 1


def test_with_benchmarks_disabled_there_is_one_build_and_it_is_proven(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM.replace("[1, 2, 3]", "[1]"))
    pytester.runpytest_inprocess("--benchmark-disable").assert_outcomes(passed=1)
    assert len(fakes.builders[0].requests) == 2


def test_benchmarks_alone_can_be_chosen_or_left_out(pytester: pytest.Pytester, fakes: Fakes) -> None:
    pytester.makepyfile(WARM, test_none="def test_nothing():\n    pass\n")
    pytester.runpytest_inprocess("--benchmark-only").assert_outcomes(passed=1, skipped=1)
    pytester.runpytest_inprocess("--benchmark-skip").assert_outcomes(passed=1, skipped=1)
    assert len(fakes.engines) == 1


def test_without_pytest_benchmark_the_fixture_says_what_it_lacks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(WARM, test_none="def test_nothing():\n    pass\n")
    result = pytester.runpytest_inprocess("-p", "no:benchmark")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the buildmark fixture needs pytest-benchmark: pip install pytest-benchmark*"])


def test_a_pytest_that_does_not_use_the_fixture_imports_nothing_for_it() -> None:
    """What the plugin brings into every pytest: itself and the package's version."""
    program = (
        "import sys, pytest; before = set(sys.modules); import bench.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert set(done.stdout.split()) == {"bench", "bench.pytest_plugin"}
