"""Which cache mounts a Dockerfile uses: `--no-cache` empties those of the same id, whoever's they are.

Follows the reference of the Dockerfile format: flags between RUN and its command, mounts as one CSV record each
(BuildKit, frontend/dockerfile/instructions/commands_runmount.go). Neighbour: `bench.pure.dockerfile_lines`.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator

from bench.pure.dockerfile_lines import logical_lines
from bench.pure.helpers import CACHE_PREFIX

RUN = re.compile(r"\s*(?:ONBUILD\s+)?RUN\s+(.*)", re.IGNORECASE | re.DOTALL)
FLAG = re.compile(r"--[a-z][a-z-]*(?:=(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'\\])*)?(?=\s|$)")
QUOTES = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|\\(.)", re.DOTALL)


def foreign_cache_mounts(dockerfile: str) -> tuple[str, ...]:
    """Return the ids of the cache mounts that are not Buildmark's own, each once, in order.

    An id that is not given is the mount's target, as in BuildKit.
    """
    ids = (_cache_id(mount) for line in logical_lines(dockerfile) for mount in _mounts(line.text))
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ is not None and not id_.startswith(CACHE_PREFIX)))


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
