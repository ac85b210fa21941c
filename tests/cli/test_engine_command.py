"""`buildmark engine` on a machine where no engine is up: words, and nothing started."""

from pathlib import Path

import pytest

from tests.cli.command import Buildmark


@pytest.fixture
def buildmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Buildmark:
    monkeypatch.setenv("BUILDMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    return Buildmark(monkeypatch, capsys)


def test_status_says_that_there_is_none_and_why(buildmark: Buildmark, tmp_path: Path) -> None:
    said = buildmark("engine", "status")
    assert said.code == 0
    assert f"the Docker daemon at unix://{tmp_path}/absent.sock (from DOCKER_HOST) does not answer" in said.out
    assert "none is up" in said.out


def test_down_has_nothing_to_do(buildmark: Buildmark, tmp_path: Path) -> None:
    assert buildmark("engine", "down") == (0, "nothing to remove: none is up\n", "")
    assert not (tmp_path / "cache").exists()


def test_down_minds_no_cache_folder_that_cannot_be(
    buildmark: Buildmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BUILDMARK_CACHE", str(tmp_path / "file" / "cache"))
    assert buildmark("engine", "down").code == 0


def test_logs_of_an_engine_that_never_was(buildmark: Buildmark, tmp_path: Path) -> None:
    assert buildmark("engine", "logs").code == 2
    logs = tmp_path / "cache" / "engine-logs"
    logs.mkdir(parents=True)
    (logs / "private-abc123.log").write_text("one\ntwo\nthree\n")
    assert buildmark("engine", "logs", "--lines", "2").out == "two\nthree\n"
    refused = buildmark("engine", "logs", "private-abc124")
    assert refused.code == 2
    assert "did you mean 'private-abc123'?" in refused.err
