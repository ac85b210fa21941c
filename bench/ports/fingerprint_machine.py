"""A machine's own part of a fingerprint: processors, their frequency, memory, virtualisation, kernel, load."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from bench.model.environment import FactValue
from bench.ports.kernel_files import Roots, flag, parsed, read_word
from bench.ports.meter_host import read_mounts
from bench.ports.meter_parts import read_text
from bench.pure.cgroup_files import Absent
from bench.pure.machine_files import (
    Processor,
    count_cpus,
    parse_allowed_cpus,
    parse_cpuinfo,
    parse_loadavg,
    parse_meminfo,
)
from bench.pure.proc_files import find_mount

Values = dict[str, FactValue | Absent]

NO_FREQUENCY = "the kernel does not set the frequency: the hypervisor or the firmware does"
# Clocks that a hypervisor offers tell which one it is, where nothing else does.
CLOCKS_OF = {"kvm-clock": "kvm", "hyperv_clocksource_tsc_page": "microsoft", "xen": "xen"}
VENDORS = {
    "qemu": "qemu",
    "amazon ec2": "amazon",
    "google": "google",
    "microsoft corporation": "microsoft",
    "vmware, inc.": "vmware",
    "innotek gmbh": "oracle",
    "xen": "xen",
    "digitalocean": "kvm",
    "hetzner": "kvm",
}
# Roots that only a container has; a virtual machine may be made of an image, and keep the image's marks.
CONTAINER_ROOTS = frozenset({"overlay", "aufs", "fuse.fuse-overlayfs", "zfs"})
CONTAINER_MARKS = {".dockerenv": "docker", "run/.containerenv": "podman"}


def machine_values(roots: Roots) -> Values:
    """Everything that a machine's kernel tells of itself."""
    processor = parsed(read_text(roots.proc / "cpuinfo"), parse_cpuinfo)
    return {
        **_cpu_values(processor, roots),
        **_frequency_values(roots.sys),
        **_memory_values(roots.proc),
        **load_values(roots),
        "clock_source": read_word(_clocks(roots.sys) / "current_clocksource"),
        "on_battery": _on_battery(roots.sys),
        "virtualisation": _virtualisation(processor, roots.sys),
        "container": _container(roots),
        "kernel": read_word(roots.proc / "sys/kernel/osrelease"),
    }


def load_values(roots: Roots) -> Values:
    """The load averages. Read before a run begins its own work, or that is in them."""
    loads = parsed(read_text(roots.proc / "loadavg"), parse_loadavg)
    if isinstance(loads, Absent):
        return {"load_1m": loads, "load_5m": loads}
    return {"load_1m": loads[0], "load_5m": loads[1]}


def _cpu_values(processor: Processor | Absent, roots: Roots) -> Values:
    model, flags = (
        (processor, processor)
        if isinstance(processor, Absent)
        else (processor.model or Absent("the kernel names no model"), processor.flags)
    )
    return {
        "cpu_model": model,
        "cpu_flags": flags,
        "cpu_architecture": platform.machine() or Absent("the system tells no architecture"),
        "cpus_online": parsed(read_word(roots.sys / "devices/system/cpu/online"), count_cpus),
        "cpus_allowed": parsed(read_text(roots.proc / "self/status"), parse_allowed_cpus),
        "smt": flag(read_word(roots.sys / "devices/system/cpu/smt/active")),
    }


def _frequency_values(sys_root: Path) -> Values:
    cpus = sys_root / "devices/system/cpu"
    return {
        "governor": _distinct(cpus.glob("cpu[0-9]*/cpufreq/scaling_governor")),
        "frequency_driver": _distinct(cpus.glob("cpu[0-9]*/cpufreq/scaling_driver")),
        "turbo": _turbo(cpus),
    }


def _distinct(files: Iterable[Path]) -> str | Absent:
    """The words of files, each once: CPUs mostly agree, and where they do not that matters."""
    words = {word for word in map(read_word, files) if not isinstance(word, Absent)}
    return ", ".join(sorted(words)) if words else Absent(NO_FREQUENCY)


def _turbo(cpus: Path) -> bool | Absent:
    intel = flag(read_word(cpus / "intel_pstate/no_turbo"), true="0")
    if not isinstance(intel, Absent):
        return intel
    boost = flag(read_word(cpus / "cpufreq/boost"))
    return Absent(NO_FREQUENCY) if isinstance(boost, Absent) else boost


def _memory_values(proc_root: Path) -> Values:
    text = read_text(proc_root / "meminfo")
    if isinstance(text, Absent):
        return dict.fromkeys(("memory_bytes", "swap_bytes", "swap_used_bytes"), text)
    found = parse_meminfo(text)
    missing = Absent(f"{proc_root / 'meminfo'} does not tell it")
    total, free = found.get("SwapTotal"), found.get("SwapFree")
    return {
        "memory_bytes": found.get("MemTotal", missing),
        "swap_bytes": missing if total is None else total,
        "swap_used_bytes": missing if total is None or free is None else total - free,
    }


def _on_battery(sys_root: Path) -> bool | Absent:
    mains = [
        read_word(supply / "online")
        for supply in sorted((sys_root / "class/power_supply").glob("*"))
        if read_word(supply / "type") == "Mains"
    ]
    return "1" not in mains if mains else Absent("no mains supply is told of")


def _clocks(sys_root: Path) -> Path:
    return sys_root / "devices/system/clocksource/clocksource0"


def _virtualisation(processor: Processor | Absent, sys_root: Path) -> str | Absent:
    """Which hypervisor is below, `none` where none is; `qemu` is one that emulates the processor in software."""
    offered = read_word(_clocks(sys_root) / "available_clocksource")
    by_clock = [] if isinstance(offered, Absent) else [CLOCKS_OF[word] for word in offered.split() if word in CLOCKS_OF]
    vendor = read_word(sys_root / "class/dmi/id/sys_vendor")
    by_vendor = None if isinstance(vendor, Absent) else VENDORS.get(vendor.lower())
    is_x86 = platform.machine() in {"x86_64", "i686"}
    if isinstance(processor, Absent):
        return by_vendor or next(iter(by_clock), processor)
    if not is_x86:
        # Only x86 marks a guest, and only there does KVM show itself in the clocks.
        return {"qemu": "qemu or kvm"}.get(by_vendor or "", by_vendor) or Absent("this processor does not tell")
    if not processor.is_guest:
        return "none"
    return next(iter(by_clock), None) or by_vendor or "unknown hypervisor"


def _container(roots: Roots) -> str | Absent:
    mount = find_mount(read_mounts(roots.proc), PurePosixPath("/"))
    if mount is None:
        return Absent("what the root folder lies on is not known")
    if mount.filesystem not in CONTAINER_ROOTS:
        return "none"
    marks = [name for mark, name in CONTAINER_MARKS.items() if (roots.top / mark).exists()]
    return next(iter(marks), "unknown container" if mount.filesystem == "overlay" else "none")
