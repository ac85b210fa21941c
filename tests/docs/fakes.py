"""A world in which the command line builds nothing: the engines, builders and meters of `bench.ports.fakes`.

Builds take the same within a percent, but for the one change that the tutorial makes slower, so that verdicts come out
as the documents tell them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bench.app import bases, examination, session, session_engine
from bench.cli import world
from bench.model.build import BuildOutcome, BuildRequest
from bench.model.scenario import Base, SourceKind
from bench.model.trial import Reading
from bench.ports import browser
from bench.ports.base_catalogue import load_catalogue
from bench.ports.base_sources import CachedBase
from bench.ports.fakes import FakeBuild, FakeBuilder, FakeClock, FakeEngine, FakeMeter, fake_id
from bench.ports.protocols import Clock, ContainerResult

Put = Callable[[Any, str, Any], None]
READINGS = {
    "cpu_user_s": Reading(value=0.8, meter="cgroup-v1"),
    "cpu_system_s": Reading(value=0.2, meter="cgroup-v1"),
    "memory_peak_bytes": Reading(value=52_428_800, meter="cgroup-v1"),
    "disk_written_bytes": Reading(value=4_194_304, meter="host-wide"),
}
SAID: Mapping[str, str] = {
    "tally": "  3 a\n  3 rose\ntally 1.0.0\n",
    "shortener": "healthy: shortener\n",
    "hello": "hello\n",
    "sha256sum": "web\n-rw-r--r-- 1 web web 1 index.html.gz\n",
}
"""What the smoke tests of the scenarios are answered, by a word in their command."""
SLOW_STEP_S = 1.5
"""What a step takes behind the change that the tutorial makes slower."""


def install(put: Put) -> None:
    """Put the fakes in the place of what touches the machine."""
    put(session_engine, "open_engine", open_engine)
    put(examination, "open_engine", open_engine)
    put(examination, "make_meter", lambda engine, **_: FakeMeter(engine.calls, readings=READINGS))
    put(session, "make_builder", lambda kind, engine, clock: DeclaredBuilder(engine))  # noqa: ARG005
    put(session, "make_meter", lambda engine, **_: FakeMeter(engine.calls, readings=READINGS))
    put(world, "SystemClock", clock_of_now)
    put(browser, "open_in_browser", lambda path: None)  # noqa: ARG005
    put(bases, "prepare_archive", prepare_archive)
    put(os, "fsync", lambda descriptor: None)  # noqa: ARG005 - thousands of trials that nobody will miss


def clock_of_now() -> FakeClock:
    """A clock that begins now, so that each command's runs have ids of their own, and stands still from then on."""
    return FakeClock(datetime.now(UTC))


def open_engine(choice: object, *, clock: Clock, **_: object) -> FakeEngine:
    """An engine that has every base of the catalogue under its official name."""
    del choice
    sources = [source for base in load_catalogue().values() for source in base.sources]
    refs = [source.ref for source in sources if source.kind is SourceKind.ENGINE and source.ref]
    fake = clock if isinstance(clock, FakeClock) else clock_of_now()
    return FakeEngine(clock=fake, bases=refs, on_container=_answer)


def prepare_archive(base: Base, sources: object, *, refresh: bool) -> CachedBase:
    """A base as its last source would have given it; nothing is fetched and nothing written."""
    del sources, refresh
    return CachedBase(
        name=base.name,
        source=base.sources[-1].kind,
        origin="a fake",
        digest=fake_id(base.name),
        size_bytes=1_000_000,
        archive_bytes=1_000_000,
        prepared_at=datetime.now(UTC),
    )


class DeclaredBuilder(FakeBuilder):
    """Builds that take what `seconds_of` says, each a little more or less."""

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__(engine)
        self._noise = random.Random(7)  # noqa: S311 - values for a test

    def build(self, request: BuildRequest, **how: Any) -> BuildOutcome:
        """See Builder."""
        step_s = seconds_of(request) * (1 + self._noise.gauss(0, 0.005))
        self._usual = FakeBuild(step_s=step_s, overhead_s=0.1 * (1 + self._noise.gauss(0, 0.005)))
        return super().build(request, **how)


def seconds_of(request: BuildRequest) -> float:
    """What each executed step of a build takes: more where a script of the context compresses as hard as it can."""
    scripts = "".join(path.read_text(errors="replace") for path in sorted(request.context.rglob("*.sh")))
    return SLOW_STEP_S if "gzip -9" in scripts else 0.2


def _answer(image: str, command: Sequence[str]) -> ContainerResult:
    del image
    asked = " ".join(command)
    return ContainerResult(exit_code=0, output=next((said for word, said in SAID.items() if word in asked), "fine\n"))
