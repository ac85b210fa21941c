"""What machine this is, for the run's record."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

from bench.model.run import Machine


def describe_machine(proc: Path = Path("/proc")) -> Machine:
    """The machine that Buildmark itself runs on. `cpus` counts those that are online."""
    return Machine(
        hostname=platform.node(),
        kernel=platform.release(),
        cpu_model=_cpu_model(proc / "cpuinfo"),
        cpus=os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
    )


def _cpu_model(cpuinfo: Path) -> str:
    """The processor's name; the architecture where the kernel tells no name (as on many ARM machines)."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
