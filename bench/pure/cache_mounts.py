"""Which cache mounts a Dockerfile uses: `--no-cache` empties those of the same id, whoever's they are.

Follows the reference of the Dockerfile format: escape directive, line continuations (comment and empty lines inside
them are dropped), here-documents, flags between RUN and its command, mounts as one CSV record each (BuildKit,
frontend/dockerfile/instructions/commands_runmount.go).
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator

from bench.pure.helpers import CACHE_PREFIX

ESCAPE_DIRECTIVE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*$", re.IGNORECASE)
DIRECTIVE = re.compile(r"#\s*\w+\s*=")
HEREDOC = re.compile(r"(?<!<)<<(-?)(['\"]?)([A-Za-z_][A-Za-z0-9_.]*)\2")
TAKES_HEREDOCS = re.compile(r"\s*(?:ONBUILD\s+)?(RUN|COPY|ADD)\s", re.IGNORECASE)
RUN = re.compile(r"\s*(?:ONBUILD\s+)?RUN\s+(.*)", re.IGNORECASE | re.DOTALL)
FLAG = re.compile(r"--[a-z][a-z-]*(?:=(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'\\])*)?(?=\s|$)")
QUOTES = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|\\(.)", re.DOTALL)


def foreign_cache_mounts(dockerfile: str) -> tuple[str, ...]:
    """Return the ids of the cache mounts that are not Buildmark's own, each once, in order.

    An id that is not given is the mount's target, as in BuildKit.
    """
    ids = (_cache_id(mount) for line in _logical_lines(dockerfile) for mount in _mounts(line))
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ is not None and not id_.startswith(CACHE_PREFIX)))


def _logical_lines(dockerfile: str) -> Iterator[str]:
    """Yield each instruction on one line, without comments and without the bodies of its here-documents."""
    lines = iter(dockerfile.splitlines())
    escape = re.escape(_escape(dockerfile))
    continued = re.compile(rf"{escape}[ \t]*$")
    parts: list[str] = []
    for line in lines:
        if line.lstrip().startswith("#") or (parts and not line.strip()):
            continue
        parts.append(continued.sub("", line))
        if continued.search(line):
            continue
        logical, parts = "".join(parts), []
        yield logical
        _skip_heredocs(logical, lines)
    if parts:
        yield "".join(parts)


def _escape(dockerfile: str) -> str:
    """Return the escape character: a backslash unless a parser directive at the very top says otherwise."""
    for line in dockerfile.splitlines():
        if match := ESCAPE_DIRECTIVE.match(line.strip()):
            return match[1]
        if not DIRECTIVE.match(line.strip()):
            break
    return "\\"


def _skip_heredocs(logical: str, lines: Iterator[str]) -> None:
    if not TAKES_HEREDOCS.match(logical):
        return
    for dash, _, word in HEREDOC.findall(logical):
        for line in lines:
            if (line.lstrip("\t") if dash else line) == word:
                break


def _mounts(line: str) -> Iterator[str]:
    """Yield the value of each `--mount` of a RUN, quotes removed."""
    run = RUN.match(line)
    rest = run[1].lstrip() if run else ""
    while flag := FLAG.match(rest):
        name, _, value = flag[0].partition("=")
        if name == "--mount":
            yield _unquoted(value)
        rest = rest[flag.end() :].lstrip()


def _unquoted(value: str) -> str:
    """Drop the quotes that stand around a whole value; those inside it belong to the CSV record."""
    whole = QUOTES.fullmatch(value)
    if whole is None:
        return value
    return next(part for part in whole.groups() if part is not None).replace('\\"', '"')


def _cache_id(mount: str) -> str | None:
    """Return the id of a cache mount; None for a mount of another type."""
    fields = next(csv.reader([mount]), [])
    values = {key.strip().lower(): value for key, _, value in (field.partition("=") for field in fields)}
    if values.get("type", "bind").lower() != "cache":
        return None
    target = next((values[key] for key in ("target", "dst", "destination") if key in values), "")
    return values.get("id") or posixpath.normpath(target)
