"""The stages of a Dockerfile that somebody else wrote: what each FROM names, in the words of the file and filled in.

Follows the reference of the Dockerfile format: ARG before FROM, `--platform`, `AS`, stages by name. Neighbours:
`bench.pure.dockerfile_lines` gives the instructions, `bench.pure.own_base` chooses among the stages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from bench.errors import InputError
from bench.pure.dockerfile_lines import LogicalLine
from bench.pure.dockerfile_variables import declared_args, expanded, names_used

SCRATCH = "scratch"
KNOWN = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER"}
    | {"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)
_LONGEST = 60
_WORD = re.compile(r"\s*(\S+)\s*(.*)", re.DOTALL)
_FROM = re.compile(r"(?P<flags>(?:--\S+\s+)*)(?P<image>[^\s-]\S*)(?:\s+AS\s+(?P<stage>\S+))?", re.IGNORECASE)
_PLATFORM = re.compile(r"--platform=(\S*)", re.IGNORECASE)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of one line (from 1): its first column (from 0), and the column behind its last."""

    line: int
    start: int
    end: int


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One FROM, which begins in `line` (from 1). `image` is as written, `filled` with the defaults of its ARGs.

    `place` is where the image is written; None where a line break divides it. `parent` is the number (from 0) of the
    earlier stage that it starts from, None for an image. `platform` is what `--platform` says. `unset` are the ARGs of
    `image` that have no default.
    """

    line: int
    image: str
    filled: str
    place: Place | None = None
    name: str | None = None
    parent: int | None = None
    platform: str | None = None
    unset: tuple[str, ...] = ()

    @property
    def is_scratch(self) -> bool:
        """Whether it starts from nothing."""
        return self.parent is None and self.filled == SCRATCH


def instruction_of(line: LogicalLine) -> tuple[str, str]:
    """The instruction's word in capitals, and what follows it."""
    found = _WORD.match(line.text)
    return (found[1].upper(), found[2].rstrip()) if found else ("", "")


def read_stages(lines: Sequence[LogicalLine], *, file: str) -> tuple[Stage, ...]:
    """Every stage, in order. Raises InputError (`FILE:LINE: …`) where no builder could begin: no FROM, or a wrong one.

    `file` is what errors call the Dockerfile.
    """
    above: dict[str, str] = {}
    stages: list[Stage] = []
    names: dict[str, int] = {}
    for line in lines:
        word, rest = instruction_of(line)
        if word == "FROM":
            stages.append(_stage(line, rest, above, names, file))
            if name := stages[-1].name:
                names[name.lower()] = len(stages) - 1
        elif word == "ARG" and not stages:
            above.update(declared_args(rest, above, {}, {}))
        elif not stages:
            raise InputError(
                f"{file}:{line.numbers[0]}: {shortened(word)} stands before any FROM",
                remedy="a Dockerfile begins with FROM; only ARG may come before it",
            )
    if not stages:
        last = lines[-1].numbers[0] if lines else 1
        raise InputError(f"{file}:{last}: there is no FROM", remedy="name the image to start from: FROM debian:12")
    return tuple(stages)


def chain_of(stages: Sequence[Stage], number: int) -> tuple[int, ...]:
    """The numbers of the stage `number` and of those that it starts from, the one that has an image first."""
    chain = [number]
    while (parent := stages[chain[-1]].parent) is not None:
        chain.append(parent)
    return tuple(reversed(chain))


def shortened(text: str) -> str:
    """A text of the file in quotes, short enough for a message."""
    words = " ".join(text[: 4 * _LONGEST].split())
    return f"'{words}'" if len(words) <= _LONGEST else f"'{words[:_LONGEST]}…'"


def _stage(line: LogicalLine, rest: str, above: dict[str, str], names: Mapping[str, int], file: str) -> Stage:
    found = _FROM.fullmatch(rest)
    if found is None:
        raise InputError(
            f"{file}:{line.numbers[0]}: FROM {shortened(rest)} cannot be read"
            if rest
            else f"{file}:{line.numbers[0]}: FROM names no image",
            remedy="FROM IMAGE, or FROM IMAGE AS NAME",
        )
    image, platform = found["image"], _PLATFORM.search(found["flags"])
    filled = expanded(image, above).strip("\"'")
    return Stage(
        line=line.numbers[0],
        image=image,
        filled=filled,
        place=_place(line, image),
        name=found["stage"],
        parent=names.get(filled.lower()),
        platform=None if platform is None else platform[1],
        unset=tuple(name for name in names_used(image) if _is_unset(name, image, above)),
    )


def _place(line: LogicalLine, image: str) -> Place | None:
    word = re.compile(rf"(?<!\S){re.escape(image)}(?!\S)")
    for number, part in zip(line.numbers, line.parts, strict=True):
        if found := word.search(part):
            return Place(line=number, start=found.start(), end=found.end())
    return None


def _is_unset(name: str, image: str, above: dict[str, str]) -> bool:
    return name not in above and not re.search(rf"\$\{{{name}:?[-+]", image)
