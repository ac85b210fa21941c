from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.model.environment import Severity
from bench.pure.checks import CHECKS
from bench.pure.fingerprint_fields import FIELDS
from tests.cli.command import Buildmark


@pytest.fixture
def buildmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    monkeypatch.setenv("BUILDMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    monkeypatch.setattr("bench.ports.clock.pause", lambda _: None)
    return Buildmark(monkeypatch, capsys)


def test_a_machine_without_an_engine_is_told_so_and_what_was_not_checked(buildmark: Buildmark) -> None:
    said = buildmark("doctor", "--engine", "host")
    assert said.code == 5
    assert "PROBLEM  engine: the Docker daemon at" in said.out
    words = " ".join(said.out.split())
    assert "do: start Docker" in words
    assert "there is no engine to ask" in words
    assert said.err == ""


def test_json_has_the_fingerprint_and_a_finding_for_every_check(buildmark: Buildmark) -> None:
    said = buildmark("doctor", "--engine", "host", "--format", "json")
    assert said.code == 5
    shown = json.loads(said.out)
    assert shown["engine"] is None
    assert list(shown["fingerprint"]) == list(FIELDS)
    assert {finding["check"] for finding in shown["findings"]} == {check.name for check in CHECKS}
    severities = [finding["severity"] for finding in shown["findings"]]
    assert severities == sorted(severities, key=["problem", "warning", "note", "ok"].index)
    assert set(severities) <= set(Severity)


def test_a_platform_that_the_machine_does_not_have_is_looked_into(buildmark: Buildmark) -> None:
    shown = json.loads(buildmark("doctor", "--engine", "host", "--platform", "linux/s390x", "--format", "json").out)
    (found,) = (finding for finding in shown["findings"] if finding["check"] == "emulation")
    assert found["severity"] != "ok"


def test_help_says_what_the_exit_code_means(buildmark: Buildmark) -> None:
    said = buildmark("doctor", "--help")
    assert "Exits with 0 when nothing is a problem" in " ".join(said.out.split())
    assert "with 5 otherwise" in " ".join(said.out.split())


def test_a_wrong_word_gets_the_nearest(buildmark: Buildmark) -> None:
    said = buildmark("doctor", "--format", "jsno")
    assert said.code == 2
    assert "did you mean 'json'?" in said.err
