r"""Whether a record of somebody's build cache was made by a build of ours, told from its description.

BuildKit describes a record by what made it: `mount / from exec /bin/sh -c make` for a RUN (build args not filled in),
the step's name for COPY, ADD and WORKDIR (build args filled in), `local source for context` for a transfer, and
`cached mount … with id "/ID"`. So the words of ours are the words of our Dockerfiles and the names of our steps. Used
only on records that appeared while we were building, on an engine that is not ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PUNCTUATION = re.compile(r"[\[\]\"',\\\s]+")
_STEP = re.compile(r"^\[[^\]]*\] (?P<name>.+)", re.DOTALL)
_EXEC = re.compile(r"^mount / from exec (?P<words>.+)", re.DOTALL)
_CACHE_MOUNT = re.compile(r'^cached mount .* with id "/?(?P<id>[^"]*)"$', re.DOTALL)
_TRANSFERS = ("local source for context", "local source for dockerfile", "from local", "[internal] ")
_SHELL_WORDS = 4


class OurWords:
    """The text of our builds, against which a description is held."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, texts: Iterable[str]) -> None:
        """Add Dockerfiles and step names."""
        self._texts.update(_plain(text) for text in texts)

    def made(self, description: str) -> bool:
        """Whether a record so described is the result of one of our builds."""
        if found := _CACHE_MOUNT.match(description):
            return found["id"].startswith("buildmark-")
        if description.startswith(_TRANSFERS):
            return True
        if found := _EXEC.match(description):
            return self._has_command(_plain(found["words"]).split())
        found = _STEP.match(description)
        return self._has(_plain(found["name"] if found else description))

    def _has_command(self, words: list[str]) -> bool:
        """Whether a command is ours, whatever shell (up to its `-c`) BuildKit put before it."""
        last = min(_SHELL_WORDS, len(words))
        return any(self._has(" ".join(words[skip:])) for skip in range(last))

    def _has(self, text: str) -> bool:
        return bool(text) and any(text in ours for ours in self._texts)


def _plain(text: str) -> str:
    """The words of a text alone: no quotes, brackets, commas, line continuations or runs of blanks."""
    return _PUNCTUATION.sub(" ", text).strip()
