"""What private engines could leave on a machine, so that a test can tell before from after."""

import os
from pathlib import Path

import psutil

from bench.ports.paths import cache_folder


def traces() -> set[str]:
    """Every process, mount, cgroup and folder that belongs to some private engine now."""
    return {*_processes(), *_mounts(), *_cgroups(), *_folders()}


def _processes() -> set[str]:
    names = {"dockerd", "containerd", "containerd-shim-runc-v2", "runc", "docker-buildx"}
    found = psutil.process_iter(["pid", "name", "status"])
    return {
        f"process {process.info['name']} {process.pid}"
        for process in found
        if process.info["name"] in names and process.info["status"] != psutil.STATUS_ZOMBIE
    }


def _mounts() -> set[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = (line.split()[1] for line in lines)
    return {f"mount {point}" for point in points if "buildmark" in point}


def _cgroups() -> set[str]:
    roots = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir()]
    return {f"cgroup {group}" for root in roots if root.is_dir() for group in root.glob("buildmark*")}


def _folders() -> set[str]:
    places = [cache_folder(os.environ) / "engines", Path(os.environ.get("BUILDMARK_RUNTIME") or "/run")]
    return {
        f"folder {path}"
        for place in places
        if place.is_dir()
        for path in place.iterdir()
        if place.name == "engines" or path.name.startswith("buildmark")
    }
