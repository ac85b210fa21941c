"""BuildKit through `docker buildx build`, timed from just before the client starts to its end.

The client is part of what is timed, for it is part of what users wait for. While it runs, its streams are only
collected; they are read when it has ended. Neighbours: `bench.pure.buildx` makes the arguments, `bench.pure.rawjson`
reads the stream, `bench.ports.builder_classic` is the other builder.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from bench.errors import EngineError
from bench.model.build import BuildOutcome, BuildRequest, BuildStatus
from bench.ports import process
from bench.ports.engine_death import raise_if_engine_died
from bench.ports.protocols import Clock, Engine
from bench.ports.scratch import make_scratch
from bench.pure.buildx import (
    LEAST_BUILDX,
    SAMPLED,
    blames_engine,
    build_cgroup,
    buildx_arguments,
    is_too_old,
    own_builder,
)
from bench.pure.rawjson import parse_rawjson

GET_BUILDX = (
    "install the package docker-buildx (Debian, Ubuntu) or docker-buildx-plugin (Docker's own packages), "
    "or use --builder classic"
)


class Runner(Protocol):
    """What is needed of `bench.ports.process.run`."""

    def __call__(
        self,
        argv: list[str],
        *,
        env: dict[str, str],
        timeout_s: float,
        check: bool,
        on_stderr_line: Callable[[bytes], None] | None,
        on_exit: Callable[[], None],
    ) -> process.Completed:
        """Run a program to its end."""
        ...


class BuildkitBuilder:
    """Builds with the BuildKit of `engine`, through the Docker client's Buildx.

    Raises EngineError when there is no Buildx, or one that is too old.
    """

    def __init__(self, engine: Engine, *, clock: Clock, runner: Runner = process.run) -> None:
        version = engine.info.buildx_version
        if version is None:
            raise EngineError("BuildKit builds need Buildx, and the docker command has none", remedy=GET_BUILDX)
        if is_too_old(version):
            least = ".".join(str(part) for part in LEAST_BUILDX)
            raise EngineError(f"Buildx {version} is too old: {least} is the least", remedy=GET_BUILDX)
        self._engine = engine
        self._clock = clock
        self._run = runner
        # Buildx's own state, apart from the user's: its list of builds, and an identity that keys the engine's transfer
        # cache, so it must last as long as the builder. The engine's list keeps its entries of our builds: in BuildKit
        # before 0.29, removing one makes the daemon crash at the next `docker buildx history ls` (moby/buildkit#6614).
        self._folder = make_scratch("buildmark-buildx-", Path(tempfile.gettempdir()))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def build(self, request: BuildRequest, *, on_line: Callable[[bytes], None] | None = None) -> BuildOutcome:
        """See Builder."""
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            iidfile = Path(scratch, "iid")
            builder = own_builder(self._engine.environment)
            # Only version 2 has samples of the steps to write down.
            metadata = Path(scratch, "metadata.json") if self._engine.info.cgroup_version != 1 else None
            argv = buildx_arguments(
                request,
                iidfile=iidfile,
                builder=builder,
                metadata=metadata,
                cgroup_parent=build_cgroup(self._engine.info),
            )
            done, wall_s = self._timed(argv, request.timeout_s, on_line, sampled=metadata is not None)
            outcome = self._outcome(done, wall_s, request, image_id=_text(iidfile))
            told = metadata.read_bytes() if metadata and metadata.is_file() else b""
            return msgspec.structs.replace(outcome, metadata=told)

    def remove_leftovers(self) -> None:
        """See Builder. BuildKit keeps what steps made in its build cache, which is the engine's to empty."""

    def _timed(
        self, argv: list[str], timeout_s: float, on_line: Callable[[bytes], None] | None, *, sampled: bool
    ) -> tuple[process.Completed, float]:
        """Run the client. What lies between the two readings of the clock is the build and nothing else."""
        env = {**self._engine.environment, "BUILDX_CONFIG": str(self._folder), **(SAMPLED if sampled else {})}
        ended_s: list[float] = []

        def note_end() -> None:
            ended_s.append(self._clock.monotonic_s())

        begun_s = self._clock.monotonic_s()
        done = self._run(argv, env=env, timeout_s=timeout_s, check=False, on_stderr_line=on_line, on_exit=note_end)
        return done, ended_s[0] - begun_s

    def _outcome(
        self, done: process.Completed, wall_s: float, request: BuildRequest, *, image_id: str | None
    ) -> BuildOutcome:
        transcript = parse_rawjson(done.stderr)
        status, error = BuildStatus.OK, None
        if done.timed_out:
            status, error = BuildStatus.TIMEOUT, f"stopped after {request.timeout_s:g} s, the timeout"
            raise_if_engine_died(self._engine, error)
        elif done.returncode != 0:
            status, error = BuildStatus.FAILED, transcript.error or _last_words(done)
            raise_if_engine_died(self._engine, error)
            if blames_engine(error):
                raise EngineError(f"the engine {self._engine.info.name} broke off a build: {error}")
        return BuildOutcome(
            status=status,
            wall_s=wall_s,
            transcript=transcript,
            image_id=image_id if status is BuildStatus.OK else None,
            raw=done.stderr,
            error=error,
        )


def _last_words(done: process.Completed) -> str:
    lines = [line for line in done.error_text.splitlines() if line and not line.startswith("{")]
    return lines[-1] if lines else f"docker buildx exited with {done.returncode} and said nothing"


def _text(file: Path) -> str | None:
    return file.read_text().strip() or None if file.is_file() else None
