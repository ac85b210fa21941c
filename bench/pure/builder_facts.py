"""What `docker buildx inspect` prints of a builder: its BuildKit, and when it collects its cache.

Text in, values out; `bench.ports.fingerprint_engine` runs the command. Buildx has no JSON for this.
"""

from __future__ import annotations

import re

import msgspec

_UNKNOWN_VERSION = re.compile(r"v0\.0\.0\+unknown|$")


class BuilderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`buildkit_version` is None where the daemon was built without it; `platforms` are those that it can build.

    `gc_rules` has a line per rule, empty where no rule is listed: an engine that collects nothing lists none.
    """

    buildkit_version: str | None
    platforms: tuple[str, ...]
    gc_rules: tuple[str, ...]


def parse_builder(text: str) -> BuilderFacts:
    """Read the first node that `docker buildx inspect` shows."""
    version = re.search(r"^BuildKit(?: version)?:\s*(\S*)$", text, re.MULTILINE | re.IGNORECASE)
    platforms = re.search(r"^Platforms:\s*(.*)$", text, re.MULTILINE)
    return BuilderFacts(
        buildkit_version=None if version is None or _UNKNOWN_VERSION.match(version[1]) else version[1].lstrip("v"),
        platforms=tuple(one.strip().rstrip("*") for one in platforms[1].split(",") if one.strip()) if platforms else (),
        gc_rules=_rules(text),
    )


def _rules(text: str) -> tuple[str, ...]:
    rules: list[str] = []
    for block in re.split(r"^GC Policy rule#\d+:\n", text, flags=re.MULTILINE)[1:]:
        lines = re.findall(r"^\s+(\S[^:]*):\s*(.+)$", block, re.MULTILINE)
        rules.append(", ".join(f"{key.lower()} {value.strip()}" for key, value in lines))
    return tuple(rules)
