"""The instructions of a Dockerfile as the steps that a builder would list; what the fake builder works through.

Reads what Buildmark's own templates produce: instructions in capitals, stages; no expansion of variables. The real
builders read Dockerfiles themselves. Neighbour: `bench.pure.dockerfile_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from bench.model.build import StepKind
from bench.pure.dockerfile_lines import LogicalLine, logical_lines
from bench.pure.vertices import instruction_kind

_FIRST_WORD = re.compile(r"^\w+")
_OTHER_SOURCE = re.compile(r"(?:RUN\s(?:\s*--\S+)*?\s*--mount|(?:COPY|ADD)\s(?:\s*--\S+)*?\s*--from)=")
_STAGE_NAME = re.compile(r"\sAS\s+(\S+)\s*$", re.IGNORECASE)


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction: its kind, its text on one line, its stage (None when there is but one) and place in it."""

    kind: StepKind
    text: str
    stage: str | None
    position: int


def read_instructions(dockerfile: str) -> tuple[Instruction, ...]:
    """The instructions that become steps: FROM and those that the cache accounting counts, in order."""
    texts = list(instruction_texts(dockerfile))
    several = names_stages(texts)
    found: list[Instruction] = []
    number, position, stage = -1, 0, None
    for text in texts:
        kind = instruction_kind(text)
        if kind is StepKind.FROM:
            number, position = number + 1, 0
            stage = stage_name(text, number, several=several)
        if kind is not StepKind.OTHER:
            position += 1
            found.append(Instruction(kind=kind, text=text, stage=stage, position=position))
    return tuple(found)


def names_stages(texts: Iterable[str]) -> bool:
    """Whether BuildKit names the stages of these instructions: it does not when there is but one.

    What a RUN mounts, and an image that a COPY takes something from, count as stages beside it
    (`frontend/dockerfile/dockerfile2llb/convert.go`).
    """
    stages = 0
    for text in texts:
        stages += instruction_kind(text) is StepKind.FROM or _OTHER_SOURCE.match(text) is not None
    return stages > 1


def stage_name(from_text: str, number: int, *, several: bool) -> str | None:
    """What BuildKit calls the stage that a FROM opens: its own name, else `stage-N`, and nothing for the only one."""
    named = _STAGE_NAME.search(from_text)
    if named is not None:
        return named.group(1)
    return f"stage-{number}" if several else None


def instruction_texts(dockerfile: str) -> Iterator[str]:
    """Each instruction as one text: continued lines joined, comments left out, here-documents behind it.

    Its word is in capitals, as builders show it.
    """
    return (_step_text(line) for line in logical_lines(dockerfile))


def _step_text(line: LogicalLine) -> str:
    """The instruction as a step is named: continued lines without their indentation, here-documents as they are."""
    text = "".join(part.lstrip() for part in line.parts).rstrip()
    capital = _FIRST_WORD.sub(lambda word: word[0].upper(), text, count=1)
    return "\n".join([capital, *line.bodies])
