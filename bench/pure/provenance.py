"""Per-step usage from the provenance that BuildKit attaches to a build's metadata (`BUILDX_METADATA_PROVENANCE=max`).

BuildKit samples each RUN step's control group (version 2 only) every two seconds and once at its end; counters and the
memory mark of the last sample are the step's totals. Two layouts of the same data are read: SLSA v0.2
(`buildConfig`) and v1 (`buildDefinition.internalParameters.buildConfig`). Neighbour: `bench.pure.step_groups` does
without BuildKit's help.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from bench.model.trial import StepUse

METER = "buildkit"
KEY = "buildx.build.provenance"
NS_PER_S = 1_000_000_000
US_PER_S = 1_000_000
BLANK = "BuildKit's samples of the steps are blank: give the engine the cgroupfs driver, or builds a cgroup parent"


class _Total(msgspec.Struct):
    total: int = 0


class _Pressure(msgspec.Struct):
    some: _Total = msgspec.field(default_factory=_Total)


class _Cpu(msgspec.Struct, rename="camel"):
    usage_nanos: int | None = None
    pressure: _Pressure | None = None


class _Memory(msgspec.Struct, rename="camel"):
    peak: int | None = None
    pressure: _Pressure | None = None


class _Io(msgspec.Struct, rename="camel"):
    read_bytes: int = 0
    write_bytes: int = 0
    pressure: _Pressure | None = None


class _Sample(msgspec.Struct, rename="camel"):
    cpu_stat: _Cpu | None = None
    memory_stat: _Memory | None = None
    io_stat: _Io | None = None


class _Usage(msgspec.Struct):
    samples: tuple[_Sample, ...] = ()


class _Operation(msgspec.Struct, rename="camel"):
    id: str
    resource_usage: _Usage | None = None


class _Config(msgspec.Struct, rename="camel"):
    llb_definition: tuple[_Operation, ...] = ()
    digest_mapping: dict[str, str] = {}


class SampledSteps(msgspec.Struct, frozen=True, kw_only=True):
    """What the samples say: the use of each sampled step, and why there is none where there should be."""

    steps: tuple[StepUse, ...]
    absent: str | None


def read_samples(metadata: bytes) -> SampledSteps:
    """Read a metadata file. Never raises: what is not there, blank or not understood is absent with its reason."""
    if not metadata.strip():
        return SampledSteps(steps=(), absent="the builder wrote no metadata")
    try:
        whole = msgspec.json.decode(metadata)
        configs = [msgspec.convert(found, _Config) for found in _configs(whole)]
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return SampledSteps(steps=(), absent=f"the builder's metadata cannot be read: {error}")
    if not configs:
        return SampledSteps(steps=(), absent="the builder's metadata has no provenance with steps")
    uses = tuple(use for config in configs for use in _uses(config))
    sampled = any(operation.resource_usage for config in configs for operation in config.llb_definition)
    return SampledSteps(steps=uses, absent=BLANK if sampled and not uses else None)


def _configs(whole: Any) -> Iterator[Any]:
    """The build configuration of each provenance: one, or one for each platform (`KEY/PLATFORM`)."""
    if not isinstance(whole, dict):
        return
    for key, value in whole.items():
        if key.partition("/")[0] == KEY:
            for path in (("buildConfig",), ("buildDefinition", "internalParameters", "buildConfig")):
                if found := _at(value, path) or _at(value, ("predicate", *path)):
                    yield found


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _uses(config: _Config) -> Iterator[StepUse]:
    last = {
        operation.id: operation.resource_usage.samples[-1]
        for operation in config.llb_definition
        if operation.resource_usage and operation.resource_usage.samples
    }
    for digest, operation in config.digest_mapping.items():
        sample = last.get(operation)
        if sample is not None and (sample.cpu_stat or sample.memory_stat or sample.io_stat):
            yield _use(digest, sample)


def _use(digest: str, sample: _Sample) -> StepUse:
    cpu, memory, io = sample.cpu_stat, sample.memory_stat, sample.io_stat
    nanos = cpu.usage_nanos if cpu else None
    return StepUse(
        digest=digest,
        meter=METER,
        joined_by="digest",
        cpu_s=None if nanos is None else nanos / NS_PER_S,
        memory_peak_bytes=memory.peak if memory else None,
        disk_read_bytes=io.read_bytes if io else None,
        disk_written_bytes=io.write_bytes if io else None,
        stall_cpu_s=_stall(cpu.pressure if cpu else None),
        stall_memory_s=_stall(memory.pressure if memory else None),
        stall_io_s=_stall(io.pressure if io else None),
    )


def _stall(pressure: _Pressure | None) -> float | None:
    return None if pressure is None else pressure.some.total / US_PER_S
