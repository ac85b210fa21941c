"""What the whole machine did while a build ran: samples, their file, and whether other work disturbed the build.

Neighbour: `bench.ports.host_sampler` takes the samples.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping

import msgspec

from bench.model.trial import HostUse, Reading
from bench.pure.cgroup_files import DiskBytes
from bench.pure.proc_counters import HostCpu, NetBytes
from bench.pure.quantities import percent_text

DISTURBED_ABOVE = 0.1
"""The default of `--disturbed-above`, a share of the machine's CPU time. docs/METHODOLOGY.md says where it is from."""

LEAST_OTHER_CPU_S = 0.1
"""Less than this of other work never makes a trial disturbed: the kernel counts in ticks of 0.01 s, on every CPU."""

OWN_METRICS = ("steps_cpu_s", "engine_cpu_s")


class HostSample(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the machine, `t_s` seconds after the first. Counters count from boot; None where there is none.

    `cpu_frequency_hz` is that of the first processor, where the kernel sets it.
    """

    t_s: float
    cpu: HostCpu
    memory_available_bytes: int | None
    disk: DiskBytes | None
    network: NetBytes | None
    cpu_frequency_hz: int | None = None


class HostWatch(msgspec.Struct, frozen=True, kw_only=True):
    """The samples of one build. `harness_cpu_s` is what Buildmark and the client used meanwhile."""

    samples: tuple[HostSample, ...]
    harness_cpu_s: float


class _Line(msgspec.Struct, kw_only=True):
    t_s: float
    cpu_busy_s: float
    cpu_steal_s: float
    memory_available_bytes: int | None
    disk_read_bytes: int | None
    disk_written_bytes: int | None
    network_received_bytes: int | None
    network_sent_bytes: int | None
    cpu_frequency_hz: int | None


def encode_samples(watch: HostWatch) -> bytes:
    """The samples as lines of JSON, all counters counted from the first sample."""
    return b"".join(msgspec.json.encode(_line(watch.samples[0], sample)) + b"\n" for sample in watch.samples)


def _line(first: HostSample, sample: HostSample) -> _Line:
    disk = None if sample.disk is None or first.disk is None else (first.disk, sample.disk)
    network = None if sample.network is None or first.network is None else (first.network, sample.network)
    return _Line(
        t_s=round(sample.t_s, 4),
        cpu_busy_s=round(sample.cpu.busy_s - first.cpu.busy_s, 4),
        cpu_steal_s=round(sample.cpu.steal_s - first.cpu.steal_s, 4),
        memory_available_bytes=sample.memory_available_bytes,
        disk_read_bytes=disk and disk[1].read - disk[0].read,
        disk_written_bytes=disk and disk[1].written - disk[0].written,
        network_received_bytes=network and network[1].received - network[0].received,
        network_sent_bytes=network and network[1].sent - network[0].sent,
        cpu_frequency_hz=sample.cpu_frequency_hz,
    )


def host_use(watch: HostWatch, readings: Mapping[str, Reading], *, samples: str | None) -> HostUse | None:
    """What the machine did, and how much of it was not the build's. None with fewer than two samples.

    What the build used itself is known where its steps and its daemon have control groups of their own. Stolen time
    counts as others' work: the build could not have it either.
    """
    if len(watch.samples) < 2:  # noqa: PLR2004 a difference needs two
        return None
    first, last = watch.samples[0].cpu, watch.samples[-1].cpu
    busy_s, steal_s = last.busy_s - first.busy_s, last.steal_s - first.steal_s
    total_s = last.total_s - first.total_s
    missing = [metric for metric in OWN_METRICS if metric not in readings]
    own_s = None if missing else sum(readings[metric].value for metric in OWN_METRICS) + watch.harness_cpu_s
    other_s = None if own_s is None else max(0.0, busy_s + steal_s - own_s)
    return HostUse(
        samples=samples,
        n_samples=len(watch.samples),
        window_s=watch.samples[-1].t_s,
        cpu_busy_s=busy_s,
        cpu_steal_s=steal_s,
        own_cpu_s=own_s,
        other_cpu_s=other_s,
        other_cpu_share=other_s / total_s if other_s is not None and total_s > 0 else None,
        absent=f"the build's own part is not known without {' and '.join(missing)}" if missing else None,
        cpu_frequency_hz=_mean_frequency(watch),
    )


def _mean_frequency(watch: HostWatch) -> float | None:
    """The mean over the samples, None where one of them has none."""
    told = [sample.cpu_frequency_hz for sample in watch.samples if sample.cpu_frequency_hz is not None]
    return statistics.fmean(told) if len(told) == len(watch.samples) else None


def disturbance(use: HostUse | None, above: float | None) -> str | None:
    """Why a trial is disturbed, or None where it is not, or where that cannot be told."""
    if above is None or use is None or use.other_cpu_share is None or use.other_cpu_s is None:
        return None
    if use.other_cpu_share <= above or use.other_cpu_s < LEAST_OTHER_CPU_S:
        return None
    return (
        f"other work took {percent_text(use.other_cpu_share)} of the machine's CPU time ({use.other_cpu_s:.2f} s), "
        f"more than {percent_text(above)}"
    )
