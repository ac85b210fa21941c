"""`buildmark init`, and a Dockerfile in the place of a scenario."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from bench.ports.base_catalogue import load_catalogue
from bench.ports.scenario_files import load_scenario
from tests.cli.command import Buildmark
from tests.own_projects import PROJECTS, lay_out


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Buildmark:
    monkeypatch.chdir(tmp_path)
    return Buildmark(monkeypatch, capsys)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_becomes_a_scenario_that_plans_and_renders(
    buildmark: Buildmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = lay_out(name, tmp_path).read_text()
    monkeypatch.chdir(tmp_path / name)
    said = buildmark("init", "--from", "Dockerfile")
    assert said.code == 0, said.err
    assert f"buildmark plan {name}\n" in said.out
    assert "the build context stays where it is (.); nothing is copied" in said.out
    plan = json.loads(buildmark("plan", name, "--format", "json").out)
    own = plan["variants"][0]["levels"]["base"]
    assert f"buildmark run {name} --base {own}" in said.out
    dockerfile = buildmark("render", name, "--base", own).out
    assert [line for line in dockerfile.splitlines() if not line.upper().startswith("FROM")] == [
        line for line in text.splitlines() if not line.upper().startswith("FROM")
    ]
    assert load_scenario(name, folders=[Path("scenarios")], known_bases=load_catalogue()).context == Path.cwd()


def test_what_was_understood_guessed_and_left_is_said(buildmark: Buildmark, tmp_path: Path) -> None:
    lay_out("pipapp", tmp_path)
    said = buildmark("init", "--from", "pipapp/Dockerfile", "--name", "web")
    assert said.code == 0, said.err
    assert said.out.startswith("scenarios/web: a scenario from pipapp/Dockerfile\n")
    for words in (
        "line 1: FROM docker.io/library/debian:12-slim is the base debian-12-slim",
        "axis base: debian-12-slim, as it is now; beside it ubuntu-24.04, ubuntu-22.04, debian-12",
        "edit-source: app/__init__.py",
        "edit-deps: requirements.txt",
        "smoke test: is python3 there",
        "buildmark run web --base debian-12-slim --state warm,edit-source,edit-deps\n",
        "stays where it is (pipapp)",
    ):
        assert words in said.out
    assert 'context = "../../pipapp"' in (tmp_path / "scenarios/web/scenario.toml").read_text()


def test_a_context_outside_the_project_is_copied_as_a_builder_would_get_it(
    buildmark: Buildmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out("pipapp", tmp_path / "elsewhere")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = buildmark("init", "--from", "../elsewhere/pipapp/Dockerfile")
    assert said.code == 0, said.err
    assert "the build context is copied: 4 files" in said.out
    copied = tmp_path / "here/scenarios/pipapp/context"
    assert (copied / "app/__main__.py").is_file()
    assert not (copied / "tests").exists()
    assert buildmark("plan", "pipapp").code == 0


def test_a_context_of_its_own_and_a_folder_elsewhere(buildmark: Buildmark, tmp_path: Path) -> None:
    lay_out("greet", tmp_path)
    (tmp_path / "docker").mkdir()
    shutil.move(tmp_path / "greet/Dockerfile", tmp_path / "docker/dev.Dockerfile")
    said = buildmark("init", "--from", "docker/dev.Dockerfile", "--context", "greet", "--out", "bench/greet-dev")
    assert said.code == 0, said.err
    assert "buildmark plan bench/greet-dev\n" in said.out
    assert buildmark("plan", "bench/greet-dev").code == 0
    wrong = buildmark("init", "--from", "docker/dev.Dockerfile", "--name", "wrong")
    assert "has no file Makefile; --context names another" in wrong.out


def test_nothing_is_overwritten_unasked_and_nothing_but_a_scenario_ever(buildmark: Buildmark, tmp_path: Path) -> None:
    lay_out("heredocs", tmp_path)
    first = ("init", "--from", "heredocs/Dockerfile", "--name", "x")
    assert buildmark(*first).code == 0
    (tmp_path / "scenarios/x/mine.txt").write_text("mine")
    (tmp_path / "scenarios/x/Dockerfile.j2").write_text("FROM scratch\n")
    refused = buildmark(*first)
    assert refused.code == 2
    assert "scenarios/x is there already\n  try: choose another --name, or replace it with --force" in refused.err
    assert buildmark(*first, "--force").code == 0
    assert "addgroup" in (tmp_path / "scenarios/x/Dockerfile.j2").read_text()
    assert (tmp_path / "scenarios/x/mine.txt").read_text() == "mine"
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/a").write_text("a")
    assert buildmark("init", "--out", "precious", "--force").code == 2
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"RUN make\n", "Dockerfile:1: 'RUN' stands before any FROM"),
        (b"# x\n", "Dockerfile:1: there is no FROM"),
        (b"FROM a\n\xff\n", "Dockerfile:2: a Dockerfile is UTF-8 text"),
    ],
)
def test_a_file_that_is_no_dockerfile_leaves_nothing_behind(
    buildmark: Buildmark, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "Dockerfile").write_bytes(content)
    for arguments in (("init", "--from", "Dockerfile"), ("plan", "./Dockerfile"), ("run", "Dockerfile")):
        said = buildmark(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"error: {words}") or f"error: ./{words}" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["Dockerfile"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "nowhere"], "the Dockerfile 'nowhere' is not there"),
        (["--from", "."], "the Dockerfile '.' is a folder"),
        (["--context", "."], "--context goes with --from"),
        (["--name", "a b"], "a scenario cannot be called 'a b'"),
        (["--name", "../x"], "a scenario cannot be called"),
        (["--name", "a", "--out", "b"], "--out b and --name a differ"),
    ],
)
def test_a_wrong_command_line_is_refused_with_a_way_out(buildmark: Buildmark, arguments: list[str], words: str) -> None:
    said = buildmark("init", *arguments)
    assert said.code == 2
    assert words in said.err
    assert "\n  try: " in said.err


def test_without_a_dockerfile_there_is_a_scenario_to_start_from(buildmark: Buildmark, tmp_path: Path) -> None:
    said = buildmark("init", "--name", "first")
    assert said.code == 0, said.err
    assert said.out.startswith("scenarios/first: a scenario to start from")
    assert "4 variants x 2 states" in buildmark("plan", "first").out
    texts = buildmark("render", "first").out
    assert "{" not in texts
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    assert "buildmark init --from Dockerfile makes a scenario of it" in buildmark("init", "--name", "second").out


# -- a Dockerfile in the place of a scenario


def test_plan_and_render_take_a_dockerfile_as_it_is(
    buildmark: Buildmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out("greet", tmp_path)
    monkeypatch.chdir(tmp_path / "greet")
    plan = json.loads(buildmark("plan", "./Dockerfile", "--format", "json").out)
    assert (plan["scenario"], plan["axes"]) == ("greet", {"base": ["debian-12"]})
    assert "FROM buildmark.invalid/debian-12:base AS build" in buildmark("render", "Dockerfile").out
    assert "debian-12-slim" in buildmark("plan", "./Dockerfile", "--base", "debian-12,debian-12-slim").out
    assert sorted(path.name for path in Path().iterdir()) == ["Dockerfile", "Makefile", "src"]
    out = tmp_path / "out"
    assert buildmark("render", "./Dockerfile", "--out", str(out)).code == 0
    assert (out / "debian-12/context/src/main.c").is_file()


def test_a_dockerfile_on_a_base_of_its_own_is_one_variant(buildmark: Buildmark, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    text = "FROM python:3.12-slim\nRUN echo '{{ x }}' {%\n"
    (tmp_path / "app/Dockerfile.dev").write_bytes(b"\xef\xbb\xbf" + text.encode())
    plan = json.loads(buildmark("plan", "app/Dockerfile.dev", "--format", "json").out)
    assert (plan["scenario"], [one["id"] for one in plan["variants"]]) == ("app-dev", ["default"])
    assert buildmark("render", "app/Dockerfile.dev").out == text
    assert "has no axis 'base'" in buildmark("plan", "app/Dockerfile.dev", "--base", "debian-12").err


def test_a_context_belongs_to_a_dockerfile(buildmark: Buildmark, tmp_path: Path) -> None:
    said = buildmark("plan", "quick", "--context", ".")
    assert (said.code, "--context goes with a Dockerfile, and 'quick' is none" in said.err) == (2, True)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nCOPY a.py /\nRUN x\n")
    assert "'--context .'" not in buildmark("plan", "./Dockerfile", "--context", ".").err
    assert "the build context 'nowhere' is not a folder" in buildmark("plan", "Dockerfile", "--context", "nowhere").err
    assert "make a scenario of the Dockerfile: buildmark init --from Dockerfile" in buildmark("plan", ".").err


def test_a_state_without_an_edit_is_refused_before_anything_is_built(buildmark: Buildmark, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN x\n")
    for command in ("plan", "run"):
        said = buildmark(command, "./Dockerfile", "--state", "edit-source")
        assert said.code == 2
        assert "has no edit for the state edit-source" in said.err


def test_names_that_no_file_can_hold_are_passed_over(buildmark: Buildmark, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12 AS \x1b[31m\nCOPY . /\nRUN x\n")
    for name in (b"\xff.py", b"a\nb.py", b"zz.py"):
        (tmp_path / "src").mkdir(exist_ok=True)
        Path(os.fsdecode(os.fsencode(tmp_path / "src") + b"/" + name)).write_text("")
    said = buildmark("init", "--from", "Dockerfile", "--name", "web")
    assert said.code == 0, said.err
    assert "edit-source: src/zz.py" in said.out
    assert "\x1b" not in said.out
    assert buildmark("plan", "web").code == 0
