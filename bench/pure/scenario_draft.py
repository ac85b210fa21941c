"""From the text of a Dockerfile and the files of its context to a scenario: what it says, and what it lets one guess.

Neighbours: `bench.pure.own_base`, `bench.pure.own_template`, `bench.pure.guessed_edits` and `bench.pure.guessed_smoke`
each give a part; `bench.pure.scenario_text` writes the file, `bench.ports.own_dockerfile` reads what is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bench.model.draft import Draft
from bench.model.scenario import Base
from bench.pure.cache_mounts import foreign_cache_mounts
from bench.pure.dockerfile_lines import LogicalLine, logical_lines
from bench.pure.dockerfile_stages import KNOWN, Stage, chain_of, instruction_of, read_stages, shortened
from bench.pure.guessed_edits import guess_edits
from bench.pure.guessed_smoke import guess_smoke
from bench.pure.own_base import OwnBase, own_base
from bench.pure.own_template import own_template
from bench.pure.trust import CA_SECRET_ID

MOST_NAMED = 5
"""Lines of one kind that are told one by one."""
_SYNTAX = re.compile(r"#\s*syntax\s*=\s*(\S+)", re.IGNORECASE)
_MOUNT = re.compile(r"--mount=\S*type=(secret|ssh)\b")
_GIVEN = re.compile(r"(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)|TARGETSTAGE|(HTTPS?|FTP|NO|ALL)_PROXY", re.IGNORECASE)


def draft_scenario(
    text: str, *, file: str, files: Sequence[str], texts: Mapping[str, str], catalogue: Mapping[str, Base]
) -> Draft:
    """Understand a Dockerfile.

    `files` are the paths of the context that a builder is sent, `texts` the JSON manifests among them. Raises
    InputError (`FILE:LINE: …`) where there is no FROM that a builder could begin with.
    """
    dockerfile = text.replace("\r\n", "\n")
    lines = tuple(logical_lines(dockerfile))
    stages = read_stages(lines, file=file)
    base = own_base(dockerfile, stages, catalogue)
    final = chain_of(stages, len(stages) - 1)[0]
    smoke = guess_smoke(lines, stages, known_base=final in base.stages)
    edits = guess_edits(dockerfile, files, texts)
    images = [place for number in base.stages if (place := stages[number].place) is not None]
    return Draft(
        template=own_template(dockerfile, images),
        bases=base.levels,
        smoke=smoke.test,
        smoke_idea=smoke.idea,
        edits=edits.edits,
        args=_open_args(lines),
        understood=(_stages_in_words(stages), *base.understood),
        guessed=(*edits.guessed, smoke.words),
        left=(*_left(text, lines, base), *edits.left),
        warned=(*_warned(text, lines), *_few(edits.missing)),
    )


def _stages_in_words(stages: Sequence[Stage]) -> str:
    names = [stage.name or f"(line {stage.line})" for stage in stages]
    return "one stage" if len(stages) == 1 else f"{len(stages)} stages: {', '.join(_few(names))}"


def _open_args(lines: Sequence[LogicalLine]) -> tuple[str, ...]:
    """The build args that nobody gives a value: no default here or above, and none that builders set themselves."""
    declared = [rest.split()[0] for word, rest in map(instruction_of, lines) if word == "ARG" and rest]
    defaults = {name.partition("=")[0] for name in declared if "=" in name}
    open_ = (name for name in declared if name not in defaults and "=" not in name and not _GIVEN.fullmatch(name))
    return tuple(dict.fromkeys(name for name in open_ if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)))


def _left(text: str, lines: Sequence[LogicalLine], base: OwnBase) -> Iterator[str]:
    """What stays as it is although somebody may have expected otherwise."""
    yield from base.left
    if "\r\n" in text:
        yield "the lines end in CRLF; those of the template end in LF"
    for name in _open_args(lines):
        yield f"ARG {name} has no default: a scenario gives it a value under [args]"
    yield from _few(list(_strangers(lines)))


def _warned(text: str, lines: Sequence[LogicalLine]) -> Iterator[str]:
    """What a build may stumble over."""
    for line in text.split("\n", 2)[:2]:
        if found := _SYNTAX.match(line.strip()):
            yield f"# syntax={found[1]} stays: the builder fetches that image from a registry"
    texts = (line.text for line in lines if CA_SECRET_ID not in line.text)
    mounts = {found for text in texts for found in _MOUNT.findall(text)}
    for kind in sorted(mounts):
        yield f"RUN --mount=type={kind} stays, and gets nothing: Buildmark passes no {kind} of yours to a build"
    if foreign := foreign_cache_mounts(text):
        yield (
            f"the cache mount {foreign[0]!r} stays: on an engine of your own a cold build is refused unless its id"
            " starts with 'buildmark-'; with --engine private it is not"
        )


def _strangers(lines: Sequence[LogicalLine]) -> Iterator[str]:
    for line in lines:
        word, _ = instruction_of(line)
        if word not in KNOWN:
            yield f"line {line.numbers[0]}: {shortened(word)} is no instruction known here; it stays as it is"


def _few(words: Sequence[str]) -> list[str]:
    more = len(words) - MOST_NAMED
    return [*words[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
