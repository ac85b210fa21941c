"""Whether what a smoke test's command gave is what the scenario asked for."""

from __future__ import annotations

import re

from bench.model.scenario import SmokeTest
from bench.model.trial import SmokeResult


def judge_smoke(test: SmokeTest, exit_code: int | None, output: str) -> SmokeResult:
    """Judge one smoke test. `exit_code` None means that the command was stopped after `test.timeout_s`."""
    reason = _why_not(test, exit_code, output)
    return SmokeResult(passed=reason is None, exit_code=exit_code, output=output, reason=reason)


def _why_not(test: SmokeTest, exit_code: int | None, output: str) -> str | None:
    if exit_code is None:
        return f"it did not end within {test.timeout_s:g} s"
    if exit_code != test.exit_code:
        return f"exit code {exit_code}, expected {test.exit_code}{_last_line(output)}"
    if test.output is not None and re.search(test.output, output) is None:
        return f"its output does not match {test.output!r}{_last_line(output)}"
    return None


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return f" (last line: {lines[-1][:200]})" if lines else ""
