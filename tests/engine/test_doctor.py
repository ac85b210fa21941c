"""`buildmark doctor`, and the fingerprint of a run, on a real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.ports.fingerprint import read_fingerprint
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine
from bench.ports.run_store import RunStore
from bench.pure.checks import CHECKS
from bench.pure.fingerprint import differences
from bench.pure.fingerprint_fields import FIELDS, Comparison

pytestmark = pytest.mark.engine


def buildmark(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=cwd,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_doctor_examines_a_private_engine_and_leaves_no_trace(tmp_path: Path) -> None:
    done = buildmark("doctor", "--engine", "private", "--format", "json", cwd=tmp_path)
    shown = json.loads(done.stdout)
    assert shown["engine"].startswith("private-")
    assert shown["engine"] not in Path("/proc/self/mounts").read_text()
    assert list((cache_folder(os.environ) / "engines").glob(shown["engine"])) == []
    assert list(Path("/sys/fs/cgroup").glob(f"*/*{shown['engine']}*")) == []
    found = {finding["check"]: finding for finding in shown["findings"]}
    assert set(found) == {check.name for check in CHECKS}
    assert done.returncode == (5 if any(one["severity"] == "problem" for one in found.values()) else 0), done.stderr
    for check in ("engine", "docker", "buildx", "collection", "elsewhere", "storage-driver", "data-root", "emulation"):
        assert found[check]["severity"] == "ok", found[check]
    for check in ("busy", "steal", "watchers", "fanotify", "clock", "meters", "swap", "limits", "data-space"):
        assert found[check]["checked"], found[check]
    assert shown["fingerprint"]["engine_kind"]["value"] == "private"
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_of_a_real_engine_is_the_same_when_read_again(engine: Engine) -> None:
    first, second = read_fingerprint(engine), read_fingerprint(engine)
    assert list(first) == list(FIELDS)
    assert [one.text for one in differences(first, second) if one.comparison is not Comparison.IGNORE] == []
    assert first["docker_version"].value == engine.info.server_version
    assert first["build_cache_gc"].value is not None
    assert first["data_root_filesystem"].value


def test_a_run_keeps_its_fingerprint_and_shows_it(tmp_path: Path) -> None:
    done = buildmark(
        *("run", "quick", "--base", "debian-12", "--set", "stages=multi", "--set", "layers=merged"),
        *("--state", "cold", "--rounds", "1", "--engine", "private"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    run = RunStore(tmp_path / "results").open("latest").read_run()
    assert list(run.fingerprint) == list(FIELDS)
    assert run.fingerprint["docker_version"].value == run.engine.server_version
    assert str(run.fingerprint["kernel"].value) in done.stdout
    for finding in run.findings:
        assert finding.seen in done.stderr
