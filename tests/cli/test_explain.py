from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.ports.run_store import RunStore
from tests.builders import make_plan, make_run, make_trials
from tests.cli.command import Buildmark

PLAN = make_plan()
VARIANT = PLAN.variants[1].id


@pytest.fixture
def buildmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Buildmark:
    with RunStore(tmp_path / "results").create(make_run(PLAN)) as writer:
        for trial in make_trials(PLAN):
            writer.append(trial)
    monkeypatch.chdir(tmp_path)
    return Buildmark(monkeypatch, capsys)


def test_the_latest_run_is_explained_variant_by_variant(buildmark: Buildmark) -> None:
    said = buildmark("explain")
    assert said.code == 0
    for variant in PLAN.variants:
        assert f"{variant.id}, cold: 1.24 s" in said.out
        assert f"{variant.id}, warm: 0.20 s" in said.out


def test_a_variant_a_state_and_a_round_can_be_named(buildmark: Buildmark) -> None:
    said = buildmark("explain", "latest", VARIANT, "--state", "warm", "--round", "2", "--format", "json")
    (trial,) = json.loads(said.out)["trials"]
    assert (trial["variant"], trial["state"], trial["round"]) == (VARIANT, "warm", 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("latest", "debian-12-singel"), "did you mean 'debian-12-single'?"),
        (("latest", "--round", "9"), "no round 9"),
        (("latest", "--format", "jsn"), "there is no format 'jsn' (did you mean 'json'?)"),
        (("latest", "--state", "wram"), "unknown state 'wram'"),
        (("nothing",), "no run 'nothing'"),
    ],
)
def test_a_wrong_word_is_a_usage_error(buildmark: Buildmark, arguments: tuple[str, ...], message: str) -> None:
    said = buildmark("explain", *arguments)
    assert said.code == 2
    assert message in said.err
