"""Checks of what else goes on: other work on the CPUs, neighbours, memory that is short, programs that watch files."""

from __future__ import annotations

from bench.pure.diagnosis import Check, Evidence, Verdict, looked, note, ok, problem, warning
from bench.pure.quantities import bytes_text

BUSY_WARNING, BUSY_PROBLEM = 0.10, 0.50
LOAD_NOTED, LOAD_WARNING = 0.5, 1.0
STEAL_WARNING, STEAL_PROBLEM = 0.01, 0.10
SWAP_NOTED = 0.01


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


def _swap(evidence: Evidence) -> Verdict:
    used, memory = evidence.want("swap_used_bytes", int), evidence.want("memory_bytes", int)
    if not used:
        return ok("no swap is in use")
    seen = f"{bytes_text(used)} of swap are in use"
    return warning(seen) if used > SWAP_NOTED * memory else note(seen)


def _watchers(evidence: Evidence) -> Verdict:
    found = looked(evidence.seen.watchers)
    return warning(f"programs that look at files as they are used: {', '.join(found)}") if found else ok("none known")


def _fanotify(evidence: Evidence) -> Verdict:
    found = looked(evidence.seen.fanotify)
    if found:
        return warning(f"the kernel tells of every file access to: {', '.join(found)}")
    return ok("no program is told of file accesses")


ACTIVITY_CHECKS = (
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
        name="swap",
        why="memory that must come back from the disk is waited for inside a build",
        remedy="free memory, then `swapoff -a && swapon -a`; or give the machine more",
        look=_swap,
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
)
