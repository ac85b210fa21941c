"""What `buildmark doctor` looks at beside the fingerprint: who uses the CPUs now, who watches files, the clock.

Readers only; the pause of the sample and the roots of /proc are passed in. `bench.pure.diagnosis` judges.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.ports.kernel_files import Roots, parsed
from bench.ports.meter_parts import read_text
from bench.ports.protocols import Clock
from bench.pure.cgroup_files import Absent
from bench.pure.diagnosis import ClockFacts, CpuUse
from bench.pure.machine_files import CpuTicks, parse_cpu_ticks, parse_process_ticks

SAMPLE_S = 1.0
CLOCK_READINGS = 1000
_MOST_NAMED = 3
_NAMED_FROM = 0.02
_ALL_PIDS_FROM_ROOT = Absent("only root sees what other users' programs watch")

# Programs that look at each file as it is opened or written, by the names that the kernel gives them (15 letters).
WATCHERS = {
    "clamd": "ClamAV",
    "clamonacc": "ClamAV",
    "falcon-sensor": "CrowdStrike Falcon",
    "falcon-sensor-b": "CrowdStrike Falcon",
    "wdavdaemon": "Microsoft Defender",
    "mdatp": "Microsoft Defender",
    "osqueryd": "osquery",
    "sentinelone-age": "SentinelOne",
    "s1-agent": "SentinelOne",
    "ds_agent": "Trend Micro",
    "ds_am": "Trend Micro",
    "savd": "Sophos",
    "savscand": "Sophos",
    "sophos-spl": "Sophos",
    "esets_daemon": "ESET",
    "oaeventd": "ESET",
    "nails": "McAfee",
    "masvc": "Trellix",
    "mfetpd": "Trellix",
    "cbagentd": "Carbon Black",
    "cbdaemon": "Carbon Black",
    "elastic-endpoin": "Elastic Endpoint",
    "falco": "Falco",
    "auditd": "auditd",
    "wazuh-syscheckd": "Wazuh",
    "ossec-syscheckd": "OSSEC",
    "updatedb": "updatedb",
    "updatedb.plocat": "updatedb",
    "tracker-miner-f": "Tracker",
    "baloo_file": "Baloo",
}
FANOTIFY_LINK = "anon_inode:[fanotify]"
Pause = Callable[[float], None]


def sample_cpu(roots: Roots, pause: Pause) -> CpuUse | Absent:
    """Who used the CPUs over `SAMPLE_S` seconds, in shares of all CPUs' time; the three busiest are named."""
    before, programs_before = _cpu(roots), _program_ticks(roots.proc)
    pause(SAMPLE_S)
    after, programs_after = _cpu(roots), _program_ticks(roots.proc)
    if isinstance(before, Absent):
        return before
    if isinstance(after, Absent):
        return after
    total = after.total - before.total
    if total <= 0:
        return Absent(f"{roots.proc / 'stat'} did not move over the sample")
    # A kernel thread changes its name with its work, so programs are told apart by their number alone.
    used = [(ticks - programs_before.get(pid, ("", 0))[1], name) for pid, (name, ticks) in programs_after.items()]
    return CpuUse(
        busy=max(0, after.busy - before.busy) / total,
        steal=max(0, after.steal - before.steal) / total,
        busiest=tuple(
            f"{name} {ticks / total:.0%}"
            for ticks, name in sorted(used, reverse=True)[:_MOST_NAMED]
            if ticks >= _NAMED_FROM * total
        ),
    )


def find_watchers(proc: Path) -> tuple[str, ...] | Absent:
    """Programs that run now and are known to look at every file, as `ClamAV (clamd)`; each once."""
    names = {name for pid in _pids(proc) if (name := _name(proc, pid))}
    if not names:
        return Absent(f"{proc} shows no programs")
    return tuple(sorted(f"{WATCHERS[name]} ({name})" for name in names & WATCHERS.keys()))


def find_fanotify(proc: Path, *, is_root: bool) -> tuple[str, ...] | Absent:
    """Programs that hold a fanotify(7) descriptor; only root sees those of others."""
    if not is_root:
        return _ALL_PIDS_FROM_ROOT
    return tuple(sorted({_name(proc, pid) or f"process {pid}" for pid in _pids(proc) if _holds_fanotify(proc, pid)}))


def find_emulators(proc: Path) -> tuple[str, ...] | Absent:
    """The handlers of foreign programs that binfmt_misc has and that are turned on."""
    folder = proc / "sys" / "fs" / "binfmt_misc"
    if not (folder / "status").exists():
        # Not mounted here does not mean that the kernel has none: the mount may be another namespace's.
        return Absent(f"{folder} is not mounted")
    entries = sorted(entry for entry in folder.iterdir() if entry.name not in {"register", "status"})
    return tuple(entry.name for entry in entries if str(read_text(entry)).startswith("enabled"))


def clock_facts(clock: Clock) -> ClockFacts:
    """What the operating system promises of the clock that times builds, and a thousand readings of it."""
    promised = time.get_clock_info("perf_counter")
    readings = [clock.monotonic_s() for _ in range(CLOCK_READINGS)]
    return ClockFacts(is_monotonic=promised.monotonic, resolution_s=promised.resolution, went_back=goes_back(readings))


def goes_back(readings: Sequence[float]) -> bool:
    """Whether any reading is below the one before it."""
    return any(later < earlier for earlier, later in itertools.pairwise(readings))


def runs_as_root() -> bool:
    """Whether this process has root's rights."""
    return os.geteuid() == 0


def _cpu(roots: Roots) -> CpuTicks | Absent:
    return parsed(read_text(roots.proc / "stat"), parse_cpu_ticks)


def _program_ticks(proc: Path) -> dict[int, tuple[str, int]]:
    """The name and the CPU ticks of every program but this one."""
    found = {
        pid: parsed(read_text(proc / str(pid) / "stat"), parse_process_ticks)
        for pid in _pids(proc)
        if pid != os.getpid()
    }
    return {pid: ticks for pid, ticks in found.items() if not isinstance(ticks, Absent)}


def _pids(proc: Path) -> list[int]:
    try:
        return [int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()]
    except OSError:
        return []


def _name(proc: Path, pid: int) -> str | None:
    text = read_text(proc / str(pid) / "comm")
    return None if isinstance(text, Absent) else text.strip()


def _holds_fanotify(proc: Path, pid: int) -> bool:
    try:
        return any(str(entry.readlink()) == FANOTIFY_LINK for entry in (proc / str(pid) / "fd").iterdir())
    except OSError:
        return False
