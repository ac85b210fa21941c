"""Progress streams for tests: the fixtures, and lines made by hand."""

import base64
import json
from pathlib import Path
from typing import Any

from bench.model.build import Step, StepKind, StepStatus

FIXTURES = Path(__file__).parents[1] / "fixtures"


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def vertex(digest: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"vertexes": [{"digest": digest, "name": name, **fields}]}


def status(digest: str, part: str, **fields: Any) -> dict[str, Any]:
    return {"statuses": [{"id": part, "vertex": digest, **fields}]}


def output(digest: str, data: bytes, at: str) -> dict[str, Any]:
    return {"logs": [{"vertex": digest, "stream": 1, "data": base64.b64encode(data).decode(), "timestamp": at}]}


def stream(*records: dict[str, Any] | str) -> bytes:
    return b"".join((r if isinstance(r, str) else json.dumps(r)).encode() + b"\n" for r in records)


def make_step(name: str, *, kind: StepKind, status: StepStatus = StepStatus.EXECUTED) -> Step:
    ran = status is not StepStatus.NEVER_STARTED
    return Step(
        digest=f"sha256:{name}",
        name=name,
        kind=kind,
        stage=None,
        position=None,
        status=status,
        start_s=0.0 if ran else None,
        duration_s=1.0 if ran else None,
    )
