r"""Whether a record of somebody's build cache was made by a build of ours, told from its description.

BuildKit describes a record by what made it: `mount / from exec /bin/sh -c make` for a RUN (build args not filled in),
the step's name for COPY, ADD and WORKDIR (build args filled in), `local source for context` for a transfer, and
`cached mount … with id "/ID"`. Used only on records that appeared while a build of ours ran on the user's own engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.pure.dockerfile_steps import read_instructions

_PUNCTUATION = re.compile(r"[\[\]\"',\\\s]+")
_STEP = re.compile(r"^\[[^\]]*\] (?P<name>.+)", re.DOTALL)
_EXEC = re.compile(r"^mount / from exec (?P<words>.+)", re.DOTALL)
_CACHE_MOUNT = re.compile(r'^cached mount .* with id "/?(?P<id>[^"]*)"$', re.DOTALL)
_TRANSFERS = ("local source for context", "local source for dockerfile", "from local", "[internal] ")
_SHELL_WORDS = 4
_FLAGS = re.compile(r"^(?:--\S+\s+)+")
_HEREDOC = re.compile(r"^<<-?[\"']?(\w+)[\"']?\n(?P<body>.*)\n\1$", re.DOTALL)


class OurWords:
    """What our builds are made of, against which a description is held: whole commands and names, never parts."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add_dockerfile(self, dockerfile: str) -> None:
        """Add the instructions of a Dockerfile."""
        for instruction in read_instructions(dockerfile):
            self._texts |= {_plain(instruction.text), _plain(_command(instruction.text))}

    def add_names(self, names: Iterable[str]) -> None:
        """Add names of steps, as the builder gave them: build args are filled in there."""
        self._texts.update(_plain(name) for name in names)

    def made(self, description: str) -> bool:
        """Whether a record so described may be the result of one of our builds; a transfer may be anybody's."""
        return description.startswith(_TRANSFERS) or self.made_by_step(description)

    def made_by_step(self, description: str) -> bool:
        """Whether a record so described is the result of one of our steps."""
        if found := _CACHE_MOUNT.match(description):
            return found["id"].startswith("buildmark-")
        if found := _EXEC.match(description):
            words = _plain(found["words"]).split()
            shells = range(min(_SHELL_WORDS, len(words)))
            return any(" ".join(words[skip:]) in self._texts for skip in shells)
        found = _STEP.match(description)
        return found is not None and _plain(found["name"]) in self._texts


def _command(instruction: str) -> str:
    """What a RUN runs: without the word RUN, its flags, and the marks of a here-document."""
    rest = _FLAGS.sub("", instruction.partition(" ")[2].lstrip())
    heredoc = _HEREDOC.match(rest)
    return heredoc["body"] if heredoc else rest


def _plain(text: str) -> str:
    """The words of a text alone: no quotes, brackets, commas, line continuations or runs of blanks."""
    return _PUNCTUATION.sub(" ", text).strip()
