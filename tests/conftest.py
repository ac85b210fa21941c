"""One engine and one browser for all tests that need one, and no program at all for those that need none."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # it has none

from bench.ports.clock import SystemClock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine

CHROMIUM = "/usr/bin/chromium"
ON_AN_ENGINE = ("tests/engine/", "tests/docs/test_tutorial.py")
WITHOUT_PROGRAMS = {"pure", "app", "report"}


class _EngineInOneProcess(LoadScopeScheduling):  # type: ignore[misc] # a class without types
    """Tests of an engine go to one process, in order, as one unit of work; every other test to whichever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return "engine" if nodeid.startswith(ON_AN_ENGINE) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """What `make test` hands tests out by: the engine is shared, and two that measure would disturb each other."""
    return _EngineInOneProcess(config, log)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The machine's own engine where there is one, else a private one. Fails, never skips, where neither can be."""
    opened = open_engine(EngineChoice.AUTO, environment=os.environ, clock=SystemClock(), cache=cache_folder(os.environ))
    try:
        yield opened  # not locked: tests run `buildmark` on it
    finally:
        opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright. Fails, never skips, where there is none."""
    with sync_playwright() as playwright:  # one for all: a second one in the same thread is refused
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test starts is no part of these tests: pytest-benchmark measures nothing in what it takes for a part."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms that never start a program are held to it."""
    room = Path(str(request.path)).parent.name
    if room in WITHOUT_PROGRAMS:

        def refuse(*arguments: object, **_: object) -> None:
            raise AssertionError(f"a test in {room}/ started a program: {arguments}")

        monkeypatch.setattr(subprocess, "Popen", refuse)
