"""Emptying the operating system's page cache, so that what a build reads comes from the disk. For the whole machine."""

from __future__ import annotations

import os
from pathlib import Path

from bench.errors import EngineError, UsageError
from bench.model.run import EngineInfo
from bench.ports.meters import runs_elsewhere

DROP_CACHES = Path("sys/vm/drop_caches")
PAGES_AND_INODES = "3"


class PageCache:
    """The page cache of the machine that the engine runs on.

    Raises UsageError where it cannot be emptied from here: another machine's, or without root.
    """

    def __init__(self, engine: EngineInfo, *, user: int, proc_root: Path = Path("/proc")) -> None:
        remedy = "leave --drop-page-cache out"
        if elsewhere := runs_elsewhere(engine, proc_root=proc_root):
            raise UsageError(f"the page cache cannot be emptied: {elsewhere}", remedy=remedy)
        if user != 0:
            raise UsageError("only root can empty the page cache", remedy=f"run as root, or {remedy}")
        self._switch = proc_root / DROP_CACHES

    def drop(self) -> None:
        """Write back what is dirty, then forget pages, directory entries and inodes (Linux, sysctl/vm: drop_caches)."""
        os.sync()
        try:
            self._switch.write_text(PAGES_AND_INODES)
        except OSError as error:
            raise EngineError(f"the page cache cannot be emptied: {self._switch}: {error.strerror}") from error
