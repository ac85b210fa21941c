"""The control groups of a private engine: `NAME/daemon` for its daemons, `NAME/steps` for RUN steps and containers.

Both cgroup versions. Only groups below NAME are ever made or removed; mounts and other groups stay as they are. The
table of mounts is passed in.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from bench.ports.polling import settles

logger = logging.getLogger(__name__)

MOUNTS = Path("/proc/self/mounts")
METERED_V1 = frozenset({"cpu", "cpuacct", "memory", "blkio"})
METERED_V2 = ("cpu", "memory", "io", "pids")
EMPTY_POLLS = 100
EMPTY_POLL_S = 0.05


class Hierarchy(msgspec.Struct, frozen=True, kw_only=True):
    """A mounted cgroup hierarchy: version 1 with its controllers, or version 2."""

    root: Path
    version: int
    controllers: frozenset[str]


class EngineGroups(msgspec.Struct, frozen=True, kw_only=True):
    """The groups that were made, relative to each hierarchy, and the files by which a process joins the daemon's.

    Where no groups could be made, both names are None and `absent` says why.
    """

    steps: str | None
    daemon: str | None
    join: tuple[Path, ...]
    absent: str | None = None


def hierarchies(mounts: Path = MOUNTS) -> tuple[Hierarchy, ...]:
    """Every cgroup hierarchy that the table of mounts names."""
    rows = (line.split() for line in mounts.read_text().splitlines())
    found = []
    for _, root, kind, options, *_ in rows:
        if kind == "cgroup":
            found.append(Hierarchy(root=Path(root), version=1, controllers=METERED_V1 & set(options.split(","))))
        elif kind == "cgroup2":
            found.append(Hierarchy(root=Path(root), version=2, controllers=frozenset()))
    return tuple(found)


def create(name: str, mounts: Path = MOUNTS) -> EngineGroups:
    """Make the groups of the engine `name` where its CPU, memory and I/O can be read."""
    known = hierarchies(mounts)
    metered = [hierarchy.root for hierarchy in known if hierarchy.controllers]
    unified = next((hierarchy.root for hierarchy in known if hierarchy.version == 2), None)  # noqa: PLR2004 - cgroup v2
    if not metered and unified is None:
        return _none("no cgroup hierarchy is mounted")
    try:
        if metered:
            return _create_v1(name, metered)
        assert unified is not None  # noqa: S101 - for mypy: one of the two is there
        return _create_v2(name, unified)
    except OSError as error:
        remove(name, mounts)
        return _none(f"the root cgroup lets no groups be made: {error.strerror}")


def remove(name: str, mounts: Path = MOUNTS) -> None:
    """Remove all groups of the engine `name`, killing what still runs in them, deepest first."""
    for hierarchy in hierarchies(mounts):
        top = hierarchy.root / name
        if top.is_dir():
            _empty(top)
            _remove_tree(top)


def step_ids(name: str, mounts: Path = MOUNTS) -> set[str]:
    """The ids of RUN steps whose groups are still there: those that were cut off when their daemon was killed."""
    tops = [hierarchy.root / name / "steps" / "buildkit" for hierarchy in hierarchies(mounts)]
    return {group.name for top in tops for group in top.glob("*/")}


def kill_steps(name: str, mounts: Path = MOUNTS) -> None:
    """Kill the RUN steps and containers that the engine `name` still runs."""
    for hierarchy in hierarchies(mounts):
        _kill(members(hierarchy.root / name / "steps"))


def members(top: Path) -> set[int]:
    """The processes in a group and in all groups below it."""
    found: set[int] = set()
    for file in top.glob("**/cgroup.procs"):
        with suppress(OSError):
            found.update(int(pid) for pid in file.read_text().split())
    return found


def _create_v1(name: str, roots: Iterable[Path]) -> EngineGroups:
    joins = []
    for root in dict.fromkeys(path.resolve() for path in roots):
        for part in ("daemon", "steps"):
            (root / name / part).mkdir(parents=True, exist_ok=True)
        joins.append(root / name / "daemon" / "cgroup.procs")
    return EngineGroups(steps=f"{name}/steps", daemon=f"{name}/daemon", join=tuple(joins))


def _create_v2(name: str, root: Path) -> EngineGroups:
    top = root / name
    top.mkdir(exist_ok=True)
    for group in (root, top):
        _delegate(group)
    for part in ("daemon", "steps"):
        (top / part).mkdir(exist_ok=True)
    _delegate(top / "steps")
    return EngineGroups(steps=f"{name}/steps", daemon=f"{name}/daemon", join=(top / "daemon" / "cgroup.procs",))


def _delegate(group: Path) -> None:
    """Give a version 2 group's children the controllers that meters read, as far as they lack them."""
    offered = set((group / "cgroup.controllers").read_text().split())
    given = set((group / "cgroup.subtree_control").read_text().split())
    for controller in METERED_V2:
        if controller in offered - given:
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _none(why: str) -> EngineGroups:
    logger.warning("RUN steps and the daemon cannot be told apart: %s", why)
    return EngineGroups(steps=None, daemon=None, join=(), absent=why)


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _empty(top: Path) -> None:
    """Kill what runs in a group, also what is started meanwhile, until nothing does."""

    def emptied() -> bool:
        pids = members(top)
        _kill(pids)
        return not pids

    settles(emptied, polls=EMPTY_POLLS, pause_s=EMPTY_POLL_S)


def _remove_tree(top: Path) -> None:
    groups = sorted((path for path in top.glob("**/") if path.is_dir()), key=lambda path: len(path.parts), reverse=True)
    for group in groups:
        if not settles(partial(_is_removed, group), polls=EMPTY_POLLS, pause_s=EMPTY_POLL_S):
            logger.warning("the control group %s cannot be removed", group)


def _is_removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # busy: the kernel is still letting go of its last process
        return False
    return True
