"""The table of mounts: what kind of filesystem a folder lies on, and being rid of mounts below a folder of our own."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import msgspec

from bench.ports.process import run

logger = logging.getLogger(__name__)

MOUNTS = Path("/proc/self/mounts")
UMOUNT_TIMEOUT_S = 60.0


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: where, and which kind of filesystem."""

    path: Path
    kind: str


def read_mounts(table: Path = MOUNTS) -> tuple[Mount, ...]:
    """All mounts, oldest first. The kernel writes white space in a path as an octal escape."""
    rows = (line.split(" ") for line in table.read_text().splitlines())
    return tuple(Mount(path=Path(_unescape(row[1])), kind=row[2]) for row in rows)


def mount_at(folder: Path, table: Path = MOUNTS) -> Mount:
    """The mount that a folder lies on; the folder need not exist yet."""
    place = folder.resolve()
    around = [mount for mount in read_mounts(table) if place.is_relative_to(mount.path)]
    return max(enumerate(around), key=lambda pair: (len(pair[1].path.parts), pair[0]))[1]


def unmount_below(folder: Path, table: Path = MOUNTS) -> None:
    """Unmount everything at or below `folder`, newest first."""
    place = folder.resolve()
    for mount in reversed(read_mounts(table)):
        if mount.path.is_relative_to(place):
            done = run(["umount", str(mount.path)], check=False, timeout_s=UMOUNT_TIMEOUT_S)
            if done.returncode != 0:
                logger.debug("umount %s: %s; detaching it", mount.path, done.error_text)
                run(["umount", "--lazy", str(mount.path)], check=False, timeout_s=UMOUNT_TIMEOUT_S)


def _unescape(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), path)
