"""One engine and one browser for all tests that need one, and no program at all for those that need none."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bench.ports.clock import SystemClock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine

CHROMIUM = "/usr/bin/chromium"
WITHOUT_PROGRAMS = {"pure", "app", "report"}


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
def _no_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms that never start a program are held to it."""
    room = Path(str(request.path)).parent.name
    if room in WITHOUT_PROGRAMS:

        def refuse(*arguments: object, **_: object) -> None:
            raise AssertionError(f"a test in {room}/ started a program: {arguments}")

        monkeypatch.setattr(subprocess, "Popen", refuse)
