"""Which steps copy from the build context, and how many bytes they must at least have brought with them.

BuildKit always sends some bytes for a context: the names and attributes of its files (273 bytes for a context that was
not sent at all, seen). So "more than nothing" is weak evidence that a context was transferred; the sizes of the files
that the steps copy are strong evidence. Neighbour: `bench.pure.proof`.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from bench.model.build import Step, StepKind

_NOT_FROM_CONTEXT = ("--from=", "--exclude=")
_NOT_A_FILE = ("<<", "http://", "https://", "git@", "git://", "ssh://")


def copies_context(step: Step) -> bool:
    """Whether the step is a COPY or ADD with at least one source in the build context."""
    return bool(_sources(step))


def copies_file(step: Step, path: str) -> bool:
    """Whether the step copies this file of the context (a path relative to it, with `/`)."""
    return any(covers(source, path) for source in _sources(step))


def least_context_bytes(steps: Iterable[Step], files: Mapping[str, int]) -> int:
    """The bytes of those files that the steps copy: a build that transfers its context anew cannot send fewer.

    `files` maps each file of the context (its path relative to the context, with `/`) to its size. Where the steps
    leave room for doubt (`--exclude`, `--parents`), files are left out, so the number never says too much.
    """
    patterns = {source for step in steps for source in _sources(step)}
    return sum(size for path, size in files.items() if any(covers(pattern, path) for pattern in patterns))


def _sources(step: Step) -> tuple[str, ...]:
    if step.kind not in {StepKind.COPY, StepKind.ADD}:
        return ()
    words = step.name[step.name.index(step.kind) + len(step.kind) :].split()
    if any(word.startswith(_NOT_FROM_CONTEXT) for word in words):
        return ()
    places = unquoted([word for word in words if not word.startswith("--")])
    return tuple(place for place in places[:-1] if not place.startswith(_NOT_A_FILE))


def unquoted(words: list[str]) -> list[str]:
    """The words of the form `["a", "b"]`, which allows blanks in names, or the words as they are."""
    try:
        listed = json.loads(" ".join(words))
    except ValueError:
        return words
    return [str(word) for word in listed] if isinstance(listed, list) else words


def covers(pattern: str, path: str) -> bool:
    """Whether copying `pattern` copies the file: it is that file, or lies below a folder that the pattern names."""
    wanted = [part for part in posixpath.normpath(pattern).split("/") if part not in {"", "."}]
    parts = path.split("/")
    return len(wanted) <= len(parts) and all(fnmatchcase(part, want) for part, want in zip(parts, wanted, strict=False))
