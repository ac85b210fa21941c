"""Made-up machines: trees of /proc and /sys in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.model.run import EngineKind
from bench.ports.fake_engine import FakeEngine, fake_info
from bench.ports.kernel_files import Roots

MEMORY_BYTES = 8_000_000 * 1024
CPUINFO = "processor\t: 0\nmodel name\t: Imaginary 9000\nflags\t\t: fpu avx2 sha_ni\n"
STATUS = "Name:\tpython\nCpus_allowed_list:\t0-2\n"


class MadeMachine:
    """A machine on which everything can be read: four CPUs, an NVMe disk with ext4, cgroup v2, nobody else at work."""

    def __init__(self, folder: Path) -> None:
        self.roots = Roots(proc=folder / "proc", sys=folder / "sys", top=folder / "top")
        self.data = folder / "data"
        self.cgroup = folder / "sys/fs/cgroup"
        for made in (self.data, self.cgroup, self.roots.top):
            made.mkdir(parents=True)
        self.proc("cpuinfo", CPUINFO)
        self.proc("meminfo", "MemTotal: 8000000 kB\nSwapTotal: 2000000 kB\nSwapFree: 1500000 kB\n")
        self.proc("loadavg", "0.25 0.50 0.75 1/96 15291\n")
        self.proc("self/status", STATUS)
        self.proc("self/cgroup", "0::/user.slice/session\n")
        self.proc("sys/kernel/osrelease", "6.1.0-test\n")
        self.mounts("27 1 259:1 / / rw,noatime - ext4 /dev/nvme0n1p1 rw,discard,resuid=5")
        self.cpu_files()
        self.disk_files()

    def cpu_files(self) -> None:
        cpus = "devices/system/cpu"
        self.sys(f"{cpus}/online", "0-3\n")
        self.sys(f"{cpus}/smt/active", "1\n")
        self.sys(f"{cpus}/cpufreq/boost", "1\n")
        for number in range(4):
            self.sys(f"{cpus}/cpu{number}/cpufreq/scaling_governor", "performance\n")
            self.sys(f"{cpus}/cpu{number}/cpufreq/scaling_driver", "acpi-cpufreq\n")
        self.sys("devices/system/clocksource/clocksource0/current_clocksource", "tsc\n")
        self.sys("devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm\n")
        self.sys("class/power_supply/AC/type", "Mains\n")
        self.sys("class/power_supply/AC/online", "1\n")

    def disk_files(self) -> None:
        disk = self.roots.sys / "devices/nvme0n1"
        for name, text in {
            "dev": "259:0\n",
            "uevent": "MAJOR=259\nDEVNAME=nvme0n1\n",
            "queue/rotational": "0\n",
            "queue/scheduler": "[none] mq-deadline\n",
            "device/model": "Imaginary SSD\n",
            "nvme0n1p1/partition": "1\n",
            "nvme0n1p1/dev": "259:1\n",
        }.items():
            write(disk / name, text)
        block = self.roots.sys / "dev/block"
        block.mkdir(parents=True)
        (block / "259:0").symlink_to(disk)
        (block / "259:1").symlink_to(disk / "nvme0n1p1")

    def proc(self, name: str, text: str) -> None:
        write(self.roots.proc / name, text)

    def sys(self, name: str, text: str) -> None:
        write(self.roots.sys / name, text)

    def group(self, name: str, text: str) -> None:
        write(self.cgroup / name, text)

    def mounts(self, *lines: str) -> None:
        unified = f"30 27 0:30 / {self.cgroup} rw - cgroup2 cgroup2 rw"
        self.proc("self/mountinfo", "\n".join([*lines, unified]) + "\n")

    def mounts_v1(self) -> None:
        lines = [
            f"3{n} 27 0:3{n} / {self.cgroup}/{name} rw - cgroup cgroup rw,{name}"
            for n, name in enumerate(("cpu", "memory"))
        ]
        self.proc("self/mountinfo", "\n".join(["27 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw", *lines]) + "\n")
        for name in ("cpu", "memory"):
            (self.cgroup / name).mkdir()

    def program(self, pid: int, name: str, *, ticks: int = 0) -> None:
        self.proc(f"{pid}/comm", f"{name}\n")
        self.proc(f"{pid}/stat", f"{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 5\n")
        (self.roots.proc / str(pid) / "fd").mkdir(exist_ok=True)

    def engine(self, **changes: object) -> FakeEngine:
        info = msgspec.structs.replace(
            fake_info(EngineKind.HOST),
            data_root=str(self.data),
            memory_bytes=MEMORY_BYTES,
            endpoint="unix:///run/docker.sock",
            cgroup_version=2,
        )
        engine = FakeEngine(info=msgspec.structs.replace(info, **changes))
        engine.cgroup_parent = "docker/buildkit"
        return engine


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
