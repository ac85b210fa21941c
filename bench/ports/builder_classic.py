"""The classic builder, through the Docker SDK, timed from the request to the end of its answer.

The archive of the context is made before the clock starts, and sent while it runs: the classic client, too, sends it as
part of the build. A build is stopped by closing our side of the connection: the daemon then cancels it, removes its
container, and ends its answer, which is waited for. Neighbours: `bench.ports.classic_archive` writes the archive,
`bench.pure.classic` reads the stream, `bench.ports.builder_buildkit` is the other builder.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

import msgspec

from bench.errors import EngineError
from bench.model.build import BuildOutcome, BuildRequest, BuildStatus, StepKind, StepStatus, Transcript
from bench.ports.classic_archive import DOCKERFILE, write_archive
from bench.ports.docker_client import DockerClient
from bench.ports.docker_host import resolve_host
from bench.ports.engine_death import raise_if_engine_died
from bench.ports.protocols import Clock, Engine
from bench.pure.classic import Event, parse_classic

if TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

PATIENCE_S = 15.0


class ClassicBuilder:
    """Builds with the classic builder of `engine`. The secrets of a request are not used: this builder has none.

    Its cache are the images of the steps, and those of a stage that is not the last hang on no image with a name or a
    label. So the builder remembers what its steps made: a build without cache, and one that fails, removes it, and
    `remove_leftovers` does at the end.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._made: list[str] = []

    def build(self, request: BuildRequest, *, on_line: Callable[[bytes], None] | None = None) -> BuildOutcome:
        """See Builder."""
        if request.no_cache:
            self.remove_leftovers()
        client = DockerClient(resolve_host(self._engine.environment))
        with contextlib.closing(client), tempfile.TemporaryFile() as archive:
            write_archive(request, archive)
            archive.seek(0)
            stream = _Stream(client.api, self._clock, on_line)
            try:
                stream.run(request, archive)
            except KeyboardInterrupt:
                self._remember(parse_classic(stream.events))
                self.remove_leftovers()
                raise
        return self._outcome(stream, request)

    def remove_leftovers(self) -> None:
        """Remove the images that the steps of earlier builds made, as far as nothing else needs them."""
        for image in reversed(self._made):
            with contextlib.suppress(EngineError):
                self._engine.remove_image(image)
        self._made.clear()

    def _remember(self, transcript: Transcript) -> None:
        self._made.extend(
            step.digest
            for step in transcript.steps
            if step.digest and step.status is StepStatus.EXECUTED and step.kind is not StepKind.FROM
        )

    def _outcome(self, stream: _Stream, request: BuildRequest) -> BuildOutcome:
        transcript = parse_classic(stream.events)
        self._remember(transcript)
        status, error = self._verdict(stream, transcript, request)
        if status is not BuildStatus.OK:
            self.remove_leftovers()
        return BuildOutcome(
            status=status,
            wall_s=stream.ended_s - stream.begun_s,
            transcript=transcript,
            image_id=_image_id(stream.events) if status is BuildStatus.OK else None,
            raw=b"".join(_line(event) for _, event in stream.events),
            error=error,
        )

    def _verdict(
        self, stream: _Stream, transcript: Transcript, request: BuildRequest
    ) -> tuple[BuildStatus, str | None]:
        if stream.timed_out:
            told = f"stopped after {request.timeout_s:g} s, the timeout"
            raise_if_engine_died(self._engine, told)
            return BuildStatus.TIMEOUT, told
        if stream.broken is None and transcript.error is None:
            return BuildStatus.OK, None
        told = transcript.error or stream.broken or ""
        raise_if_engine_died(self._engine, told)
        if transcript.error is None or "context canceled" in transcript.error:
            raise EngineError(f"the engine {self._engine.info.name} broke off a build: {told}")
        return BuildStatus.FAILED, transcript.error


class _Stream:
    """One build's request and the events that answer it, each with the moment of its arrival."""

    def __init__(self, api: APIClient, clock: Clock, on_line: Callable[[bytes], None] | None) -> None:
        self.events: list[Event] = []
        self.broken: str | None = None
        self.timed_out = False
        self.begun_s = self.ended_s = 0.0
        self._api = api
        self._clock = clock
        self._on_line = on_line
        self._response: Response | None = None
        self._ended = threading.Event()  # Thread.join forgets that a thread runs when an interrupt meets it
        api.hooks["response"].append(self._note_response)

    def run(self, request: BuildRequest, archive: IO[bytes]) -> None:
        """Build. What lies between the two readings of the clock is the build and nothing else.

        A thread of its own reads the answer, so that a timeout or an interrupt finds the connection whole, and the
        daemon's end of the build can be waited for.
        """
        reader = threading.Thread(target=self._read, args=(request, archive), daemon=True)
        self.begun_s = self._clock.monotonic_s()
        reader.start()
        try:
            self.timed_out = not self._ended.wait(request.timeout_s)
        finally:
            if not self._ended.is_set():
                self._cancel()
            if self._response is not None:
                self._response.close()

    def _read(self, request: BuildRequest, archive: IO[bytes]) -> None:
        try:
            self._read_events(request, archive)
        finally:
            self.ended_s = self._clock.monotonic_s()
            self._ended.set()

    def _read_events(self, request: BuildRequest, archive: IO[bytes]) -> None:
        import docker.errors  # noqa: PLC0415 - slow to load, and only classic builds need it
        import requests  # noqa: PLC0415
        import urllib3  # noqa: PLC0415

        try:
            for event in self._answer(request, archive):
                self.events.append((self._clock.monotonic_s(), event))
                if self._on_line is not None:
                    self._on_line(_line(event))
        except docker.errors.APIError as refusal:
            self.events.append((self._clock.monotonic_s(), {"message": refusal.explanation or str(refusal)}))
        except (
            docker.errors.DockerException,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            self.broken = f"{type(error).__name__}: {error}"

    def _answer(self, request: BuildRequest, archive: IO[bytes]) -> Iterator[Any]:
        answer: Iterator[Any] = self._api.build(
            fileobj=archive,
            custom_context=True,
            dockerfile=DOCKERFILE,
            nocache=request.no_cache,
            rm=True,
            forcerm=True,
            timeout=round(request.timeout_s + 2 * PATIENCE_S),  # of one read: must not come before ours
            decode=True,
            buildargs=dict(request.args),
            labels=dict(request.labels),
            network_mode=request.network,
            platform=request.platform,
            use_config_proxy=False,
        )
        return answer

    def _note_response(self, response: Response, *_: Any, **__: Any) -> None:
        self._response = response

    def _cancel(self) -> None:
        """Close our side of the connection: the daemon cancels the build, cleans up and ends its answer.

        Before the answer has begun there is nothing to close: the SDK's own timeout ends that.
        """
        self._shut(socket.SHUT_WR)
        if not self._ended.wait(PATIENCE_S):
            self._shut(socket.SHUT_RDWR)
        self._ended.wait()

    def _shut(self, how: int) -> None:
        if self._response is None:
            return
        with contextlib.suppress(OSError, ValueError, AttributeError):
            number = os.dup(self._response.raw.fileno())
            with socket.socket(fileno=number) as connection:
                connection.shutdown(how)


def _image_id(events: list[Event]) -> str | None:
    """The image that the last `aux` event names: each stage's end tells one, the last is the build's."""
    told = (event.get("aux") for _, event in reversed(events))
    return next((str(aux["ID"]) for aux in told if isinstance(aux, dict) and "ID" in aux), None)


def _line(event: Any) -> bytes:
    return msgspec.json.encode(event) + b"\n"
