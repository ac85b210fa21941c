"""From a plan to a finished run, and from an unfinished run to a finished one.

Each is a short list of steps over the other rooms: open the engine, get the bases, lay out the run's folder, run the
missing trials, leave the engine as it was.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import __version__
from bench.app.bases import PreparedBases, prepare_bases
from bench.app.campaign import run_campaign
from bench.app.workbench import Watcher, Workbench
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.plan import Plan
from bench.model.run import EngineInfo, Run
from bench.model.scenario import Axis, Base, Scenario
from bench.model.trial import Trial
from bench.ports.builders import make_builder
from bench.ports.context import stage_context
from bench.ports.disk import make_folder
from bench.ports.engine_lock import FileEngineLock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.host_access import build_secrets, proxy_args
from bench.ports.machine import describe_machine
from bench.ports.meters import make_meter
from bench.ports.protocols import Clock, Engine
from bench.ports.run_folder import RunFolder, RunWriter
from bench.ports.run_store import RunStore
from bench.pure.dockerfile import render


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a session: passed in, so that nothing below reads it by itself. `say` tells the user a line."""

    environment: Mapping[str, str]
    clock: Clock
    cache: Path
    catalogue: Mapping[str, Base]
    watcher: Watcher
    say: Callable[[str], None]


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked to be run. `command` is the command line, for the record."""

    scenario: Scenario
    axes: tuple[Axis, ...]
    plan: Plan
    engine: EngineChoice
    builder: BuilderKind
    timeout_s: float
    results: Path
    command: tuple[str, ...]
