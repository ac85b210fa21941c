"""How long `buildmark --help` takes as a user waits for it; the aim is less than 0.25 s."""

from __future__ import annotations

import subprocess
import sys

from pytest_benchmark.fixture import BenchmarkFixture


def test_help(benchmark: BenchmarkFixture) -> None:
    command = [sys.executable, "-c", "from bench.cli.main import main; main()", "--help"]
    done = benchmark(subprocess.run, command, capture_output=True, check=True)
    assert b"Commands" in done.stdout
