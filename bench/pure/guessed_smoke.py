"""A smoke test for an image that somebody else's Dockerfile makes, proposed from what it would start.

It starts nothing that may never end: it asks the image's shell whether the program is there. Neighbours:
`bench.pure.dockerfile_stages`, `bench.pure.smoke`.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bench.model.scenario import SmokeTest
from bench.pure.dockerfile_lines import LogicalLine
from bench.pure.dockerfile_stages import Stage, chain_of, instruction_of

_PROGRAM = re.compile(r"[A-Za-z0-9_./+-]+")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SHELLS = {"sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash"}


class GuessedSmoke(msgspec.Struct, frozen=True, kw_only=True):
    """`test` where it is sure to be harmless, else `idea`: a command to be looked at first. `words` say why."""

    test: SmokeTest | None = None
    idea: tuple[str, ...] = ()
    words: str


def guess_smoke(lines: Sequence[LogicalLine], stages: Sequence[Stage], *, known_base: bool) -> GuessedSmoke:
    """Propose a smoke test. `known_base`: the final image stands on a base of the catalogue, so it has a shell."""
    last = _instructions(lines, stages)
    start = last.get("ENTRYPOINT") or last.get("CMD")
    program = None if start is None else _program(start)
    if not (known_base or "RUN" in last):
        idea = (program, "--version") if program else ("/your-program", "--version")
        return GuessedSmoke(idea=idea, words="no smoke test: the final image may have no shell; one is proposed")
    if program is None:
        what = "names no program" if start else "is not there"
        return GuessedSmoke(
            test=SmokeTest(command=("sh", "-c", "true")),
            words=f"smoke test: `true`, which shows that the image starts, since CMD or ENTRYPOINT {what}",
        )
    return GuessedSmoke(
        test=SmokeTest(command=("sh", "-c", f"command -v {program}")),
        idea=(program, "--version"),
        words=f"smoke test: is {program} there and executable? It does not start it",
    )


def _instructions(lines: Sequence[LogicalLine], stages: Sequence[Stage]) -> Mapping[str, str]:
    """What the final image has from its stages: the last of each instruction; RUN only where it takes the shell."""
    chain = set(chain_of(stages, len(stages) - 1))
    found: dict[str, str] = {}
    for stage, word, rest in _by_stage(lines):
        if stage not in chain or (word == "RUN" and rest.startswith("[")):
            continue
        if word == "ENTRYPOINT":
            found.pop("CMD", None)
        found[word] = rest
    return found


def _by_stage(lines: Sequence[LogicalLine]) -> Iterator[tuple[int, str, str]]:
    stage = -1
    for line in lines:
        word, rest = instruction_of(line)
        stage += word == "FROM"
        yield stage, word, rest


def _program(start: str) -> str | None:
    """The program that an exec form or a shell form starts; None where that takes more than reading."""
    words = _words(start)
    while words and (words[0] == "exec" or _ASSIGNMENT.match(words[0])):
        words = words[1:]
    if len(words) > 2 and words[0] in _SHELLS and words[1].startswith("-") and words[1].endswith("c"):  # noqa: PLR2004
        return _program(words[2]) if not words[2].startswith("[") else None
    return words[0] if words and _PROGRAM.fullmatch(words[0]) and not words[0].startswith("-") else None


def _words(start: str) -> list[str]:
    try:
        listed = json.loads(start)
    except ValueError:
        listed = None
    if isinstance(listed, list):
        return [str(word) for word in listed]
    try:
        return shlex.split(start)
    except ValueError:
        return []
