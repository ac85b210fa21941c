"""An examination as text: for a terminal, or as JSON. Returns text; somebody else prints it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import msgspec

from bench.model.environment import Examination, Finding, Severity
from bench.pure.fingerprint import environment_line

ALL_WELL = "Nothing that makes numbers wrong was found."
_TOLD = (Severity.PROBLEM, Severity.WARNING, Severity.NOTE)


def render_examination(examination: Examination, *, width: int) -> str:
    """Each finding with why it matters and what to do, the gravest first; then what is fine, and what was not seen."""
    findings = examination.findings
    parts = [_wrapped(environment_line(examination.fingerprint), width)]
    parts += [_told(finding, width) for finding in findings if finding.severity in _TOLD and finding.checked]
    fine = [finding for finding in findings if finding.severity is Severity.OK]
    blind = [finding for finding in findings if not finding.checked]
    if fine:
        parts.append(_wrapped(f"fine: {', '.join(finding.check for finding in fine)}", width))
    if blind:
        parts.append("\n".join(["not checked:", *_blind(blind, width)]))
    parts.append(_verdict(findings))
    return "\n\n".join(part for part in parts if part) + "\n"


def render_examination_json(examination: Examination) -> str:
    """The whole examination as JSON; docs/FORMAT.md promises the keys."""
    return msgspec.json.format(msgspec.json.encode(examination), indent=2).decode() + "\n"


def _told(finding: Finding, width: int) -> str:
    head = f"{finding.severity.upper():8} {finding.check}: "
    lines = [_wrapped(head + finding.seen, width, indent=9)]
    lines += [_wrapped(f"why: {finding.why}", width, lead=9, indent=14)] if finding.why else []
    lines += [_wrapped(f"do:  {finding.remedy}", width, lead=9, indent=14)] if finding.remedy else []
    return "\n".join(lines)


def _blind(findings: Sequence[Finding], width: int) -> list[str]:
    """What could not be checked, by the reason that they share."""
    by_reason: dict[str, list[str]] = {}
    for finding in findings:
        by_reason.setdefault(finding.seen, []).append(finding.check)
    return [_wrapped(f"{', '.join(checks)}: {why}", width, lead=2, indent=4) for why, checks in by_reason.items()]


def _verdict(findings: Sequence[Finding]) -> str:
    counts = [(severity, sum(one.severity is severity and one.checked for one in findings)) for severity in _TOLD]
    words = [f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts if count]
    return ", ".join(words) if words else ALL_WELL


def _wrapped(text: str, width: int, *, lead: int = 0, indent: int = 0) -> str:
    return textwrap.fill(
        " ".join(text.split()) if lead else text.strip(),
        width=max(width, 40),
        initial_indent=" " * lead,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
