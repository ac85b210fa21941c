"""The build cache of a daemon: list it, empty it, remove single records.

Over the HTTP API rather than the `docker` command, which takes six times as long for the same (0.25 s against 0.04 s).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from bench.errors import EngineError
from bench.ports.docker_client import DockerClient
from bench.ports.polling import settles
from bench.ports.protocols import CacheRecord

# BuildKit's ids. The daemon's filter searches for the value anywhere in an id, so a short one would match others.
_ID = re.compile(r"[a-z0-9]{25}")
SETTLE_POLLS = 40
SETTLE_POLL_S = 0.05


class BuildCache:
    """A daemon's build cache."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def records(self) -> tuple[CacheRecord, ...]:
        """All records. Raises EngineError when the daemon does not answer."""
        told = self._client.ask("get", "/system/df", doing="list its build cache", params={"type": "build-cache"})
        return tuple(_record(entry) for entry in told.get("BuildCache") or ())

    def empty(self) -> None:
        """Remove everything, and see that nothing is left; raises EngineError where something stays."""
        left: tuple[CacheRecord, ...] = ()

        def emptied() -> bool:
            nonlocal left
            left = self._prune_all()
            return not left

        # A build that has just ended may not have let go yet.
        if settles(emptied, polls=SETTLE_POLLS, pause_s=SETTLE_POLL_S):
            return
        words = ", ".join(sorted({record.description or record.id for record in left})[:3])
        raise EngineError(
            f"{len(left)} records stay in the build cache after it was emptied: {words}",
            remedy="see that nothing else builds on this engine",
        )

    def remove(self, ids: Iterable[str]) -> frozenset[str]:
        """Remove these records and no other; returns those that stay, because somebody's build stands on them.

        Raises EngineError when one of them is no id.
        """
        wanted = set(ids)
        if wrong := sorted(entry for entry in wanted if not _ID.fullmatch(entry)):
            raise EngineError(f"not the id of a build cache record: {wrong[0]!r}")
        left = self._present(wanted)

        def fewer() -> bool:
            nonlocal left
            before = len(left)
            self._prune(left)
            left = self._present(left)
            return len(left) < before

        # One goes only after those that are built on it, so a chain of them takes several rounds.
        while left and settles(fewer, polls=SETTLE_POLLS, pause_s=SETTLE_POLL_S):
            pass
        return frozenset(left)

    def _prune_all(self) -> tuple[CacheRecord, ...]:
        self._client.ask("post", "/build/prune", doing="empty its build cache", params={"all": "1"})
        return self.records()

    def _prune(self, ids: set[str]) -> None:
        """Ask for each record's removal once; one goes only after those that are built on it."""
        for entry in ids:
            params = {"all": "1", "filters": json.dumps({"id": [entry]})}
            self._client.ask("post", "/build/prune", doing="remove a record of its build cache", params=params)

    def _present(self, wanted: set[str]) -> set[str]:
        return wanted & {record.id for record in self.records()}


def _record(entry: dict[str, Any]) -> CacheRecord:
    return CacheRecord(
        id=entry["ID"],
        description=entry.get("Description") or "",
        size_bytes=entry.get("Size") or 0,
        created_at=entry.get("CreatedAt") or "",
    )
