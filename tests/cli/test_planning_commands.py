"""`plan`, `render`, `scenarios` and `schema`: what a user types, sees and gets as the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.model.scenario import State
from bench.ports.run_store import RunStore
from tests.builders import make_plan, make_run, make_trials
from tests.cli.command import Buildmark

TOML = """\
title = "A toy"
[axes]
base = ["debian-12", "alpine-3.23"]
stages = ["single", "multi"]
[levels.stages.multi]
note = "two"
[[exclude]]
base = "alpine-3.23"
stages = "multi"
"""
TEMPLATE = """\
FROM {{ base.ref }}
{% if stages == "multi" %}
LABEL note={{ stages.note }}
{% endif %}
COPY a /a
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    folder = tmp_path / "scenarios" / "toy"
    (folder / "context").mkdir(parents=True)
    (folder / "context" / "a").write_text("a")
    (folder / "Dockerfile.j2").write_text(TEMPLATE)
    (folder / "scenario.toml").write_text(TOML)
    return folder


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], toy: Path) -> Buildmark:
    monkeypatch.chdir(toy.parent.parent)
    return Buildmark(monkeypatch, capsys)


# -- plan


def test_plan_tells_variants_states_order_and_builds(buildmark: Buildmark) -> None:
    said = buildmark("plan", "toy", "--rounds", "2", "--seed", "3")
    assert said.code == 0
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines[4:7]] == ["debian-12-single", "debian-12-multi", "alpine-3.23-single"]
    assert "order (each variant cold then warm):" in lines
    assert sum(line.startswith("  round ") for line in lines) == 2
    assert lines[-2] == "3 variants x 2 states (cold, warm) x 2 rounds = 12 timed builds, seed 3"
    assert lines[-1].startswith("2 rounds are too few to tell any two variants apart")


def test_plan_tells_what_an_open_number_of_rounds_can_show(buildmark: Buildmark) -> None:
    said = buildmark("plan", "toy", "--state", "cold", "--decide", "5%", "--budget", "20m", "--max-rounds", "30")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "x at most 30 rounds = at most 90 timed builds" in text
    assert "no round begins that would take the trials beyond 20 min" in text
    assert "30 rounds show a difference of" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--rounds", "5", "--decide", "5%"), "--rounds is a fixed number of rounds"),
        (("--decide", "5%", "--precision", "2%"), "two ways to end a run"),
        (("--min-rounds", "5"), "nothing asks for that"),
        (("--decide", "5%", "--min-rounds", "50"), "--min-rounds 50 is more than --max-rounds 40"),
        (("--budget", "soon"), "--budget takes a time"),
        (("--budget", "0"), "--budget takes a time"),
        (("--decide", "5"), "--decide takes a share"),
    ],
)
def test_options_that_say_how_long_and_contradict_each_other_are_refused(
    buildmark: Buildmark, options: tuple[str, ...], words: str
) -> None:
    said = buildmark("plan", "toy", *options)
    assert said.code == 2
    assert words in said.err


def test_plan_as_json_holds_every_trial(buildmark: Buildmark) -> None:
    said = buildmark("plan", "toy", "--state", "cold", "--format", "json")
    plan = json.loads(said.out)
    assert plan["axes"] == {"base": ["debian-12", "alpine-3.23"], "stages": ["single", "multi"]}
    assert plan["variants"][1] == {"id": "debian-12-multi", "levels": {"base": "debian-12", "stages": "multi"}}
    assert plan["builds"] == len(plan["trials"]) == 3 * 6
    assert {trial["state"] for trial in plan["trials"]} == {"cold"}
    assert buildmark("plan", "toy", "--state", "cold", "--format", "json").out == said.out


def test_plan_takes_choices_by_name_and_by_path(buildmark: Buildmark) -> None:
    said = buildmark("plan", "./scenarios/toy", "--set", "stages=multi", "--base", "ubuntu-24.04,debian-12")
    assert "ubuntu-24.04-multi" in said.out
    assert "2 variants x 2 states" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tyo"], "unknown scenario 'tyo' (did you mean 'toy'?)"),
        (["toy", "--set", "stage=multi"], "has no axis 'stage' (did you mean 'stages'?)"),
        (["toy", "--set", "stages=mutli"], "has no level 'mutli' (did you mean 'multi'?)"),
        (["toy", "--set", "stages"], "is not AXIS=LEVEL"),
        (["toy", "--base", "debain-12"], "unknown base 'debain-12' (did you mean 'debian-12'?)"),
        (["toy", "--state", "wram"], "unknown state 'wram' (did you mean 'warm'?)"),
        (["toy", "--rounds", "0"], "0 rounds"),
        (["toy", "--rounds", "2.5"], "--rounds takes a whole number, not '2.5'"),
        (["toy", "--seed", "x"], "--seed takes a whole number, not 'x'"),
        (["toy", "--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
        (["toy", "--base", ""], "'--base ' names no base"),
        (["toy", "--state", ","], "'--state ,' names no state"),
        (["toy", "--base", "alpine-3.23", "--set", "stages=multi"], "no variant of toy is left"),
    ],
)
def test_a_wrong_command_line_exits_2_and_says_what_to_do(
    buildmark: Buildmark, arguments: list[str], words: str
) -> None:
    said = buildmark("plan", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert f"error: {words}" in said.err or words in said.err
    assert "\n  try: " in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["render", "toy", "--builder", "clasic"], "there is no builder 'clasic' (did you mean 'classic'?)"),
        (["run", "toy", "--builder", "clasic"], "there is no builder 'clasic' (did you mean 'classic'?)"),
        (["run", "toy", "--engine", "hots"], "there is no engine 'hots' (did you mean 'host'?)"),
        (["run", "toy", "--timeout", "soon"], "--timeout takes a number of seconds, 0.1 or more, not 'soon'"),
        (["run", "toy", "--timeout", "nan"], "--timeout takes a number of seconds, 0.1 or more, not 'nan'"),
        (["run", "toy", "toy", "--format", "json"], "--format json is one document, and 2 scenarios make as many"),
        (["run", "toy", "toy", "--format", "csv"], "--format csv is one document, and 2 scenarios make as many"),
        (["scenarios", "--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
        (["bases", "--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
        (["bases", "prepare", "debian-12", "--engine", "hots"], "there is no engine 'hots' (did you mean 'host'?)"),
        (["engine", "logs", "--lines", "-3"], "--lines takes 0 or more, not -3"),
    ],
)
def test_a_wrong_word_is_refused_in_the_same_shape_by_every_command(
    buildmark: Buildmark, arguments: list[str], words: str
) -> None:
    said = buildmark(*arguments)
    assert said.code == 2
    assert said.err.startswith(f"error: {words}\n  try: ")


def test_words_of_a_closed_set_may_be_shouted(buildmark: Buildmark) -> None:
    assert json.loads(buildmark("plan", "toy", "--format", "JSON").out)["scenario"] == "toy"


@pytest.mark.parametrize("mistake", ["RUN {{ stagse }}", "{{ install('curl') }}"])
def test_plan_finds_what_a_run_would_stumble_over(buildmark: Buildmark, toy: Path, mistake: str) -> None:
    (toy / "Dockerfile.j2").write_text(f"FROM {{{{ base.ref }}}}\n{mistake}\n")
    said = buildmark("plan", "toy", "--base", "busybox")
    assert said.code == 2
    assert "Dockerfile.j2:2: " in said.err


@pytest.mark.parametrize("name", ["Dockerfile", "./Dockerfile", "Containerfile.dev"])
def test_a_dockerfile_that_is_not_there_is_called_so(buildmark: Buildmark, name: str) -> None:
    said = buildmark("plan", name)
    assert said.code == 2
    assert f"the Dockerfile '{Path(name)}' is not there" in said.err


@pytest.mark.parametrize("name", ["mine", "./mine"])
def test_the_folder_of_a_dockerfile_leads_to_the_dockerfile(buildmark: Buildmark, tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "Dockerfile").write_text("FROM debian:12\n")
    said = buildmark("plan", name)
    assert said.code == 2
    assert said.err.endswith("or give its path: mine/Dockerfile\n")
    assert buildmark("plan", "mine/Dockerfile").code == 0


def test_plan_asks_for_the_files_of_the_edits_that_are_chosen(buildmark: Buildmark, toy: Path) -> None:
    toml = 'states = ["cold", "edit-source"]\n' + TOML + '[edits.source]\nfile = "g"\nappend = "more"\n'
    (toy / "scenario.toml").write_text(toml)
    said = buildmark("plan", "toy")
    assert said.code == 2
    assert "the edit's file g is not in the build context" in said.err
    assert buildmark("plan", "toy", "--state", "cold").code == 0
    (toy / "context" / "g").write_text("g")
    assert buildmark("plan", "toy").code == 0
    (toy / "context" / ".dockerignore").write_text("g\n")
    assert buildmark("plan", "toy").code == 2


def test_a_wrong_scenario_exits_2_with_file_and_line(buildmark: Buildmark, toy: Path) -> None:
    (toy / "scenario.toml").write_text(TOML.replace("title", "titel"))
    said = buildmark("plan", "toy")
    assert said.code == 2
    assert said.err.startswith("error: scenarios/toy/scenario.toml:1: unknown key 'titel' (did you mean 'title'?)")


def test_a_large_matrix_asks_for_allow_large(buildmark: Buildmark, toy: Path) -> None:
    (toy / "Dockerfile.j2").write_text("FROM scratch\n")
    axes = "\n".join(f"a{n} = [{', '.join(f'{chr(34)}l{level}{chr(34)}' for level in range(22))}]" for n in range(3))
    (toy / "scenario.toml").write_text(f'title = "Large"\n[axes]\n{axes}\n')
    said = buildmark("plan", "toy")
    assert said.code == 2
    assert "10,648 combinations (22 a0 by 22 a1 by 22 a2)" in said.err
    assert "--allow-large" in said.err
    allowed = buildmark("plan", "toy", "--allow-large", "--rounds", "1", "--state", "cold")
    assert allowed.code == 0
    assert "and 10,548 more" in allowed.out
    assert "10,648 timed builds" in allowed.out
    assert "only the first 200 Dockerfiles were rendered" in allowed.out


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("command", ["scenarios", "bases"])
def test_lists_fit_the_terminal(
    buildmark: Buildmark, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, width: int
) -> None:
    monkeypatch.setenv("BUILDMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", str(width))
    said = buildmark(command)
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= width


# -- render


def test_one_variant_is_printed_as_it_is(buildmark: Buildmark) -> None:
    said = buildmark("render", "toy", "--base", "debian-12", "--set", "stages=multi")
    assert said.code == 0
    assert said.out == "FROM buildmark.invalid/debian-12:base\nLABEL note=two\nCOPY a /a\n"


def test_several_variants_are_told_apart(buildmark: Buildmark) -> None:
    said = buildmark("render", "toy", "--set", "stages=single")
    headers = [line for line in said.out.splitlines() if line.startswith("# ---- variant ")]
    assert headers == ["# ---- variant debian-12-single ----", "# ---- variant alpine-3.23-single ----"]


def test_out_writes_what_a_build_needs(buildmark: Buildmark, tmp_path: Path) -> None:
    said = buildmark("render", "toy", "--out", "out")
    assert said.code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "alpine-3.23-single",
        "debian-12-multi",
        "debian-12-single",
    ]
    assert "LABEL note=two" in (tmp_path / "out/debian-12-multi/Dockerfile").read_text()
    assert (tmp_path / "out/debian-12-multi/context/a").read_text() == "a"


def test_out_overwrites_nothing(buildmark: Buildmark, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("precious")
    said = buildmark("render", "toy", "--out", "out")
    assert said.code == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize("is_there", [True, False])
def test_out_that_fails_half_way_leaves_nothing(
    buildmark: Buildmark, toy: Path, tmp_path: Path, *, is_there: bool
) -> None:
    (toy / "context" / "outside").symlink_to("../../../nowhere")
    if is_there:
        (tmp_path / "out").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert buildmark("render", "toy", "--out", "out").code == 2
    assert sorted(tmp_path.rglob("*")) == before
    (toy / "context" / "outside").unlink()
    assert buildmark("render", "toy", "--out", "out").code == 0
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_out_inside_the_context_is_refused(buildmark: Buildmark, toy: Path) -> None:
    said = buildmark("render", "toy", "--out", "scenarios/toy/context/out")
    assert said.code == 2
    assert not (toy / "context" / "out").exists()


def test_out_that_cannot_be_written_is_a_storage_error(buildmark: Buildmark, toy: Path) -> None:
    said = buildmark("render", "toy", "--out", "scenarios/toy/scenario.toml/out")
    assert said.code == 5
    assert "cannot write below" in said.err
    assert (toy / "scenario.toml").read_text() == TOML


def test_a_mistake_in_the_template_is_named_with_its_line(buildmark: Buildmark, toy: Path) -> None:
    (toy / "Dockerfile.j2").write_text("FROM {{ base.ref }}\nRUN {{ stagse }}\n")
    said = buildmark("render", "toy", "--out", "out")
    assert said.code == 2
    assert "Dockerfile.j2:2: 'stagse' is undefined (did you mean 'stages'?)" in said.err
    assert not Path("out").exists()


# -- scenarios, schema


def test_scenarios_lists_own_and_shipped_ones(buildmark: Buildmark) -> None:
    rows = {row["name"]: row for row in json.loads(buildmark("scenarios", "--format", "json").out)}
    assert rows["toy"]["variants"] == 3
    assert rows["toy"]["axes"]["stages"] == ["single", "multi"]
    assert "quick" in rows
    assert "A toy" in buildmark("scenarios").out


def test_a_broken_scenario_hides_no_other(buildmark: Buildmark, tmp_path: Path) -> None:
    broken = tmp_path / "scenarios" / "broken"
    broken.mkdir()
    (broken / "scenario.toml").write_text("title = 3\n")
    said = buildmark("scenarios")
    assert said.code == 2
    assert "A toy" in said.out
    assert "broken/scenario.toml:1: title: expected a string" in said.err


def test_schema_prints_a_json_schema(buildmark: Buildmark) -> None:
    schema = json.loads(buildmark("schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "axes" in schema["properties"]


def test_plan_tells_what_a_budget_holds_when_a_run_has_told_how_long_a_round_takes(
    buildmark: Buildmark, tmp_path: Path
) -> None:
    options = ("plan", "toy", "--state", "cold", "--base", "debian-12", "--budget", "20s", "--results", str(tmp_path))
    assert "how many fit is known after the first round" in " ".join(buildmark(*options).out.split())
    variants = {"base": ("debian-12",), "stages": ("single", "multi")}
    plan = make_plan(variants, rounds=2, states=(State.COLD,), scenario="toy")
    with RunStore(tmp_path).create(make_run(plan, axes=variants)) as writer:
        for trial in make_trials(plan):  # 1.24 s and 0.11 s outside, each
            writer.append(trial)
    said = " ".join(buildmark(*options).out.split())
    assert "as a round takes 3 s, it holds 7 rounds" in said
    assert "7 rounds show a difference of" in said
