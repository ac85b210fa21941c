"""What stands beside the numbers of a page, as values: where they come from, and what is to be said against them."""

from __future__ import annotations

import msgspec

from bench.model.environment import Severity
from bench.report.html.model_answer import Phrase
from bench.report.html.model_tables import Grid


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that counts in no number, with why, and what its failed step printed last."""

    variant: Phrase
    where: str
    status: str
    reason: str
    output: tuple[str, ...]
    log: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a reader of the numbers must know; `output` is what a failed step printed last."""

    text: str
    output: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of the machine saw when the run began."""

    severity: Severity
    check: str
    seen: str
    why: str
    remedy: str


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how the run was made, and what is to be said against it.

    `lost` are the trials that count in no number, as many as the page lists; `lost_more` counts the others.
    """

    notes: tuple[Note, ...]
    findings: tuple[Finding, ...]
    lost: tuple[Lost, ...]
    lost_more: int
    facts: Grid
    bases: Grid
    plan: Grid
