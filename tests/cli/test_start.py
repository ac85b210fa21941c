"""The command line starts fast: what is slow to import waits until a command needs it."""

from __future__ import annotations

import subprocess
import sys


def test_the_command_line_starts_without_what_is_slow_to_import() -> None:
    rooms = "bench.cli.main, bench.pure.statistics, bench.pure.verdicts, bench.pure.summary, bench.pure.planning"
    slow = "{'numpy', 'scipy', 'altair', 'vl_convert', 'sqlalchemy', 'docker'}"
    code = f"import sys, {rooms}; print(sorted({slow} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
