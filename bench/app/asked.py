"""What a session is given: the world around it, and the campaign that the user asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from bench.app.workbench import Watcher
from bench.model.build import BuilderKind
from bench.model.plan import Adaptive, Plan
from bench.model.scenario import Axis, Base, Scenario
from bench.ports.engines import EngineChoice
from bench.ports.protocols import Clock


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a session: passed in, so that nothing below reads it by itself. `say` tells the user a line."""

    environment: Mapping[str, str]
    clock: Clock
    cache: Path
    catalogue: Mapping[str, Base]
    watcher: Watcher
    say: Callable[[str], None]


class AskedRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One revision to be compared: its level's name, its commit (None for the working tree), the scenario as it was."""

    name: str
    commit: str | None
    scenario: Scenario


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked to be run: `dockerfiles` by variant. `command` is the command line, for the record.

    Where revisions are compared, `scenario` is that of the last one, as it was checked out: limits, edits and the smoke
    test are its own. `home` is the folder that the user named.
    """

    scenario: Scenario
    axes: tuple[Axis, ...]
    plan: Plan
    dockerfiles: Mapping[str, str]
    engine: EngineChoice
    builder: BuilderKind
    timeout_s: float
    results: Path
    drop_page_cache: bool
    local_registry: bool
    command: tuple[str, ...]
    disturbed_above: float | None = None
    revisions: tuple[AskedRevision, ...] = ()
    home: Path
    adaptive: Adaptive | None = None

    @property
    def contexts(self) -> Mapping[str, Path]:
        """The build contexts by the revision that each is of; one of no revision where none are compared."""
        return {one.name: one.scenario.context for one in self.revisions} or {"": self.scenario.context}
