"""The ports that a campaign works with, gathered, and what the faces are told while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from bench.app.host_keeper import HostKeeper
from bench.app.layer_scale import LayerScale
from bench.app.shelf import Shelf
from bench.model.plan import PlannedTrial
from bench.model.run import Run
from bench.model.trial import Trial
from bench.ports.page_cache import PageCache
from bench.ports.protocols import Builder, Clock, Engine, Meter


class Recorder(Protocol):
    """Where the records of a run go, see `bench.ports.run_store`."""

    def append(self, trial: Trial) -> None:
        """Append one record and force it to the disk."""
        ...

    def write_log(self, planned: PlannedTrial, text: str, raw: bytes) -> str:
        """Keep a trial's log and the builder's stream; returns the log's path relative to the run's folder."""
        ...

    def write_host_samples(self, planned: PlannedTrial, lines: bytes) -> str:
        """Keep what the machine did during a trial; returns the file's path relative to the run's folder."""
        ...


class Watcher(Protocol):
    """What is told of a campaign while it runs: a progress bar, plain lines, or nothing."""

    def started(self, run: Run, missing: tuple[PlannedTrial, ...]) -> None:
        """The campaign begins; the `missing` trials are to be run, in this order."""
        ...

    def trial_started(self, planned: PlannedTrial) -> None:
        """A trial begins."""
        ...

    def trial_ended(self, trial: Trial) -> None:
        """A trial has been recorded."""
        ...

    def ended(self) -> None:
        """No more trials will come, whatever the reason."""
        ...


class Workbench(msgspec.Struct, frozen=True, kw_only=True):
    """What one campaign works with.

    `contexts` are the filtered copies of the build contexts, by the revision that each is of (`""` where none are
    compared): a folder is renamed for every trial, for the name is part of what BuildKit's transfer cache goes by.
    `build_args` and `secrets` are those of this machine (proxies, the CA bundle): they reach the builds and no record.
    `environment` is that of an edit's shell command. `host` is None on a private engine, which goes as a whole.
    `page_cache` is there when it is to be emptied before each build, `shelf` when bases are to be pulled. `scale`
    weighs each variant's image once.
    """

    engine: Engine
    builder: Builder
    meter: Meter
    clock: Clock
    scale: LayerScale
    recorder: Recorder
    watcher: Watcher
    contexts: Mapping[str, Path]
    dockerfiles: Mapping[str, Path]
    build_args: Mapping[str, str]
    secrets: Mapping[str, Path]
    resume_command: str
    environment: Mapping[str, str]
    page_cache: PageCache | None = None
    shelf: Shelf | None = None
    host: HostKeeper | None = None
