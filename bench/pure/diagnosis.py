"""Diagnosis: what about a machine makes numbers wrong or noisy, as findings. Data in, data out.

A check looks at the evidence and gives a verdict; `bench.pure.checks` has the list of them all.
`bench.app.examination` gathers the evidence, `bench.report.findings` words the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from bench.model.build import BuilderKind
from bench.model.environment import Fact, Finding, Severity
from bench.pure.cgroup_files import Absent
from bench.pure.fingerprint import NOT_RECORDED, fact_text

GRAVEST_FIRST = (Severity.PROBLEM, Severity.WARNING, Severity.NOTE, Severity.OK)
NOT_LOOKED = Absent("it is not looked at before a run")

Seen = TypeVar("Seen")
Value = TypeVar("Value", int, float, str, bool, tuple[str, ...])


class CpuUse(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of all CPUs' time over a sample: at work, and given away by the hypervisor. `busiest`: names, in order."""

    busy: float
    steal: float
    busiest: tuple[str, ...] = ()


class Meters(msgspec.Struct, frozen=True, kw_only=True):
    """What the meters of a build can give here: metrics measured host-wide, and those absent with their reason."""

    host_wide: tuple[str, ...]
    absent: Mapping[str, str]


class ClockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the clock that times builds is like. `went_back`: in a series of readings one was below that before it."""

    is_monotonic: bool
    resolution_s: float
    went_back: bool


class Observations(msgspec.Struct, frozen=True, kw_only=True):
    """What a fingerprint does not hold, each as its value or as the reason why it was not looked at.

    `engine_error` says why no engine could be opened, and `engine_remedy` what to do; `elsewhere` says how it is known
    that the engine runs on another machine, and is None where it runs on this one. `platform` is what builds ask for
    (`linux/arm64`), None for the engine's own, and `emulators` are the processors that the kernel runs foreign programs
    for. `watchers` are programs known to look at every file, `fanotify` those that the kernel tells of file accesses.
    """

    engine_error: str | None = None
    engine_remedy: str | None = None
    elsewhere: str | None = None
    builder: BuilderKind = BuilderKind.BUILDKIT
    is_root: bool | Absent = NOT_LOOKED
    platform: str | None = None
    emulators: tuple[str, ...] | Absent = NOT_LOOKED
    results_filesystem: str | Absent = NOT_LOOKED
    results_free_bytes: int | Absent = NOT_LOOKED
    cpu: CpuUse | Absent = NOT_LOOKED
    watchers: tuple[str, ...] | Absent = NOT_LOOKED
    fanotify: tuple[str, ...] | Absent = NOT_LOOKED
    meters: Meters | Absent = NOT_LOOKED
    clock: ClockFacts | Absent = NOT_LOOKED


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks look at."""

    facts: Mapping[str, Fact]
    seen: Observations

    def text(self, name: str) -> str:
        """A fact in words."""
        return fact_text(name, self.facts.get(name, NOT_RECORDED))

    def want(self, name: str, kind: type[Value]) -> Value:
        """The value of a fact. Raises UncheckedError with its reason where it is absent, or of another kind."""
        value = self.find(name, kind)
        if value is None:
            raise UncheckedError(self.facts.get(name, NOT_RECORDED).absent or f"{name} is {self.text(name)}")
        return value

    def find(self, name: str, kind: type[Value]) -> Value | None:
        """The value of a fact, None where it is absent or of another kind (a limit that is `none`)."""
        value = self.facts.get(name, NOT_RECORDED).value
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        return value if isinstance(value, kind) else None


class UncheckedError(Exception):
    """A check could not look; it carries the reason. Never leaves this room."""


class Verdict(msgspec.Struct, frozen=True):
    """How grave, what was seen, and what to do where the check's own remedy does not fit."""

    severity: Severity
    seen: str
    remedy: str | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check: `why` what it watches for spoils numbers, and `remedy` what to do. `look` may raise UncheckedError."""

    name: str
    why: str
    remedy: str
    look: Callable[[Evidence], Verdict]


def ok(seen: str) -> Verdict:
    """Nothing is wrong."""
    return Verdict(Severity.OK, seen)


def note(seen: str, *, remedy: str | None = None) -> Verdict:
    """Good to know; numbers are not worse for it within this machine."""
    return Verdict(Severity.NOTE, seen, remedy)


def warning(seen: str, *, remedy: str | None = None) -> Verdict:
    """Numbers are noisier, or fewer, or mean less."""
    return Verdict(Severity.WARNING, seen, remedy)


def problem(seen: str, *, remedy: str | None = None) -> Verdict:
    """Numbers are wrong, or cannot be had."""
    return Verdict(Severity.PROBLEM, seen, remedy)


def looked(value: Seen | Absent) -> Seen:
    """An observation's value. Raises UncheckedError where there is none."""
    if isinstance(value, Absent):
        raise UncheckedError(value.reason)
    return value


def diagnose(evidence: Evidence, checks: Sequence[Check]) -> tuple[Finding, ...]:
    """A finding for every check, the gravest first; those that could not look come after the other notes."""
    findings = [_finding(check, evidence) for check in checks]
    return tuple(sorted(findings, key=lambda finding: (GRAVEST_FIRST.index(finding.severity), not finding.checked)))


def _finding(check: Check, evidence: Evidence) -> Finding:
    try:
        verdict = check.look(evidence)
    except UncheckedError as unchecked:
        return Finding(check=check.name, severity=Severity.NOTE, seen=str(unchecked), checked=False)
    if verdict.severity is Severity.OK:
        return Finding(check=check.name, severity=Severity.OK, seen=verdict.seen)
    remedy = check.remedy if verdict.remedy is None else verdict.remedy
    return Finding(check=check.name, severity=verdict.severity, seen=verdict.seen, why=check.why, remedy=remedy)


def has_problem(findings: Sequence[Finding]) -> bool:
    """Whether anything found makes numbers wrong or impossible."""
    return any(finding.severity is Severity.PROBLEM for finding in findings)


def warnings_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those worth a word before a run: warnings and problems."""
    return tuple(finding for finding in findings if finding.severity in {Severity.WARNING, Severity.PROBLEM})


def one_line(finding: Finding) -> str:
    """A finding in a line, for the start of a run."""
    return f"{finding.severity}: {finding.seen}; {finding.why}"
