"""One engine for all tests that need one, and none at all for those that do not."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ports.clock import SystemClock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine

WITHOUT_PROGRAMS = {"pure", "app", "report"}


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The machine's own engine where there is one, else a private one. Fails, never skips, where neither can be."""
    opened = open_engine(EngineChoice.AUTO, environment=os.environ, clock=SystemClock(), cache=cache_folder(os.environ))
    try:
        yield opened  # not locked: tests run `buildmark` on it
    finally:
        opened.close()


@pytest.fixture(autouse=True)
def _no_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms that never start a program are held to it."""
    room = Path(str(request.path)).parent.name
    if room in WITHOUT_PROGRAMS:

        def refuse(*arguments: object, **_: object) -> None:
            raise AssertionError(f"a test in {room}/ started a program: {arguments}")

        monkeypatch.setattr(subprocess, "Popen", refuse)
