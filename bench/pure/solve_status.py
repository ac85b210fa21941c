"""The wire form of BuildKit's progress stream: one SolveStatus a line (`client/graph.go` in moby/buildkit).

Only the fields that Buildmark uses are read. Neighbour: `bench.pure.rawjson` gives them their meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Vertex(msgspec.Struct, frozen=True):
    """One record of a vertex; many follow each other while it starts, ends and starts again."""

    digest: str = ""
    name: str = ""
    started: Timestamp | None = None
    completed: Timestamp | None = None
    cached: bool = False
    error: str | None = None
    inputs: tuple[str, ...] | None = None


class VertexStatus(msgspec.Struct, frozen=True):
    """Progress of a part of a vertex: a transfer, a layer, a phase of the export. `current` is in bytes, or 0."""

    id: str = ""
    vertex: str = ""
    current: int = 0
    timestamp: Timestamp | None = None
    started: Timestamp | None = None
    completed: Timestamp | None = None


class VertexLog(msgspec.Struct, frozen=True):
    """Output of a vertex; `data` is base64 on the wire, and may hold a part of a line or many."""

    vertex: str = ""
    data: bytes = b""
    timestamp: Timestamp | None = None


class SolveStatus(msgspec.Struct, frozen=True):
    """One line of the stream."""

    vertexes: tuple[Vertex, ...] | None = None
    statuses: tuple[VertexStatus, ...] | None = None
    logs: tuple[VertexLog, ...] | None = None


_DECODER = msgspec.json.Decoder(SolveStatus)


def read_lines(raw: bytes) -> Iterator[SolveStatus | str]:
    """Each line of the stream: decoded, or as its text when it is not what the protocol promises. Blank ones too."""
    for line in raw.splitlines():
        try:
            yield _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield line.decode(errors="replace")


def microseconds(moment: datetime | None) -> int | None:
    """Microseconds since 1970, exact; None for no time and for Go's zero time (year 1)."""
    if moment is None or moment.year <= 1:
        return None
    return (moment - _EPOCH) // _MICROSECOND
