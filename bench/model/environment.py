"""What is known of the machine and the engine that numbers come from, and what was found wrong with them.

`bench.pure.fingerprint` has the registry of facts, `bench.pure.diagnosis` makes the findings (docs/FORMAT.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

FactValue: TypeAlias = bool | int | float | str | tuple[str, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a fingerprint: exactly one of the two is there. `absent` says why the value cannot be had."""

    value: FactValue | None = None
    absent: str | None = None


class Severity(StrEnum):
    """How much a finding matters, from nothing to numbers that mean something else than they say."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check saw. `checked` is False where it could not look; then `seen` says why, and it is a note.

    `why` says what it does to numbers, `remedy` what to do; both are empty where all is well.
    """

    check: str
    severity: Severity
    seen: str
    why: str = ""
    remedy: str = ""
    checked: bool = True


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What `buildmark doctor` found, the gravest first. `engine` is None where none could be opened."""

    engine: str | None
    fingerprint: Mapping[str, Fact]
    findings: tuple[Finding, ...]
