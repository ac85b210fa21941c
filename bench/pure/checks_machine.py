"""Checks of the machine: who else uses its CPUs, how fast they run, memory, limits, clocks."""

from __future__ import annotations

from bench.pure.diagnosis import (
    Check,
    Evidence,
    Verdict,
    looked,
    note,
    ok,
    problem,
    warning,
)
from bench.pure.quantities import bytes_text

BUSY_WARNING, BUSY_PROBLEM = 0.10, 0.50
LOAD_NOTED, LOAD_WARNING = 0.5, 1.0
STEAL_WARNING, STEAL_PROBLEM = 0.01, 0.10
SWAP_NOTED = 0.01
FINE_CLOCK_S = 1e-6
SLOW_GOVERNORS = frozenset({"powersave", "conservative"})
# With these drivers "powersave" is the processor's own scaling, and not its lowest frequency.
SELF_SCALING_DRIVERS = frozenset({"intel_pstate", "amd-pstate-epp"})
SLOW_CLOCKS = frozenset({"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"})


def _busy(evidence: Evidence) -> Verdict:
    cpu = looked(evidence.seen.cpu)
    who = f" ({', '.join(cpu.busiest)})" if cpu.busiest else ""
    if cpu.busy >= BUSY_PROBLEM:
        return problem(f"the CPUs are {cpu.busy:.0%} busy before anything is built{who}")
    if cpu.busy >= BUSY_WARNING:
        return warning(f"the CPUs are {cpu.busy:.0%} busy before anything is built{who}")
    return ok(f"the CPUs are {cpu.busy:.0%} busy")


def _load(evidence: Evidence) -> Verdict:
    cpus = evidence.want("cpus_online", int)
    load = evidence.want("load_1m", float)
    seen = f"the load over the last minute was {load:.2f} on {evidence.text('cpus_online')}"
    each = load / max(cpus, 1)
    if each >= LOAD_WARNING:
        return warning(seen)
    return note(seen) if each >= LOAD_NOTED else ok(seen)


def _steal(evidence: Evidence) -> Verdict:
    cpu = looked(evidence.seen.cpu)
    seen = f"the hypervisor gives {cpu.steal:.1%} of the CPU time to others"
    if cpu.steal >= STEAL_PROBLEM:
        return problem(seen)
    return warning(seen) if cpu.steal >= STEAL_WARNING else ok(seen)


def _governor(evidence: Evidence) -> Verdict:
    governor = evidence.want("governor", str)
    driver = evidence.find("frequency_driver", str) or ""
    if ", " in governor:
        return warning(f"CPUs have different frequency governors: {governor}")
    if governor in SLOW_GOVERNORS and driver not in SELF_SCALING_DRIVERS:
        return warning(f"the frequency governor is {governor}, which keeps the CPUs slow")
    if governor == "performance":
        return ok("the frequency governor is performance")
    return note(f"the frequency governor is {governor}: the CPUs speed up only as work comes")


def _turbo(evidence: Evidence) -> Verdict:
    return note("turbo is on") if evidence.want("turbo", bool) else ok("turbo is off")


def _battery(evidence: Evidence) -> Verdict:
    return warning("it runs on battery") if evidence.want("on_battery", bool) else ok("it runs on mains")


def _swap(evidence: Evidence) -> Verdict:
    used, memory = evidence.want("swap_used_bytes", int), evidence.want("memory_bytes", int)
    if not used:
        return ok("no swap is in use")
    seen = f"{bytes_text(used)} of swap are in use"
    return warning(seen) if used > SWAP_NOTED * memory else note(seen)


def _affinity(evidence: Evidence) -> Verdict:
    online, allowed = evidence.want("cpus_online", int), evidence.want("cpus_allowed", int)
    seen = f"Buildmark may run on {allowed} of {evidence.text('cpus_online')}"
    return note(seen) if allowed < online else ok(seen)


def _limits(evidence: Evidence) -> Verdict:
    """Limits of the control groups; where no engine is known those of Buildmark's own remain."""
    words = {
        "steps_cpu_quota_cpus": "the RUN steps are held to {}",
        "steps_memory_limit_bytes": "the RUN steps are held to {} of memory",
        "cpu_quota_cpus": "Buildmark and its client are held to {}",
        "memory_limit_bytes": "Buildmark and its client are held to {} of memory",
    }
    held = [form.format(evidence.text(name)) for name, form in words.items() if evidence.find(name, float) is not None]
    if held:
        return warning("; ".join(held))
    evidence.want("cpu_quota_cpus", str)
    return ok("no control group limits the builds")


def _cgroup(evidence: Evidence) -> Verdict:
    version = evidence.want("cgroup_version", int)
    if version == 1:
        return note("control groups are version 1: they count no buffered disk writes and no stall times")
    return ok("control groups are version 2")


def _virtual(evidence: Evidence) -> Verdict:
    kind = evidence.want("virtualisation", str)
    if kind == "qemu":
        return problem(
            "an emulator executes the processor's instructions in software",
            remedy="use hardware virtualisation (KVM), and take no times from this machine",
        )
    return ok("no hypervisor is below") if kind == "none" else note(f"this is a virtual machine ({kind})")


def _container(evidence: Evidence) -> Verdict:
    kind = evidence.want("container", str)
    if kind == "none":
        return ok("Buildmark does not run in a container")
    return note(f"Buildmark runs in a container ({kind}), and sees the processes and the limits of that only")


def _clock(evidence: Evidence) -> Verdict:
    clock = looked(evidence.seen.clock)
    if clock.went_back or not clock.is_monotonic:
        return problem("the clock that times builds can go back")
    if clock.resolution_s > FINE_CLOCK_S:
        return warning(f"the clock that times builds counts in steps of {clock.resolution_s * 1e3:.3g} ms")
    return ok("the clock that times builds is monotonic")


def _clock_source(evidence: Evidence) -> Verdict:
    source = evidence.want("clock_source", str)
    if source in SLOW_CLOCKS:
        return warning(f"the kernel's clock source is {source}, which is slow to read")
    return ok(f"the kernel's clock source is {source}")


def _watchers(evidence: Evidence) -> Verdict:
    found = looked(evidence.seen.watchers)
    return warning(f"programs that look at files as they are used: {', '.join(found)}") if found else ok("none known")


def _fanotify(evidence: Evidence) -> Verdict:
    found = looked(evidence.seen.fanotify)
    if found:
        return warning(f"the kernel tells of every file access to: {', '.join(found)}")
    return ok("no program is told of file accesses")


def _root(evidence: Evidence) -> Verdict:
    if looked(evidence.seen.is_root):
        return ok("Buildmark runs as root")
    return note("Buildmark does not run as root: no private engine, no page cache dropped, and fewer meters")


MACHINE_CHECKS = (
    Check(
        name="busy",
        why="other work takes CPU time from the builds, and makes each differ from the next",
        remedy="stop that work, or measure when it is over",
        look=_busy,
    ),
    Check(
        name="load",
        why="what ran a minute ago may come again, and its heat and its dirty pages are still there",
        remedy="wait until it is below one half for each CPU",
        look=_load,
    ),
    Check(
        name="steal",
        why="the hypervisor's other guests slow the builds down, and nothing in this machine shows it",
        remedy="use a machine with CPUs of its own (dedicated cores), or take more rounds",
        look=_steal,
    ),
    Check(
        name="governor",
        why="the CPUs' frequency, and so every time, depends on what ran before",
        remedy="cpupower frequency-set --governor performance",
        look=_governor,
    ),
    Check(
        name="turbo",
        why="the frequency depends on the temperature and on how many cores work",
        remedy="turn it off to compare over days (intel_pstate/no_turbo, cpufreq/boost)",
        look=_turbo,
    ),
    Check(
        name="battery",
        why="the firmware lowers the frequency as it likes",
        remedy="connect it to the mains",
        look=_battery,
    ),
    Check(
        name="swap",
        why="memory that must come back from the disk is waited for inside a build",
        remedy="free memory, then `swapoff -a && swapon -a`; or give the machine more",
        look=_swap,
    ),
    Check(
        name="affinity",
        why="the client runs on fewer CPUs than the builds' daemon",
        remedy="run it without taskset, unless that is the point",
        look=_affinity,
    ),
    Check(
        name="limits",
        why="a quota stops a build for part of each tenth of a second, and a memory limit evicts its page cache",
        remedy="raise the limits, unless they are the point",
        look=_limits,
    ),
    Check(
        name="cgroup",
        why="disk bytes come from the whole device, and per-step figures from watching the groups",
        remedy="boot with cgroup version 2 (systemd.unified_cgroup_hierarchy=1) for finer figures",
        look=_cgroup,
    ),
    Check(
        name="virtual",
        why="neighbours on the same host share its caches, its memory bandwidth and its disks",
        remedy="compare within a run, where rounds even it out; over days prefer a machine of your own",
        look=_virtual,
    ),
    Check(
        name="container",
        why="what else runs on the machine cannot be seen from inside",
        remedy="run Buildmark on the machine itself",
        look=_container,
    ),
    Check(
        name="clock",
        why="a time is a difference of two readings of it",
        remedy="mend the machine's clock, or measure on another machine",
        look=_clock,
    ),
    Check(
        name="clock-source",
        why="every reading of the clock takes microseconds, in Buildmark and in the builds",
        remedy="see why the kernel gave up a better one (dmesg | grep -i clocksource)",
        look=_clock_source,
    ),
    Check(
        name="watchers",
        why="each file that a build touches is looked at by them too: many small files suffer most",
        remedy="exclude the engine's data folder from their scans, or stop them while measuring",
        look=_watchers,
    ),
    Check(
        name="fanotify",
        why="each file that a build touches waits for them, or costs them CPU time",
        remedy="exclude the engine's data folder from what they watch, or stop them while measuring",
        look=_fanotify,
    ),
    Check(
        name="root",
        why="some things can be had by root only; those that are missing are said in each record",
        remedy="run as root if you need them",
        look=_root,
    ),
)
