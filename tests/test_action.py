"""The GitHub Action: what it declares, and its scripts, run by a real bash as a runner would run them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SCRIPTS = {step["id"]: step for step in STEPS if "run" in step}
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
HOSTILE = 'x\'; touch pwned; "$(touch pwned)" `touch pwned` ${{ github.token }} && touch pwned\u202e | #'

# Stands for `buildmark`: keeps what it was called with, makes a run's folder, prints a document.
STUB = """#!{python}
import json, os, pathlib, sys
with pathlib.Path(os.environ["CALLS"]).open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "run" and os.environ.get("STUB_RUN", "0") != "2":
    results = next(word.partition("=")[2] for word in sys.argv if word.startswith("--results="))
    folder = pathlib.Path(results, "20261125-120000-quick")
    folder.mkdir()
    (folder / "run.json").write_text("{{}}")
print("# what", sys.argv[1], "says")
sys.exit(int(os.environ.get("STUB_" + sys.argv[1].upper(), "0")))
"""
# Stands for the runner's python3: makes a venv whose buildmark is the stub.
PYTHON = """#!/bin/sh
echo "$@" >> "$PYTHON_CALLS"
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "$STUB" "$3/bin/buildmark"; fi
"""


class Done(NamedTuple):
    code: int
    outputs: Mapping[str, str]
    said: str


class Runner:
    """Runs steps as GitHub's runner does: expressions in `env` are put in, scripts go to `bash -eo pipefail`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "work space"
        self.summary = folder / "summary.md"
        self.calls = folder / "calls.jsonl"
        self.python_calls = folder / "python.txt"
        self.values = {"github.action_path": str(ROOT), "runner.temp": str(folder / "temp")}
        self.values |= {f"inputs.{name}": str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        for made in (self.workspace, folder / "temp", folder / "bin"):
            made.mkdir()
        for name, text in (("bin/python3", PYTHON), ("stub", STUB.format(python=sys.executable))):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def step(self, name: str, **environment: str) -> Done:
        output = self.folder / "output.txt"
        output.write_text("")
        step = SCRIPTS[name]
        script = self.folder / "script.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "CALLS": str(self.calls),
                "PYTHON_CALLS": str(self.python_calls),
                "STUB": str(self.folder / "stub"),
                **{key: self._filled(str(value)) for key, value in step["env"].items()},
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        self.values |= {f"steps.{name}.outputs.{key}": value for key, value in outputs.items()}
        return Done(done.returncode, outputs, done.stdout + done.stderr)

    def go(self, *, run: int = 0, compare: int = 0, **inputs: str) -> int:
        """All steps, one after the other; what the job ends with."""
        self.values |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        assert self.step("install").code == 0
        assert self.step("run", STUB_RUN=str(run)).code == 0
        if self.values["inputs.compare-with"] and self.values.get("steps.run.outputs.run-folder"):
            assert self.step("compare", STUB_COMPARE=str(compare)).code == 0
        return self.step("judge").code

    def called(self) -> list[list[str]]:
        return [json.loads(line) for line in self.calls.read_text().splitlines()]

    def _filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: self.values.get(found[1], ""), text)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_every_script_is_free_of_expressions_and_names_its_shell() -> None:
    for step in SCRIPTS.values():
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_every_input_and_output_is_described_and_used() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])
    assert all(one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    made = set(re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", json.dumps(ACTION)))
    for step, output in made:
        assert f"{output}=" in SCRIPTS[step]["run"]


def test_other_actions_are_pinned_by_their_major_version() -> None:
    for step in STEPS:
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def test_a_scenario_is_run_from_the_actions_own_checkout(runner: Runner) -> None:
    assert (
        runner.go(
            scenario="quick", base="debian-12,alpine-3.23", states="cold", set="stages=multi\n\nlayers=split,merged\n"
        )
        == 0
    )
    assert f"-m pip install --quiet --disable-pip-version-check {ROOT}" in runner.python_calls.read_text()
    assert runner.called() == [
        [
            "run",
            "--results=buildmark-results",
            "--rounds=6",
            "--engine=auto",
            "--format=markdown",
            "--base=debian-12,alpine-3.23",
            "--state=cold",
            "--set=stages=multi",
            "--set=layers=split,merged",
            "--",
            "quick",
        ]
    ]
    assert runner.summary.read_text() == "# what run says\n"
    folder = Path(runner.values["steps.run.outputs.run-folder"])
    assert folder == runner.workspace / "buildmark-results" / "20261125-120000-quick"
    assert (folder / "run.json").is_file()


def test_a_comparison_is_told_in_the_summary(runner: Runner) -> None:
    assert runner.go(scenario="quick", compare_with="old/run") == 0
    folder = runner.values["steps.run.outputs.run-folder"]
    assert runner.called()[1] == ["compare", "--format=markdown", "--", "old/run", folder]
    assert runner.summary.read_text() == "# what run says\n# what compare says\n"


@pytest.mark.parametrize(
    ("compare", "fail_on", "code", "verdict"),
    [
        (0, "regression", 0, "fine"),
        (1, "regression", 1, "regression"),
        (3, "regression", 0, "undecided"),
        (1, "undecided", 1, "regression"),
        (3, "undecided", 3, "undecided"),
        (1, "never", 0, "regression"),
        (3, "never", 0, "undecided"),
        (2, "never", 2, "failed"),
        (5, "regression", 5, "failed"),
    ],
)
def test_the_job_fails_on_what_it_was_told_to(
    runner: Runner, compare: int, fail_on: str, code: int, verdict: str
) -> None:
    assert runner.go(scenario="quick", compare_with="old", compare=compare, fail_on=fail_on) == code
    assert runner.values["steps.compare.outputs.verdict"] == verdict


@pytest.mark.parametrize("code", [2, 4, 5, 130])
def test_a_run_that_fails_fails_the_job_after_its_summary_was_posted(runner: Runner, code: int) -> None:
    assert runner.go(scenario="quick", run=code, fail_on="never") == code
    assert runner.summary.read_text() == "# what run says\n"
    assert runner.values["steps.run.outputs.exit-code"] == str(code)
    assert ("steps.run.outputs.run-folder" in runner.values) == (code != 2)


def test_the_folder_is_that_of_this_run_and_not_of_an_earlier_one(runner: Runner) -> None:
    earlier = runner.workspace / "buildmark-results" / "20991231-000000-quick"
    earlier.mkdir(parents=True)
    (earlier / "run.json").write_text("{}")
    runner.go(scenario="quick")
    assert runner.values["steps.run.outputs.run-folder"].endswith("/20261125-120000-quick")


def test_a_wrong_fail_on_costs_no_build(runner: Runner) -> None:
    runner.values["inputs.fail-on"] = "regresion\n::warning::hello"
    done = runner.step("install")
    assert done.code == 2
    assert done.said == "::error::fail-on takes regression, undecided or never\n"
    assert not runner.python_calls.exists()


def test_inputs_of_all_kinds_are_arguments_and_never_code(runner: Runner) -> None:
    words = {name: f"{HOSTILE} {name}" for name in ("scenario", "base", "states", "rounds", "engine")}
    code = runner.go(
        scenario=words["scenario"],
        base=words["base"],
        states=words["states"],
        rounds=words["rounds"],
        engine=words["engine"],
        set=f"{HOSTILE}\n-x",
        extra_arguments=f"--seed=$(touch pwned)\n{HOSTILE}",
        results=f"{HOSTILE.replace('/', '')}",
        compare_with=f"--{HOSTILE}",
    )
    assert code == 0
    run, compare = runner.called()
    assert run[-2:] == ["--", words["scenario"]]
    assert f"--base={words['base']}" in run
    assert f"--set={HOSTILE}" in run
    assert "--set=-x" in run
    assert "--seed=$(touch pwned)" in run
    assert HOSTILE in run
    assert compare[2:4] == ["--", f"--{HOSTILE}"]
    assert list(runner.folder.rglob("pwned")) == []


def test_an_input_cannot_add_an_output(runner: Runner) -> None:
    runner.go(scenario="quick", results="a\nverdict=fine")
    assert set(runner.values) & {"steps.run.outputs.verdict"} == set()


@pytest.mark.parametrize(
    "step",
    re.findall(r"uses: OWNER/buildmark@v1\n +with:\n((?:(?: {10}.*)?\n)+)", (ROOT / "docs" / "CI.md").read_text()),
)
def test_the_document_shows_inputs_that_there_are(step: str) -> None:
    shown = yaml.safe_load(step.replace("```", ""))
    assert set(shown) <= set(ACTION["inputs"])
    assert "scenario" in shown


def test_the_document_lists_every_input_and_output_with_its_default() -> None:
    text = (ROOT / "docs" / "CI.md").read_text()
    for name, one in ACTION["inputs"].items():
        default = str(one.get("default", ""))
        assert re.search(rf"^\| `{name}` \| .*{re.escape(default)}", text, re.MULTILINE), name
    for name in ACTION["outputs"]:
        assert re.search(rf"^\| `{name}` \| ", text, re.MULTILINE), name
