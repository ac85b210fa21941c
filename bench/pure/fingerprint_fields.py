"""The registry of a fingerprint's fields: what each is, its unit, and whether runs that differ in it may be compared.

`bench.pure.fingerprint` compares and words them, `bench.ports.fingerprint` reads every one of them or says why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Unit(StrEnum):
    """What a value is counted in, which is also how it is written."""

    TEXT = "text"
    LIST = "list"
    FLAG = "yes or no"
    CPUS = "CPUs"
    BYTES = "bytes"
    LOAD = "processes"


class Comparison(StrEnum):
    """Whether two runs that differ in a field may be compared, the gravest first."""

    MUST_MATCH = "must match"
    WARN = "warn"
    IGNORE = "ignore"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field. `tolerance` is the share by which numbers may differ and still count as equal.

    `of_machine`: it is read from this machine's kernel, and says nothing of an engine that runs elsewhere.
    """

    name: str
    title: str
    comparison: Comparison
    unit: Unit = Unit.TEXT
    tolerance: float = 0.0
    of_machine: bool = True


# A guest's memory differs by what its kernel and its devices take, from boot to boot.
_MEMORY_TOLERANCE = 0.02


def _must(name: str, title: str, unit: Unit = Unit.TEXT, *, tolerance: float = 0.0, of_machine: bool = True) -> Field:
    return Field(
        name=name,
        title=title,
        comparison=Comparison.MUST_MATCH,
        unit=unit,
        tolerance=tolerance,
        of_machine=of_machine,
    )


def _warn(name: str, title: str, unit: Unit = Unit.TEXT, *, tolerance: float = 0.0, of_machine: bool = True) -> Field:
    return Field(
        name=name, title=title, comparison=Comparison.WARN, unit=unit, tolerance=tolerance, of_machine=of_machine
    )


def _ignore(name: str, title: str, unit: Unit = Unit.TEXT) -> Field:
    return Field(name=name, title=title, comparison=Comparison.IGNORE, unit=unit)


_FIELDS = (
    _must("cpu_model", "processor"),
    _must("cpu_architecture", "architecture of the processor"),
    _warn("cpu_flags", "processor features that builds use", Unit.LIST),
    _must("cpus_online", "CPUs online", Unit.CPUS),
    _must("cpus_allowed", "CPUs that Buildmark may run on", Unit.CPUS),
    _must("cpu_quota_cpus", "CPU quota of Buildmark's control group", Unit.CPUS),
    _must("steps_cpu_quota_cpus", "CPU quota of the RUN steps' control group", Unit.CPUS),
    _warn("smt", "hyper-threading", Unit.FLAG),
    _warn("governor", "frequency governor"),
    _warn("frequency_driver", "frequency driver"),
    _warn("turbo", "turbo", Unit.FLAG),
    _warn("clock_source", "clock source"),
    _warn("on_battery", "on battery", Unit.FLAG),
    _warn("virtualisation", "virtualisation"),
    _warn("container", "container that Buildmark runs in"),
    _warn("memory_bytes", "memory", Unit.BYTES, tolerance=_MEMORY_TOLERANCE),
    _warn("memory_limit_bytes", "memory limit of Buildmark's control group", Unit.BYTES),
    _must("steps_memory_limit_bytes", "memory limit of the RUN steps' control group", Unit.BYTES),
    _warn("swap_bytes", "swap", Unit.BYTES, tolerance=_MEMORY_TOLERANCE),
    _ignore("swap_used_bytes", "swap in use", Unit.BYTES),
    _ignore("data_root", "the engine's data folder"),
    _must("data_root_filesystem", "filesystem of the engine's data"),
    _warn("data_root_mount_options", "mount options of the engine's data", Unit.LIST),
    _ignore("data_root_device", "device of the engine's data"),
    _warn("data_root_disk_model", "disk of the engine's data"),
    _must("data_root_rotational", "rotational disk", Unit.FLAG),
    _warn("data_root_scheduler", "I/O scheduler"),
    _ignore("data_root_free_bytes", "free space for the engine's data", Unit.BYTES),
    _warn("kernel", "kernel"),
    _must("engine_kind", "engine", of_machine=False),
    _must("docker_version", "Docker", of_machine=False),
    _must("buildkit_version", "BuildKit", of_machine=False),
    _must("buildx_version", "Buildx", of_machine=False),
    _must("storage_driver", "storage driver", of_machine=False),
    _must("cgroup_version", "cgroup version", of_machine=False),
    _warn("cgroup_driver", "cgroup driver", of_machine=False),
    _must("engine_cpus", "CPUs of the engine", Unit.CPUS, of_machine=False),
    _warn("engine_memory_bytes", "memory of the engine", Unit.BYTES, tolerance=_MEMORY_TOLERANCE, of_machine=False),
    _warn("engine_system", "system that the engine runs on", of_machine=False),
    _warn("build_platforms", "platforms that the engine can build", Unit.LIST, of_machine=False),
    _warn("build_cache_gc", "collection of the build cache", Unit.FLAG, of_machine=False),
    _warn("build_cache_gc_rules", "rules of that collection", Unit.LIST, of_machine=False),
    _ignore("load_1m", "load over the minute before", Unit.LOAD),
    _ignore("load_5m", "load over the five minutes before", Unit.LOAD),
)
FIELDS: Mapping[str, Field] = {field.name: field for field in _FIELDS}
"""Every field by its name, in the order in which they are shown."""
