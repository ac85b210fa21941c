"""Checks of where data lie: the engine's data and the results, what they are on, and whether there is room."""

from __future__ import annotations

from bench.pure.diagnosis import Check, Evidence, Verdict, looked, note, ok, problem, warning
from bench.pure.quantities import bytes_text

GB = 10**9
DATA_PROBLEM, DATA_WARNING = 2 * GB, 10 * GB
RESULTS_PROBLEM, RESULTS_WARNING = GB // 10, GB
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "glusterfs", "lustre", "afs", "ocfs2"})
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
OVERLAYS = frozenset({"overlay", "aufs"})
SLOW_DRIVERS = frozenset({"vfs", "fuse-overlayfs", "devicemapper", "aufs"})


def is_network(filesystem: str) -> bool:
    """Whether a filesystem's data lie on another machine, or behind a program of the user's (FUSE)."""
    return filesystem in NETWORK or filesystem.startswith("fuse")


def _data_root(evidence: Evidence) -> Verdict:
    filesystem = evidence.want("data_root_filesystem", str)
    seen = f"the engine's data lie on {filesystem}"
    if is_network(filesystem):
        return problem(f"{seen}, which is network storage or passes through a program")
    if filesystem in OVERLAYS:
        return problem(f"{seen}, a container's own filesystem")
    if filesystem in IN_MEMORY:
        return warning(f"{seen}, in memory: no build waits for a disk")
    return ok(seen)


def _data_disk(evidence: Evidence) -> Verdict:
    if evidence.want("data_root_rotational", bool):
        return note(f"the disk of the engine's data ({evidence.text('data_root_device')}) says that it rotates")
    return ok(f"the disk of the engine's data ({evidence.text('data_root_device')}) does not rotate")


def _data_space(evidence: Evidence) -> Verdict:
    free = evidence.want("data_root_free_bytes", int)
    seen = f"{bytes_text(free)} are free for the engine's data"
    if free < DATA_PROBLEM:
        return problem(seen)
    return warning(seen) if free < DATA_WARNING else ok(seen)


def _storage_driver(evidence: Evidence) -> Verdict:
    driver = evidence.want("storage_driver", str)
    if driver in SLOW_DRIVERS:
        return warning(f"the engine's storage driver is {driver}")
    return ok(f"the engine's storage driver is {driver}")


def _results(evidence: Evidence) -> Verdict:
    filesystem = looked(evidence.seen.results_filesystem)
    if filesystem in IN_MEMORY:
        return warning(f"the results lie on {filesystem}, and are gone after a restart")
    if is_network(filesystem):
        return note(f"the results lie on {filesystem}: each record is waited for, outside the timed regions")
    return ok(f"the results lie on {filesystem}")


def _results_space(evidence: Evidence) -> Verdict:
    free = looked(evidence.seen.results_free_bytes)
    seen = f"{bytes_text(free)} are free for the results"
    if free < RESULTS_PROBLEM:
        return problem(seen)
    return warning(seen) if free < RESULTS_WARNING else ok(seen)


STORAGE_CHECKS = (
    Check(
        name="data-root",
        why="builds wait for storage that is unlike a build server's, and differs from run to run",
        remedy="put the engine's data on a local disk (ext4, xfs, btrfs): dockerd --data-root, or BUILDMARK_CACHE",
        look=_data_root,
    ),
    Check(
        name="data-disk",
        why="seeks make times depend on where files came to lie (a virtual machine's disk may only say so)",
        remedy="use a solid-state disk; where the host has one, this can be passed over",
        look=_data_disk,
    ),
    Check(
        name="data-space",
        why="a nearly full filesystem is slow, the engine begins to collect its cache, and builds fail in the middle",
        remedy="free some space, or put the engine's data on a larger disk",
        look=_data_space,
    ),
    Check(
        name="storage-driver",
        why="layers are copied or handled outside the kernel, so times and sizes are unlike those of overlay2",
        remedy="use overlay2, or the containerd image store, unless this is the point",
        look=_storage_driver,
    ),
    Check(
        name="results",
        why="the records of a run are its truth",
        remedy="choose a folder on a local disk with --results",
        look=_results,
    ),
    Check(
        name="results-space",
        why="a run that cannot write its records ends",
        remedy="free some space, or choose another folder with --results",
        look=_results_space,
    ),
)
