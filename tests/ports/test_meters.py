"""The meters against trees of /proc and /sys made for the test, and a fake engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.model.build import BuilderKind
from bench.model.run import EngineKind
from bench.ports.fake_engine import FakeEngine, fake_info
from bench.ports.meter_host import find_device, whole_disk
from bench.ports.meter_parts import METRICS, settle_filesystem
from bench.ports.meters import make_meter
from bench.ports.protocols import CacheRecord, Metered
from bench.pure.cgroup_files import Absent

FIXTURE = Path(__file__).parent.parent / "fixtures" / "cgroup2-files.txt"
MEMORY_BYTES = 1000 * 1024
MIB = 2**20


class Machine:
    """A made-up machine: its /proc, its /sys, its engine's data, and how often its disk was settled."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.sys, self.data = folder / "proc", folder / "sys", folder / "data"
        self.cgroup = self.sys / "fs" / "cgroup"
        self.settled: list[Path] = []
        self.settle_failure: Absent | None = None
        for part in (self.proc / "self", self.cgroup, self.data):
            part.mkdir(parents=True)
        write(self.proc / "meminfo", "MemTotal:       1000 kB\n")
        self.mount("27 1 254:0 / / rw - ext4 /dev/vda rw")
        self.cpu(user=1000, system=500)
        self.disk(read=100, written=200)

    def mount(self, *lines: str) -> None:
        write(self.proc / "self" / "mountinfo", "\n".join(lines) + "\n")

    def mount_v1(self) -> None:
        at = [
            f"3{n} 27 0:3{n} / {self.cgroup}/{c} rw - cgroup cgroup rw,{c}" for n, c in enumerate(("cpuacct", "memory"))
        ]
        self.mount("27 1 254:0 / / rw - ext4 /dev/vda rw", *at)

    def mount_v2(self) -> None:
        self.mount("27 1 254:0 / / rw - ext4 /dev/vda rw", f"30 27 0:30 / {self.cgroup} rw - cgroup2 cgroup2 rw")

    def cpu(self, *, user: int, system: int) -> None:
        write(self.proc / "stat", f"cpu {user} 0 {system} 9 9 0 0 0 0 0\n")

    def disk(self, *, read: int, written: int) -> None:
        write(self.proc / "diskstats", f" 254 0 vda 1 1 {read} 1 1 1 {written} 1 0 1 1\n")

    def group_v1(self, name: str, *, cpu_ms: tuple[int, int], peak: int) -> None:
        user, system = (part * 10**6 for part in cpu_ms)
        write(self.cgroup / "cpuacct" / name / "cpuacct.usage", f"{user + system}\n")
        write(self.cgroup / "cpuacct" / name / "cpuacct.usage_user", f"{user}\n")
        write(self.cgroup / "cpuacct" / name / "cpuacct.usage_sys", f"{system}\n")
        write(self.cgroup / "memory" / name / "memory.max_usage_in_bytes", f"{peak}\n")

    def group_v2(self, name: str, files: Mapping[str, str]) -> None:
        for file, text in files.items():
            write(self.cgroup / name / file, text)

    def settle(self, folder: Path) -> Absent | None:
        self.settled.append(folder)
        return self.settle_failure

    def engine(self, **changes: object) -> FakeEngine:
        """A private engine on this machine, unless `changes` to its info say otherwise."""
        info = msgspec.structs.replace(
            fake_info(),
            data_root=str(self.data),
            memory_bytes=MEMORY_BYTES,
            endpoint="unix:///run/docker.sock",
            **changes,
        )
        engine = FakeEngine(info=info)
        engine.cgroup_parent = "/ours/steps"
        engine.daemon_cgroup = "/ours/daemon" if info.kind is EngineKind.PRIVATE else None
        return engine


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def captured_files() -> dict[str, str]:
    parts = FIXTURE.read_text().split("== ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


class Measurement:
    """A meter started on a machine; `end` stops it and checks that every metric is either read or absent."""

    def __init__(self, machine: Machine, engine: FakeEngine, builder: BuilderKind = BuilderKind.BUILDKIT) -> None:
        meter = make_meter(engine, builder=builder, proc_root=machine.proc, sys_root=machine.sys, settle=machine.settle)
        self._session = meter.start()

    def end(self) -> Metered:
        metered = self._session.stop()
        assert set(metered.readings) | set(metered.absent) == set(METRICS)
        assert not set(metered.readings) & set(metered.absent)
        return metered


def told(metered: Metered, metric: str) -> tuple[Any, str]:
    reading = metered.readings[metric]
    return reading.value, reading.meter


def test_version_1_gives_steps_and_daemon_together_and_the_steps_peak(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/steps", cpu_ms=(1000, 100), peak=90 * MIB)
    machine.group_v1("ours/daemon", cpu_ms=(500, 500), peak=60 * MIB)
    measurement = Measurement(machine, machine.engine())
    machine.group_v1("ours/steps", cpu_ms=(3000, 600), peak=40 * MIB)
    machine.group_v1("ours/daemon", cpu_ms=(600, 750), peak=70 * MIB)
    metered = measurement.end()
    assert told(metered, "cpu_user_s") == (pytest.approx(2.1), "cgroup-v1")
    assert told(metered, "cpu_system_s") == (pytest.approx(0.75), "cgroup-v1")
    assert told(metered, "memory_peak_bytes") == (40 * MIB, "cgroup-v1")


def test_version_1_leaves_the_disk_to_the_whole_machine_settled_around_the_build(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    measurement = Measurement(machine, machine.engine())
    assert machine.settled == [machine.data]
    machine.disk(read=110, written=2200)
    metered = measurement.end()
    assert machine.settled == [machine.data, machine.data]
    assert told(metered, "disk_read_bytes") == (10 * 512, "host-wide")
    assert told(metered, "disk_written_bytes") == (2000 * 512, "host-wide")


def test_a_steps_group_that_the_first_build_makes_counts_from_nothing(machine: Machine) -> None:
    machine.mount_v1()
    engine = machine.engine(kind=EngineKind.HOST)
    measurement = Measurement(machine, engine)
    machine.group_v1("ours/steps", cpu_ms=(1500, 0), peak=5 * MIB)
    metered = measurement.end()
    assert told(metered, "cpu_user_s") == (1.5, "cgroup-v1")
    assert told(metered, "memory_peak_bytes") == (5 * MIB, "cgroup-v1")


def test_a_private_engines_groups_of_steps_are_made_anew_for_each_build(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    (machine.cgroup / "memory/ours/steps/buildkit/old").mkdir(parents=True)
    measurement = Measurement(machine, machine.engine())
    assert not (machine.cgroup / "memory/ours/steps").exists()
    machine.group_v1("ours/steps", cpu_ms=(0, 0), peak=7 * MIB)
    assert told(measurement.end(), "memory_peak_bytes") == (7 * MIB, "cgroup-v1")


def test_groups_of_an_engine_that_is_not_ours_are_never_removed(machine: Machine) -> None:
    machine.mount_v1()
    steps = machine.cgroup / "memory/ours/steps"
    steps.mkdir(parents=True)
    Measurement(machine, machine.engine(kind=EngineKind.HOST)).end()
    assert steps.is_dir()


def test_a_private_engine_whose_build_ran_no_step_used_nothing_in_steps(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    measurement = Measurement(machine, machine.engine())
    machine.group_v1("ours/daemon", cpu_ms=(30, 0), peak=0)
    metered = measurement.end()
    assert told(metered, "cpu_user_s") == (pytest.approx(0.03), "cgroup-v1")
    assert told(metered, "memory_peak_bytes") == (0, "cgroup-v1")


def test_a_host_engine_without_a_steps_group_gives_no_false_zero(machine: Machine) -> None:
    machine.mount_v1()
    measurement = Measurement(machine, machine.engine(kind=EngineKind.HOST))
    machine.cpu(user=1150, system=520)
    metered = measurement.end()
    assert told(metered, "cpu_user_s") == (pytest.approx(1.5), "host-wide")
    assert "no step has run in it" in metered.absent["memory_peak_bytes"]


def test_a_peak_that_cannot_be_reset_is_absent(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    (machine.cgroup / "memory/ours/steps/memory.max_usage_in_bytes").mkdir(parents=True)
    metered = Measurement(machine, machine.engine(kind=EngineKind.HOST)).end()
    assert "cannot be reset" in metered.absent["memory_peak_bytes"]


def test_version_2_gives_the_totals_of_a_captured_group(machine: Machine) -> None:
    machine.mount_v2()
    idle = {"cpu.stat": "usage_usec 10\nuser_usec 5\nsystem_usec 5\n", "io.stat": ""}
    machine.group_v2("ours/daemon", idle)
    measurement = Measurement(machine, machine.engine(cgroup_version=2))
    machine.group_v2("ours/steps", captured_files())
    metered = measurement.end()
    assert told(metered, "cpu_user_s") == (pytest.approx(2.395804), "cgroup-v2")
    assert told(metered, "cpu_system_s") == (pytest.approx(0.744529), "cgroup-v2")
    assert told(metered, "memory_peak_bytes") == (14_503_936, "cgroup-v2")
    assert told(metered, "disk_read_bytes") == (221_184, "cgroup-v2")
    assert told(metered, "disk_written_bytes") == (13_209_600, "cgroup-v2")


def test_version_2_adds_what_the_daemon_wrote_and_asks_its_own_disk_only(machine: Machine) -> None:
    machine.mount_v2()
    cpu = "usage_usec 0\nuser_usec 0\nsystem_usec 0\n"
    machine.group_v2("ours/daemon", {"cpu.stat": cpu, "io.stat": "254:0 rbytes=0 wbytes=1000\n"})
    measurement = Measurement(machine, machine.engine(cgroup_version=2))
    machine.group_v2("ours/daemon", {"cpu.stat": cpu, "io.stat": "254:0 rbytes=7 wbytes=5000\n8:0 rbytes=9 wbytes=9\n"})
    metered = measurement.end()
    assert told(metered, "disk_read_bytes") == (7, "cgroup-v2")
    assert told(metered, "disk_written_bytes") == (4000, "cgroup-v2")


def test_version_2_without_the_io_controller_leaves_the_disk_to_the_whole_machine(machine: Machine) -> None:
    machine.mount_v2()
    machine.group_v2("ours/daemon", {"cpu.stat": "usage_usec 0\nuser_usec 0\nsystem_usec 0\n"})
    measurement = Measurement(machine, machine.engine(cgroup_version=2))
    machine.disk(read=100, written=300)
    assert told(measurement.end(), "disk_written_bytes") == (100 * 512, "host-wide")


def test_version_2_says_when_the_mark_of_the_peak_cannot_be_reset(machine: Machine) -> None:
    machine.mount_v2()
    machine.group_v2("ours/steps", captured_files() | {"memory.peak": ""})
    (machine.cgroup / "ours/steps/memory.peak").unlink()
    (machine.cgroup / "ours/steps/memory.peak").mkdir()
    metered = Measurement(machine, machine.engine(cgroup_version=2, kind=EngineKind.HOST)).end()
    assert "cannot be reset" in metered.absent["memory_peak_bytes"]


@pytest.mark.parametrize("endpoint", ["ssh://root@builder", "tcp://10.1.2.3:2376"])
def test_an_engine_on_another_machine_is_not_metered_with_this_ones_counters(machine: Machine, endpoint: str) -> None:
    machine.mount_v1()
    engine = machine.engine(kind=EngineKind.HOST)
    engine.info = msgspec.structs.replace(engine.info, endpoint=endpoint)
    metered = Measurement(machine, engine).end()
    assert set(metered.readings) == {"cache_growth_bytes"}
    assert all("not on this machine" in reason for reason in metered.absent.values())
    assert machine.settled == []


def test_an_engine_behind_a_forwarded_socket_is_told_by_its_memory(machine: Machine) -> None:
    machine.mount_v1()
    engine = machine.engine(kind=EngineKind.HOST)
    engine.info = msgspec.structs.replace(engine.info, memory_bytes=MEMORY_BYTES + 4096)
    metered = Measurement(machine, engine).end()
    assert set(metered.readings) == {"cache_growth_bytes"}
    assert "it runs elsewhere" in metered.absent["cpu_user_s"]


def test_a_local_tcp_endpoint_is_this_machine(machine: Machine) -> None:
    engine = machine.engine(kind=EngineKind.HOST)
    engine.info = msgspec.structs.replace(engine.info, endpoint="tcp://127.0.0.1:2375")
    assert "cpu_user_s" in Measurement(machine, engine).end().readings


def test_cache_growth_counts_a_shared_record_once(machine: Machine) -> None:
    engine = machine.engine()
    record = CacheRecord(id="a", description="", size_bytes=100, created_at="")
    engine.cache["first"] = record
    measurement = Measurement(machine, engine)
    engine.cache["second"] = record
    engine.cache["new"] = CacheRecord(id="b", description="", size_bytes=30, created_at="")
    assert told(measurement.end(), "cache_growth_bytes") == (30, "engine")


def test_a_dead_engine_leaves_the_growth_absent_and_the_rest_read(machine: Machine) -> None:
    engine = machine.engine()
    measurement = Measurement(machine, engine)
    engine.die()
    metered = measurement.end()
    assert "does not answer" in metered.absent["cache_growth_bytes"]
    assert "disk_written_bytes" in metered.readings


def test_the_classic_builder_has_no_cache_to_grow_and_shares_its_group_on_a_host_engine(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/steps", cpu_ms=(0, 0), peak=0)
    metered = Measurement(machine, machine.engine(kind=EngineKind.HOST), BuilderKind.CLASSIC).end()
    assert "intermediate images" in metered.absent["cache_growth_bytes"]
    assert told(metered, "cpu_user_s") == (0, "host-wide")


def test_an_unsettled_disk_leaves_written_bytes_absent_and_read_bytes_read(machine: Machine) -> None:
    machine.settle_failure = Absent("no syncfs")
    metered = Measurement(machine, machine.engine()).end()
    assert "no syncfs" in metered.absent["disk_written_bytes"]
    assert told(metered, "disk_read_bytes") == (0, "host-wide")


def test_data_on_a_filesystem_without_a_disk_is_absent_by_name(machine: Machine) -> None:
    machine.mount("27 1 0:50 / / rw - overlay overlay rw")
    metered = Measurement(machine, machine.engine()).end()
    assert "overlay" in metered.absent["disk_written_bytes"]


def test_a_device_with_an_anonymous_number_is_found_by_its_name(machine: Machine) -> None:
    machine.mount("27 1 0:50 / / rw - btrfs /dev/vdq7 rw")
    write(machine.sys / "class/block/vdq7/dev", "254:7\n")
    assert find_device(machine.data, proc_root=machine.proc, sys_root=machine.sys) == "254:7"


def test_a_partition_belongs_to_its_whole_disk(machine: Machine) -> None:
    partition = machine.sys / "devices/nvme0n1/nvme0n1p1"
    write(partition / "partition", "1\n")
    write(partition.parent / "dev", "259:0\n")
    link = machine.sys / "dev/block/259:1"
    link.parent.mkdir(parents=True)
    link.symlink_to(partition)
    assert whole_disk("259:1", sys_root=machine.sys) == "259:0"
    assert whole_disk("254:0", sys_root=machine.sys) == "254:0"


def test_data_that_cannot_be_seen_is_absent(machine: Machine) -> None:
    found = find_device(machine.data / "gone", proc_root=machine.proc, sys_root=machine.sys)
    assert isinstance(found, Absent)
    assert "not to be seen" in found.reason


def test_settling_a_real_filesystem_works_and_a_missing_folder_is_said(tmp_path: Path) -> None:
    assert settle_filesystem(tmp_path) is None
    assert isinstance(settle_filesystem(tmp_path / "gone"), Absent)


PRESSURE = "some avg10=0.00 avg60=0.00 avg300=0.00 total={some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total={full}\n"


def pressure(folder: Path, *, some: int, full: int = 0, form: str = "{}") -> None:
    for kind in ("cpu", "memory", "io"):
        write(folder / form.format(kind), PRESSURE.format(some=some, full=full))


def test_steps_and_engine_are_told_apart(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(100, 100), peak=0)
    measurement = Measurement(machine, machine.engine())
    machine.group_v1("ours/steps", cpu_ms=(2000, 1000), peak=0)
    machine.group_v1("ours/daemon", cpu_ms=(300, 150), peak=0)
    metered = measurement.end()
    assert told(metered, "steps_cpu_s") == (pytest.approx(3.0), "cgroup-v1")
    assert told(metered, "engine_cpu_s") == (pytest.approx(0.25), "cgroup-v1")


def test_the_engines_cpu_is_absent_where_its_daemon_works_for_others_too(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/steps", cpu_ms=(0, 0), peak=0)
    metered = Measurement(machine, machine.engine(kind=EngineKind.HOST)).end()
    assert told(metered, "steps_cpu_s") == (0, "cgroup-v1")
    assert "other work" in metered.absent["engine_cpu_s"]


def test_stalls_are_the_steps_own_where_their_group_has_them(machine: Machine) -> None:
    """Version 2's hierarchy has pressure files beside version 1's controllers, too."""
    machine.mount_v1()
    with (machine.proc / "self" / "mountinfo").open("a") as mounts:
        mounts.write(f"39 27 0:39 / {machine.cgroup}/unified rw - cgroup2 cgroup2 rw\n")
    pressure(machine.proc / "pressure", some=10**6)
    measurement = Measurement(machine, machine.engine())
    pressure(machine.proc / "pressure", some=9 * 10**6)
    pressure(machine.cgroup / "unified" / "ours" / "steps", some=1_500_000, full=500_000, form="{}.pressure")
    metered = measurement.end()
    assert told(metered, "stall_io_some_s") == (pytest.approx(1.5), "cgroup-v2")
    assert told(metered, "stall_cpu_full_s") == (pytest.approx(0.5), "cgroup-v2")


def test_stalls_of_the_machine_stand_in_and_say_so(machine: Machine) -> None:
    machine.mount_v1()
    pressure(machine.proc / "pressure", some=10**6)
    measurement = Measurement(machine, machine.engine())
    pressure(machine.proc / "pressure", some=3 * 10**6, full=10**6)
    metered = measurement.end()
    assert told(metered, "stall_memory_some_s") == (pytest.approx(2.0), "host-wide")


def test_a_kernel_without_stalls_gives_a_reason_and_no_zero(machine: Machine) -> None:
    metered = Measurement(machine, machine.engine()).end()
    assert "stall_cpu_some_s" in metered.absent


def net(machine: Machine, **interfaces: tuple[int, int]) -> None:
    lines = [f"{name}: {got} 0 0 0 0 0 0 0 {sent} 0 0 0 0 0 0 0" for name, (got, sent) in interfaces.items()]
    write(machine.proc / "net" / "dev", "\n".join(["a|b|c", "d|e|f", *lines]) + "\n")


def test_network_bytes_are_counted_once_and_the_loopback_apart(machine: Machine) -> None:
    (machine.sys / "class" / "net" / "eth0" / "device").mkdir(parents=True)
    net(machine, lo=(10, 10), eth0=(1000, 50), docker0=(7, 7))
    measurement = Measurement(machine, machine.engine())
    net(machine, lo=(310, 310), eth0=(6000, 90), docker0=(5000, 5000))
    metered = measurement.end()
    assert told(metered, "network_received_bytes") == (5000, "host-wide")
    assert told(metered, "network_sent_bytes") == (40, "host-wide")
    assert told(metered, "network_loopback_bytes") == (300, "host-wide")


def task_io(machine: Machine, pid: int, *, read: int, written: int, cancelled: int = 0) -> None:
    text = f"rchar: 1\nread_bytes: {read}\nwrite_bytes: {written}\ncancelled_write_bytes: {cancelled}\n"
    write(machine.proc / str(pid) / "io", text)


def test_version_1_counts_what_the_daemons_and_their_children_wrote_and_not_what_others_did(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    write(machine.cgroup / "cpuacct" / "ours" / "daemon" / "cgroup.procs", "70\n71\n")
    task_io(machine, 70, read=100, written=1000)
    task_io(machine, 71, read=0, written=0)
    measurement = Measurement(machine, machine.engine())
    task_io(machine, 70, read=164, written=9000, cancelled=3000)
    task_io(machine, 71, read=0, written=2000)
    machine.disk(read=10**6, written=10**6)
    metered = measurement.end()
    assert told(metered, "disk_read_bytes") == (64, "process-io")
    assert told(metered, "disk_written_bytes") == (7000, "process-io")


def test_a_daemon_that_went_away_leaves_the_disk_to_the_whole_machine(machine: Machine) -> None:
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    write(machine.cgroup / "cpuacct" / "ours" / "daemon" / "cgroup.procs", "70\n")
    task_io(machine, 70, read=0, written=0)
    measurement = Measurement(machine, machine.engine())
    (machine.proc / "70" / "io").unlink()
    assert told(measurement.end(), "disk_written_bytes")[1] == "host-wide"


def test_the_classic_builders_disk_bytes_are_the_machines(machine: Machine) -> None:
    """Its containers hang on a shim that is no child of the daemons."""
    machine.mount_v1()
    machine.group_v1("ours/daemon", cpu_ms=(0, 0), peak=0)
    write(machine.cgroup / "cpuacct" / "ours" / "daemon" / "cgroup.procs", "70\n")
    task_io(machine, 70, read=0, written=0)
    metered = Measurement(machine, machine.engine(), BuilderKind.CLASSIC).end()
    assert told(metered, "disk_written_bytes")[1] == "host-wide"
    assert told(metered, "steps_cpu_s")[1] == "cgroup-v1"
