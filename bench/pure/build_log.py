"""The readable log of a BuildKit build: one line per event and per line of output, in the order in which they came.

Looks like what `--progress=plain` prints, without its repetitions. Neighbour: `bench.pure.rawjson`, which feeds it.
"""

from __future__ import annotations

from bench.pure.solve_status import Vertex, VertexLog, VertexStatus, microseconds

_SECOND = 1_000_000


class BuildLog:
    """Takes the records of a stream one after the other and keeps their text."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._numbers: dict[str, int] = {}
        self._said: set[tuple[str, str]] = set()
        self._rest: dict[str, list[bytes]] = {}

    def add_vertex(self, vertex: Vertex) -> None:
        """Say that a vertex started, and how each of its intervals ended."""
        started, completed = microseconds(vertex.started), microseconds(vertex.completed)
        if started is None:
            return
        self._say(vertex.digest, "start", vertex.name)
        if completed is not None:
            self._flush(vertex.digest)
            self._say(vertex.digest, f"end {started}", _ending(vertex, completed - started))

    def add_status(self, status: VertexStatus) -> None:
        """Say that a part of a vertex is done."""
        if microseconds(status.completed) is not None:
            size = f" {status.current} bytes" if status.current else ""
            self._say(status.vertex, f"part {status.id}", f"{status.id}{size} done")

    def add_output(self, log: VertexLog) -> None:
        """Add output of a vertex; what is not a whole line yet waits for its end."""
        waiting = self._rest.setdefault(log.vertex, [])
        waiting.append(log.data)
        if b"\n" in log.data:
            *lines, rest = b"".join(waiting).split(b"\n")
            self._rest[log.vertex] = [rest]
            mark = f"#{self._number(log.vertex)} | "
            self._lines.extend(mark + _printable(line) for line in lines)

    def add_text(self, line: str) -> None:
        """Add a line that is no record: the client's own words."""
        self._lines.append(line.rstrip())

    def text(self) -> str:
        """The whole log; every line ends with a newline."""
        for digest in list(self._rest):
            self._flush(digest)
        return "".join(f"{line}\n" for line in self._lines)

    def _flush(self, digest: str) -> None:
        if rest := b"".join(self._rest.pop(digest, ())):
            self._lines.append(f"#{self._number(digest)} | {_printable(rest)}")

    def _say(self, digest: str, event: str, text: str) -> None:
        if (digest, event) not in self._said:
            self._said.add((digest, event))
            self._lines.append(f"#{self._number(digest)} {_one_line(text)}")

    def _number(self, digest: str) -> int:
        return self._numbers.setdefault(digest, len(self._numbers) + 1)


def _ending(vertex: Vertex, microseconds_taken: int) -> str:
    if vertex.error:
        return f"failed: {vertex.error}"
    return "cached" if vertex.cached else f"done {microseconds_taken / _SECOND:.3f} s"


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "\\n")


def _printable(line: bytes) -> str:
    """A line of output as a terminal would leave it: what came after the last carriage return."""
    return line.rstrip(b"\r").rsplit(b"\r", 1)[-1].decode(errors="replace")
