"""Folders for the time that a process lives: whoever makes the next one removes what killed processes left."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil


def make_scratch(prefix: str, parent: Path) -> Path:
    """Make a folder `parent/PREFIXpid-random` for the caller to remove, after removing those of processes that died.

    `parent` must exist. Raises OSError when nothing can be made in it.
    """
    _sweep(prefix, parent)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))


def _sweep(prefix: str, parent: Path) -> None:
    """Remove the folders whose names tell of a process that is gone; what cannot be removed is somebody else's."""
    for left in parent.glob(f"{prefix}*"):
        owner = left.name.removeprefix(prefix).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
