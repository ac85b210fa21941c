"""Looks at the whole machine five times a second while a build runs, in a thread of its own whose cost is measured.

It keeps its files open and reads them as they are; they are parsed when the build is over. Neighbour:
`bench.pure.host_samples` says what the samples mean.
"""

from __future__ import annotations

import os
import re
import resource
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from bench.ports.meter_network import HostNetwork
from bench.ports.protocols import Clock
from bench.pure.cgroup_files import Absent, DiskBytes
from bench.pure.host_samples import HostSample, HostWatch
from bench.pure.proc_counters import NetBytes, parse_host_cpu, parse_memory_available, parse_net_dev, sum_net
from bench.pure.proc_files import parse_diskstats

PERIOD_S = 0.2
FILES = ("stat", "meminfo", "diskstats", "net/dev")
# The first line of stat and the head of meminfo are all that is needed of them; they are long on large machines.
FREQUENCY = "frequency"
FREQUENCY_FILE = Path("devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
"""In kHz (Documentation/admin-guide/pm/cpufreq.rst of the kernel); not there where the hypervisor sets it."""
SIZES = {"stat": 512, "meminfo": 256, "diskstats": 65536, "net/dev": 65536, FREQUENCY: 32}


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """What a sampler saw, and the CPU time that its thread took."""

    watch: HostWatch
    cpu_s: float


class HostSampler:
    """Samples CPU, memory, the disk `device` (`MAJOR:MINOR`) and the network of the machine."""

    def __init__(
        self, clock: Clock, *, device: str | Absent, proc_root: Path, sys_root: Path, period_s: float = PERIOD_S
    ) -> None:
        self.clock = clock
        # Only this line of diskstats is kept: a large machine has a hundred others.
        number = "" if isinstance(device, Absent) else device.replace(":", r"\s+")
        self.disk_line = re.compile(rf"^\s*{number}\s.*$".encode(), re.MULTILINE) if number else None
        self.device = device
        self.proc_root = proc_root
        self.frequency_file = sys_root / FREQUENCY_FILE
        self.period_s = period_s
        self.network = HostNetwork(proc_root=proc_root, sys_root=sys_root)

    def start(self) -> SamplerSession:
        """Take the first sample, and go on in a thread."""
        return SamplerSession(self)


class SamplerSession:
    """One build being sampled."""

    def __init__(self, sampler: HostSampler) -> None:
        self._sampler = sampler
        self._files = {name: _open(sampler.proc_root / name) for name in FILES}
        self._files[FREQUENCY] = _open(sampler.frequency_file)
        self._raw: list[tuple[float, dict[str, bytes]]] = []
        self._ended = threading.Event()
        self._cpu_s = 0.0
        self._harness_s = _harness_cpu_s()
        self._thread = threading.Thread(target=self._run, daemon=True, name="host-sampler")
        self._look()
        self._thread.start()

    def stop(self) -> Sampled:
        """Take the last sample and return them all."""
        self._look()
        harness_s = _harness_cpu_s() - self._harness_s
        self._ended.set()
        self._thread.join()
        for descriptor in self._files.values():
            if descriptor is not None:
                os.close(descriptor)
        self._raw.sort(key=lambda one: one[0])
        return Sampled(watch=HostWatch(samples=self._parsed(), harness_cpu_s=harness_s), cpu_s=self._cpu_s)

    def _run(self) -> None:
        while not self._ended.wait(self._sampler.period_s):
            self._look()
        self._cpu_s = time.thread_time()

    def _look(self) -> None:
        texts = {
            name: os.pread(descriptor, SIZES[name], 0)
            for name, descriptor in self._files.items()
            if descriptor is not None
        }
        disks, line = texts.get("diskstats", b""), self._sampler.disk_line
        found = line.search(disks) if line else None
        texts["diskstats"] = found[0] if found else b""
        self._raw.append((self._sampler.clock.monotonic_s(), texts))

    def _parsed(self) -> tuple[HostSample, ...]:
        begun_s = self._raw[0][0]
        samples = (self._parse(at_s - begun_s, texts) for at_s, texts in self._raw)
        return tuple(sample for sample in samples if sample is not None)

    def _parse(self, t_s: float, texts: dict[str, bytes]) -> HostSample | None:
        text = {name: data.decode(errors="replace") for name, data in texts.items()}
        cpu = parse_host_cpu(text.get("stat", ""), ticks_per_s=os.sysconf("SC_CLK_TCK"))
        if isinstance(cpu, Absent):
            return None
        return HostSample(
            t_s=t_s,
            cpu=cpu,
            memory_available_bytes=parse_memory_available(text.get("meminfo", "")),
            disk=self._disk(text.get("diskstats", "")),
            network=self._network(text.get("net/dev", "")),
            cpu_frequency_hz=_hertz(text.get(FREQUENCY, "")),
        )

    def _disk(self, text: str) -> DiskBytes | None:
        device = self._sampler.device
        if isinstance(device, Absent):
            return None
        return parse_diskstats(text).get(device)

    def _network(self, text: str) -> NetBytes | None:
        interfaces = parse_net_dev(text)
        return sum_net(interfaces, self._sampler.network.names(interfaces)) if interfaces else None


def _hertz(kilohertz: str) -> int | None:
    return int(kilohertz) * 1000 if kilohertz.strip().isdecimal() else None


def _open(path: Path) -> int | None:
    with suppress(OSError):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return None


def _harness_cpu_s() -> float:
    """CPU seconds of this process and of the children that it has waited for, the client among them."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
