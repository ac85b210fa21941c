"""Checks of the machine itself: how fast its CPUs run, what limits them, what lies below it, its clocks."""

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

FINE_CLOCK_S = 1e-6
SLOW_GOVERNORS = frozenset({"powersave", "conservative"})
# With these drivers "powersave" is the processor's own scaling, and not its lowest frequency.
SELF_SCALING_DRIVERS = frozenset({"intel_pstate", "amd-pstate-epp"})
SLOW_CLOCKS = frozenset({"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"})


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


def _root(evidence: Evidence) -> Verdict:
    if looked(evidence.seen.is_root):
        return ok("Buildmark runs as root")
    return note("Buildmark does not run as root: no private engine, no page cache dropped, and fewer meters")


MACHINE_CHECKS = (
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
        name="root",
        why="some things can be had by root only; those that are missing are said in each record",
        remedy="run as root if you need them",
        look=_root,
    ),
)
