"""From BuildKit's progress stream to a transcript: steps, phases, bytes, a readable log, the error.

One vertex has several records and several intervals: a look into the cache, then an execution or a load. Its duration
is the union of its intervals, keyed by their start; summing records would count twice. Neighbours:
`bench.pure.solve_status` (the wire), `bench.pure.vertices` (what a name means), `bench.pure.build_log` (the log).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import assert_never

from bench.model.build import Phases, Step, StepKind, StepStatus, Transcript
from bench.model.timeline import Activity, ActivityKind, Timeline
from bench.pure.build_log import BuildLog
from bench.pure.intervals import union, union_length
from bench.pure.solve_status import SolveStatus, Vertex, VertexStatus, microseconds, read_lines
from bench.pure.timeline import step_activity
from bench.pure.vertices import Role, VertexName, read_vertex_name

_SECOND = 1_000_000
_NEVER = -1


def parse_rawjson(raw: bytes) -> Transcript:
    """Read what `docker buildx build --progress=rawjson` wrote to standard error.

    Never raises: a stream that is cut off or garbled gives what can be read of it, and a count of the rest. A step that
    started and never completed (a build that was stopped) has the status FAILED, and lasts until the stream's last
    time. Bytes are None only when the stream names no vertex at all.
    """
    stream = _Stream()
    for line in read_lines(raw):
        if isinstance(line, str):
            stream.add_text(line)
        else:
            stream.add(line)
    return stream.transcript()


class _VertexTally:
    """Everything that the stream said about one vertex. Times are microseconds since 1970."""

    def __init__(self, name: str) -> None:
        self.full_name = name
        self.what = read_vertex_name(name)
        self.ends: dict[int, int | None] = {}
        self.cached: dict[int, bool] = {}
        self.error = ""
        self.inputs: dict[str, None] = {}

    def add(self, vertex: Vertex) -> None:
        self.error = max(self.error, vertex.error or "")
        self.inputs.update(dict.fromkeys(vertex.inputs or ()))
        started, completed = microseconds(vertex.started), microseconds(vertex.completed)
        if started is None:
            return
        known = self.ends.get(started)
        self.ends[started] = completed if known is None else max(known, completed or known)
        self.cached[started] = self.cached.get(started, False) or vertex.cached

    def intervals(self, last: int) -> Iterator[tuple[int, int]]:
        return ((start, last if end is None else end) for start, end in self.ends.items())

    def activity_kind(self) -> ActivityKind:
        match self.what.role:
            case Role.CONTEXT:
                return ActivityKind.CONTEXT
            case Role.PULL:
                return ActivityKind.PULL
            case Role.EXPORT | Role.OTHER:
                return ActivityKind.ENGINE
            case Role.STEP:
                return step_activity(self.what.kind, self.status())
            case _:
                assert_never(self.what.role)

    def status(self) -> StepStatus:
        if self.error:
            return StepStatus.FAILED
        if not self.ends:
            return StepStatus.NEVER_STARTED
        latest = max(self.ends)
        if self.cached[latest]:
            return StepStatus.CACHED
        return StepStatus.EXECUTED if self.ends[latest] is not None else StepStatus.FAILED


class _StatusTally:
    """The progress of one part of a vertex: when it went on, and the most bytes that it told."""

    def __init__(self, status: VertexStatus) -> None:
        self.id = status.id
        self.vertex = status.vertex
        self.started: int | None = None
        self.completed: int | None = None
        self.bytes = 0

    def add(self, status: VertexStatus) -> None:
        started, completed = microseconds(status.started), microseconds(status.completed)
        self.started = _least(self.started, started)
        self.completed = completed if self.completed is None else max(self.completed, completed or 0)
        self.bytes = max(self.bytes, status.current)

    @property
    def is_layer(self) -> bool:
        return self.id.startswith(("sha256:", "extracting sha256:"))


class _Stream:
    """Collects the lines of one stream. What it yields does not depend on their order, but for the log's text."""

    def __init__(self) -> None:
        self._vertices: dict[str, _VertexTally] = {}
        self._statuses: dict[tuple[str, str], _StatusTally] = {}
        self._first: int | None = None
        self._last = 0
        self._log = BuildLog()
        self._texts: list[str] = []

    def add_text(self, line: str) -> None:
        self._texts.append(line)
        self._log.add_text(line)

    def add(self, record: SolveStatus) -> None:
        for vertex in record.vertexes or ():
            self._see(microseconds(vertex.started), microseconds(vertex.completed))
            if vertex.digest not in self._vertices:
                self._vertices[vertex.digest] = _VertexTally(vertex.name)
            self._vertices[vertex.digest].add(vertex)
            self._log.add_vertex(vertex)
        for status in record.statuses or ():
            self._see(microseconds(status.timestamp))
            key = (status.vertex, status.id)
            if key not in self._statuses:
                self._statuses[key] = _StatusTally(status)
            self._statuses[key].add(status)
            self._log.add_status(status)
        for log in record.logs or ():
            self._see(microseconds(log.timestamp))
            self._log.add_output(log)

    def _see(self, *moments: int | None) -> None:
        for moment in moments:
            if moment is not None:
                self._first = _least(self._first, moment)
                self._last = max(self._last, moment)

    def transcript(self) -> Transcript:
        return Transcript(
            steps=self._steps(),
            phases=self._phases(),
            context_bytes=self._transferred(self._is_context_transfer),
            pulled_bytes=self._transferred(self._is_pull),
            log=self._log.text(),
            error=self._error(),
            unreadable_lines=sum(1 for text in self._texts if text.strip()),
            timeline=self._timeline(),
            begun_at_s=None if self._first is None else self._first / _SECOND,
        )

    def _steps(self) -> tuple[Step, ...]:
        """Chronological; steps that started together stand by stage and position, those that never did come last."""
        steps = [self._step(digest, tally) for digest, tally in self._vertices.items() if tally.what.role is Role.STEP]
        return tuple(sorted(steps, key=_order))

    def _step(self, digest: str, tally: _VertexTally) -> Step:
        what = tally.what
        ran = bool(tally.ends)
        return Step(
            digest=digest,
            name=what.name,
            kind=what.kind,
            stage=what.stage,
            position=what.position,
            status=tally.status(),
            start_s=(min(tally.ends) - (self._first or 0)) / _SECOND if ran else None,
            duration_s=union_length(tally.intervals(self._last)) / _SECOND if ran else None,
            inputs=tuple(tally.inputs),
        )

    def _timeline(self) -> Timeline | None:
        if self._first is None:
            return None
        pulls: dict[str, list[tuple[int, int]]] = {}
        for status in filter(self._is_pull, self._statuses.values()):
            pulls.setdefault(status.vertex, []).append((status.started or self._first, status.completed or self._last))
        activities = [
            activity
            for digest, tally in self._vertices.items()
            for activity in self._activities(digest, tally, pulls.get(digest, []), self._first)
        ]
        return Timeline(span_us=self._last - self._first, activities=tuple(activities))

    def _activities(
        self, digest: str, tally: _VertexTally, pulls: list[tuple[int, int]], first: int
    ) -> Iterator[Activity]:
        """What a vertex did. Layers that another vertex than a FROM fetches are an activity that it waits for."""
        kind, own, inputs = tally.activity_kind(), list(tally.intervals(self._last)), tuple(tally.inputs)
        name = tally.full_name
        if pulls and kind is ActivityKind.PULL:
            own += pulls
        elif pulls:
            fetch = f"{digest} pull"
            yield Activity(
                digest=fetch, name=f"fetching for {name}", kind=ActivityKind.PULL, intervals=_since(first, pulls)
            )
            inputs = (*inputs, fetch)
        yield Activity(digest=digest, name=name, kind=kind, intervals=_since(first, own), inputs=inputs)

    def _phases(self) -> Phases:
        if not self._vertices:
            return Phases(context_s=None, pull_s=None, steps_s=None, export_s=None)
        layers = [
            (status.started or 0, status.completed or self._last)
            for status in self._statuses.values()
            if self._is_pull(status)
        ]
        return Phases(
            context_s=self._union(lambda what: what.role is Role.CONTEXT),
            pull_s=self._union(lambda what: what.role is Role.PULL or what.kind is StepKind.FROM, layers),
            steps_s=self._union(lambda what: what.role is Role.STEP and what.kind is not StepKind.FROM),
            export_s=self._union(lambda what: what.role is Role.EXPORT),
        )

    def _union(self, belongs: Callable[[VertexName], bool], more: Iterable[tuple[int, int]] = ()) -> float:
        intervals = list(more)
        for tally in self._vertices.values():
            if belongs(tally.what):
                intervals.extend(tally.intervals(self._last))
        return union_length(intervals) / _SECOND

    def _transferred(self, belongs: Callable[[_StatusTally], bool]) -> int | None:
        if not self._vertices:
            return None
        return sum(status.bytes for status in self._statuses.values() if belongs(status))

    def _is_context_transfer(self, status: _StatusTally) -> bool:
        owner = self._vertices.get(status.vertex)
        return owner is not None and owner.what.carries_context

    def _is_pull(self, status: _StatusTally) -> bool:
        """A layer that this build fetched. Of one that was there already, the end lies before the build's beginning."""
        owner = self._vertices.get(status.vertex)
        exported = owner is not None and owner.what.role is Role.EXPORT
        times = [moment for moment in (status.started, status.completed) if moment is not None]
        begun_here = bool(times) and min(times) >= (self._first or 0)
        return status.is_layer and begun_here and not exported

    def _error(self) -> str | None:
        return last_error(self._texts) or self._vertex_error()

    def _vertex_error(self) -> str | None:
        """The error of the vertex that started last, its own rather than that a neighbour's failure cancelled it."""
        failed = [tally for tally in self._vertices.values() if tally.error]
        own = [tally for tally in failed if "context canceled" not in tally.error]
        latest = max(own or failed, key=lambda tally: (max(tally.ends, default=_NEVER), tally.error), default=None)
        return latest.error if latest else None


def last_error(lines: Sequence[str]) -> str | None:
    """What Buildx said last behind `ERROR: `, with the lines that belong to it; None when it said nothing."""
    starts = [number for number, line in enumerate(lines) if line.startswith("ERROR: ")]
    if not starts:
        return None
    said = itertools.takewhile(str.strip, lines[starts[-1] :])
    return "\n".join(said).removeprefix("ERROR: ").strip()


def _since(first: int, intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return union((start - first, end - first) for start, end in intervals)


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _order(step: Step) -> tuple[bool, float, str, int, str, str]:
    never = step.start_s is None
    return (never, step.start_s or 0.0, step.stage or "", step.position or 0, step.name, step.digest)
