"""The part of a fingerprint that tells what an engine's data lie on: filesystem, device, scheduler, free space."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath

from bench.ports.fingerprint_machine import Values
from bench.ports.kernel_files import Roots, flag, parsed, read_word
from bench.ports.meter_host import find_device, read_mounts, whole_disk
from bench.ports.meter_parts import read_text
from bench.pure.cgroup_files import Absent
from bench.pure.machine_files import parse_scheduler
from bench.pure.proc_files import Mount, find_mount

# Options that decide when and how often a filesystem writes; the others say who may do what.
OPTIONS_THAT_MATTER = re.compile(
    r"(?:no|rel|strict|lazy)atime|nodiratime|(?:dir|a)?sync|discard(?:=.*)?|no(?:discard|barrier|datacow|datasum)"
    r"|barrier=.*|data=.*|commit=.*|compress(?:-force)?(?:=.*)?|autodefrag|journal_async_commit|delalloc|nodelalloc"
    r"|volatile|fsync=.*|dax(?:=.*)?"
)
STORAGE_FIELDS = (
    "data_root",
    "data_root_filesystem",
    "data_root_mount_options",
    "data_root_device",
    "data_root_disk_model",
    "data_root_rotational",
    "data_root_scheduler",
    "data_root_free_bytes",
)


def storage_values(data_root: Path | Absent, roots: Roots) -> Values:
    """What the folder of an engine's data lies on."""
    if not isinstance(data_root, Absent) and not data_root.is_dir():
        data_root = Absent(f"the engine's data folder {data_root} is not to be seen from here")
    if isinstance(data_root, Absent):
        return dict.fromkeys(STORAGE_FIELDS, data_root)
    mount = filesystem_of(data_root, roots)
    return {
        "data_root": str(data_root),
        "data_root_filesystem": mount if isinstance(mount, Absent) else mount.filesystem,
        "data_root_mount_options": mount if isinstance(mount, Absent) else options_that_matter(mount),
        **_device_values(data_root, roots),
        "data_root_free_bytes": free_bytes(data_root),
    }


def filesystem_of(folder: Path, roots: Roots) -> Mount | Absent:
    """The mount that a folder lies on; the folder need not exist yet."""
    mount = find_mount(read_mounts(roots.proc), PurePosixPath(folder.resolve()))
    return mount or Absent(f"the mount that holds {folder} is not known")


def options_that_matter(mount: Mount) -> tuple[str, ...]:
    """A mount's options that change how fast it is, sorted, each once."""
    options = {*mount.options, *mount.mount_options}
    return tuple(sorted(option for option in options if OPTIONS_THAT_MATTER.fullmatch(option)))


def free_bytes(folder: Path) -> int | Absent:
    """Bytes that may still be written there; a folder that does not exist yet has those of the nearest that does."""
    nearest = next((path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()), folder)
    try:
        return shutil.disk_usage(nearest).free
    except OSError as error:
        return Absent(f"{nearest}: {error.strerror}")


def _device_values(data_root: Path, roots: Roots) -> Values:
    device = whole_disk(find_device(data_root, proc_root=roots.proc, sys_root=roots.sys), sys_root=roots.sys)
    if isinstance(device, Absent):
        names = ("data_root_device", "data_root_disk_model", "data_root_rotational", "data_root_scheduler")
        return dict.fromkeys(names, device)
    disk = roots.sys / "dev" / "block" / device
    return {
        "data_root_device": parsed(read_text(disk / "uevent"), _device_name),
        "data_root_disk_model": read_word(disk / "device" / "model"),
        "data_root_rotational": flag(read_word(disk / "queue" / "rotational")),
        "data_root_scheduler": parsed(read_text(disk / "queue" / "scheduler"), parse_scheduler),
    }


def _device_name(uevent: str) -> str | Absent:
    found = re.search(r"^DEVNAME=(\S+)$", uevent, re.MULTILINE)
    return found[1] if found else Absent("the kernel names no device")
