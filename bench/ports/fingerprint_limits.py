"""The limits of control groups, on version 1 and 2: the tightest from a group up to the root of its hierarchy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.ports.fingerprint_machine import Values
from bench.ports.kernel_files import Roots
from bench.ports.meter_host import read_mounts
from bench.ports.meter_parts import read_text
from bench.pure.cgroup_files import Absent
from bench.pure.machine_files import (
    NO_LIMIT,
    parse_memory_limit,
    parse_own_groups,
    parse_quota_v1,
    parse_quota_v2,
)
from bench.pure.proc_files import Mount, find_hierarchy, find_unified

Limit = float | str | Absent


def limit_values(roots: Roots, steps: str | Absent) -> Values:
    """The limits of Buildmark's own group, and of `steps`, the group of the RUN steps."""
    mounts = read_mounts(roots.proc)
    text = read_text(roots.proc / "self" / "cgroup")
    own = text if isinstance(text, Absent) else parse_own_groups(text)
    return {
        "cpu_quota_cpus": cpu_quota(mounts, own if isinstance(own, Absent) else own.get("cpu", own.get("", "/"))),
        "memory_limit_bytes": memory_limit(
            mounts, own if isinstance(own, Absent) else own.get("memory", own.get("", "/"))
        ),
        "steps_cpu_quota_cpus": cpu_quota(mounts, steps),
        "steps_memory_limit_bytes": memory_limit(mounts, steps),
    }


def cpu_quota(mounts: Sequence[Mount], group: str | Absent) -> Limit:
    """How many CPUs a group may use at once, `none` for as many as there are."""
    if isinstance(group, Absent):
        return group
    root = find_hierarchy(mounts, "cpu")
    if not isinstance(root, Absent):
        return _tightest(Path(root), group, _quota_v1)
    unified = find_unified(mounts)
    return unified if isinstance(unified, Absent) else _tightest(Path(unified), group, _quota_v2)


def memory_limit(mounts: Sequence[Mount], group: str | Absent) -> Limit:
    """How many bytes a group may hold, `none` for as many as there are."""
    if isinstance(group, Absent):
        return group
    root = find_hierarchy(mounts, "memory")
    if not isinstance(root, Absent):
        return _tightest(Path(root), group, lambda folder: _memory(folder / "memory.limit_in_bytes"))
    unified = find_unified(mounts)
    if isinstance(unified, Absent):
        return unified
    return _tightest(Path(unified), group, lambda folder: _memory(folder / "memory.max"))


def _tightest(root: Path, group: str, read: Callable[[Path], Limit]) -> Limit:
    """The smallest limit on the way up. The root group has none, and a group that is not there yet no file."""
    if not root.is_dir():
        return Absent(f"{root} is not to be seen from here")
    limits = [limit for limit in map(read, _upward(root, group)) if isinstance(limit, float | int)]
    return min(limits) if limits else NO_LIMIT


def _upward(root: Path, group: str) -> Iterator[Path]:
    """The folders from a group up to the root; in a container the group's name is the outside's, and only that is."""
    folder = root / group.strip("/")
    while folder != root and folder.is_relative_to(root):
        if folder.is_dir():
            yield folder
        folder = folder.parent
    yield root


def _quota_v1(folder: Path) -> Limit:
    quota, period = read_text(folder / "cpu.cfs_quota_us"), read_text(folder / "cpu.cfs_period_us")
    if isinstance(quota, Absent) or isinstance(period, Absent):
        return Absent("no quota here")
    return parse_quota_v1(quota, period)


def _quota_v2(folder: Path) -> Limit:
    text = read_text(folder / "cpu.max")
    return text if isinstance(text, Absent) else parse_quota_v2(text)


def _memory(file: Path) -> Limit:
    text = read_text(file)
    return text if isinstance(text, Absent) else parse_memory_limit(text)
