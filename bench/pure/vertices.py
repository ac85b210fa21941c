"""What the name of a BuildKit vertex says: the user's own step, or which part of the machinery it is.

The names are made by BuildKit's Dockerfile frontend (`frontend/dockerfile/dockerfile2llb/convert.go`, `prefixCommand`)
and by Buildx. Neighbour: `bench.pure.rawjson`, which counts and times what is told apart here.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from bench.model.build import StepKind

_BRACKETED = re.compile(r"\[([^\]]*)\]\s+(.*)", re.DOTALL)
_POSITION = re.compile(r"(?:(.*\S)\s+)?(\d+)/\d+")
_INSTRUCTION = re.compile(r"(?:ONBUILD\s+)?(?:LINK\s+)?([A-Z]+)\b")
_EXPORTS = (
    "exporting ",
    "importing to docker",
    "sending tarball",
    "unpacking to ",
    "writing image ",
    "naming to ",
    "pushing ",
)
_PULLS = ("resolve image config ", "docker-image://", "oci-layout://")
_BARE_STEPS = frozenset({StepKind.FROM, StepKind.RUN, StepKind.COPY, StepKind.ADD, StepKind.WORKDIR})


class Role(StrEnum):
    """What a vertex is for. `step`: an instruction of the Dockerfile; the rest is the builder's own work."""

    STEP = "step"
    CONTEXT = "context"
    PULL = "pull"
    EXPORT = "export"
    OTHER = "other"


class VertexName(msgspec.Struct, frozen=True, kw_only=True):
    """A vertex name taken apart. `kind`, `stage` and `position` mean something for steps only.

    `stage` is everything before `n/m` in the prefix, so in a build for many platforms it holds the platform too.
    `carries_context`: its transfers are the build context's, not the Dockerfile's or the ignore file's.
    """

    role: Role
    name: str
    kind: StepKind = StepKind.OTHER
    stage: str | None = None
    position: int | None = None
    carries_context: bool = False


def read_vertex_name(name: str) -> VertexName:
    """Take a vertex name apart. Any text is accepted; what is not known has the role OTHER."""
    bracketed = _BRACKETED.fullmatch(name)
    if bracketed is None:
        return _read_bare(name)
    prefix, rest = bracketed.groups()
    position = _POSITION.fullmatch(prefix.strip())
    if position is not None:
        stage, number = position.groups()
        return VertexName(role=Role.STEP, name=rest, kind=instruction_kind(rest), stage=stage, position=int(number[:9]))
    return _read_machinery(prefix.split(), rest, name)


def instruction_kind(text: str) -> StepKind:
    """The instruction that `text` starts with, behind an optional ONBUILD and LINK."""
    found = _INSTRUCTION.match(text)
    word = found.group(1) if found else ""
    return StepKind(word) if word in StepKind.__members__ else StepKind.OTHER


def _read_machinery(prefix: list[str], rest: str, name: str) -> VertexName:
    """Names like `[internal] load build context`, `[linux/arm64 internal] …`, `[context docs] load from client`."""
    named_context = prefix[:1] == ["context"]
    if "auth" in prefix or rest.startswith("load metadata for "):
        return VertexName(role=Role.PULL, name=name)
    if ("internal" in prefix or named_context) and rest.startswith("load "):
        carries = named_context or rest.endswith("build context")
        return VertexName(role=Role.CONTEXT, name=name, carries_context=carries)
    return VertexName(role=Role.OTHER, name=name)


def _read_bare(name: str) -> VertexName:
    if name.startswith(_EXPORTS):
        return VertexName(role=Role.EXPORT, name=name)
    if name.startswith(_PULLS):
        return VertexName(role=Role.PULL, name=name)
    kind = instruction_kind(name)
    if kind in _BARE_STEPS:
        return VertexName(role=Role.STEP, name=name, kind=kind)
    return VertexName(role=Role.OTHER, name=name)
