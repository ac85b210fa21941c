"""What the build cache did for a step, and why it did not have it (`bench.pure.cache_reasons` finds it out)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CacheVerdict(StrEnum):
    """What the cache did for a step. `skipped`: the builder never came to it. FROM and the like do not count."""

    HIT = "hit"
    MISS = "miss"
    SKIPPED = "skipped"
    NOT_ELIGIBLE = "not-eligible"


class MissKind(StrEnum):
    """Why a step was not found in the cache, the most telling reason first: a step has the first that applies."""

    CACHE_IGNORED = "cache-ignored"
    NOTHING_CACHED = "nothing-cached"
    COMMAND_CHANGED = "command-changed"
    VARIABLE_CHANGED = "variable-changed"
    BASE_CHANGED = "base-changed"
    FILES_CHANGED = "files-changed"
    PARENT_MISSED = "parent-missed"
    UNKNOWN = "unknown"


class MissReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a step missed.

    `subjects` names the files, the variables or the parent steps that it is about (never the values of variables), and
    `more` counts those that are left out of a long list.
    """

    kind: MissKind
    subjects: tuple[str, ...] = ()
    more: int = 0
