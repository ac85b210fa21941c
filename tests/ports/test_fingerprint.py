from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.model.environment import Fact, FactValue
from bench.model.run import EngineKind
from bench.ports.fake_engine import FakeEngine
from bench.ports.fingerprint import ask_builder, read_fingerprint, read_load
from bench.ports.kernel_files import Roots
from bench.pure.builder_facts import BuilderFacts
from bench.pure.cgroup_files import Absent
from bench.pure.fingerprint_fields import FIELDS
from tests.ports.machines import CPUINFO, MEMORY_BYTES, MadeMachine

BUILDER = BuilderFacts(buildkit_version="0.26.2", platforms=("linux/amd64",), gc_rules=("all true",))
GUEST = CPUINFO.replace("fpu", "fpu hypervisor")


@pytest.fixture
def machine(tmp_path: Path) -> MadeMachine:
    return MadeMachine(tmp_path)


def read(machine: MadeMachine, engine: FakeEngine | Absent | None = None) -> dict[str, Fact]:
    return read_fingerprint(engine or machine.engine(), roots=machine.roots, ask=lambda _: BUILDER)


def values(facts: Mapping[str, Fact], *names: str) -> list[FactValue | None]:
    return [facts[name].value for name in names]


def test_every_field_is_read_on_a_machine_that_tells_everything(machine: MadeMachine) -> None:
    facts = read(machine)
    assert list(facts) == list(FIELDS)
    assert {name: fact.absent for name, fact in facts.items() if fact.value is None} == {}
    free = facts["data_root_free_bytes"].value
    assert isinstance(free, int)
    assert free > 0
    told = {name: fact.value for name, fact in facts.items() if name != "data_root_free_bytes"}
    assert told == {
        "cpu_model": "Imaginary 9000",
        "cpu_architecture": platform.machine(),
        "cpu_flags": ("avx2", "sha_ni"),
        "cpus_online": 4,
        "cpus_allowed": 3,
        "cpu_quota_cpus": "none",
        "steps_cpu_quota_cpus": "none",
        "smt": True,
        "governor": "performance",
        "frequency_driver": "acpi-cpufreq",
        "turbo": True,
        "clock_source": "tsc",
        "on_battery": False,
        "virtualisation": "none",
        "container": "none",
        "memory_bytes": MEMORY_BYTES,
        "memory_limit_bytes": "none",
        "steps_memory_limit_bytes": "none",
        "swap_bytes": 2_000_000 * 1024,
        "swap_used_bytes": 500_000 * 1024,
        "data_root": str(machine.data),
        "data_root_filesystem": "ext4",
        "data_root_mount_options": ("discard", "noatime"),
        "data_root_device": "nvme0n1",
        "data_root_disk_model": "Imaginary SSD",
        "data_root_rotational": False,
        "data_root_scheduler": "none",
        "kernel": "6.1.0-test",
        "engine_kind": "host",
        "docker_version": "28.0.0",
        "buildkit_version": "0.26.2",
        "buildx_version": "0.29.0",
        "storage_driver": "overlay2",
        "cgroup_version": 2,
        "cgroup_driver": "cgroupfs",
        "engine_cpus": 2,
        "engine_memory_bytes": MEMORY_BYTES,
        "engine_system": "Fake Linux 1",
        "build_platforms": ("linux/amd64",),
        "build_cache_gc": True,
        "build_cache_gc_rules": ("all true",),
        "load_1m": 0.25,
        "load_5m": 0.5,
    }


def test_nothing_is_made_up_on_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    facts = read_fingerprint(
        Absent("no engine"), roots=Roots(proc=tmp_path / "p", sys=tmp_path / "s", top=tmp_path), ask=lambda _: BUILDER
    )
    assert list(facts) == list(FIELDS)
    assert {name for name, fact in facts.items() if fact.value is not None} == {"cpu_architecture"}
    assert all(fact.absent for name, fact in facts.items() if name != "cpu_architecture")
    assert facts["docker_version"].absent == "no engine"


def test_the_machines_facts_are_not_those_of_an_engine_elsewhere(machine: MadeMachine) -> None:
    facts = read(machine, machine.engine(endpoint="ssh://builder.example"))
    here = {name for name, field in FIELDS.items() if field.of_machine}
    assert {name for name, fact in facts.items() if fact.value is None} == here
    assert "is not on this machine" in (facts["cpu_model"].absent or "")
    assert facts["engine_cpus"].value == 2


def test_the_tightest_quota_on_the_way_up_counts(machine: MadeMachine) -> None:
    machine.group("user.slice/cpu.max", "150000 100000\n")
    machine.group("user.slice/session/cpu.max", "max 100000\n")
    machine.group("user.slice/memory.max", "1000000\n")
    machine.group("docker/cpu.max", "200000 100000\n")
    machine.group("docker/buildkit/cpu.max", "300000 100000\n")
    names = ("cpu_quota_cpus", "memory_limit_bytes", "steps_cpu_quota_cpus", "steps_memory_limit_bytes")
    assert values(read(machine), *names) == [1.5, 1_000_000, 2.0, "none"]


def test_limits_on_cgroup_version_1(machine: MadeMachine) -> None:
    machine.mounts_v1()
    machine.proc("self/cgroup", "4:memory:/jobs\n2:cpu,cpuacct:/jobs/one\n0::/\n")
    machine.group("cpu/jobs/cpu.cfs_quota_us", "50000\n")
    machine.group("cpu/jobs/cpu.cfs_period_us", "100000\n")
    machine.group("cpu/cpu.cfs_quota_us", "-1\n")
    machine.group("cpu/cpu.cfs_period_us", "100000\n")
    machine.group("memory/docker/memory.limit_in_bytes", "2000000\n")
    names = ("cpu_quota_cpus", "memory_limit_bytes", "steps_cpu_quota_cpus", "steps_memory_limit_bytes")
    assert values(read(machine), *names) == [0.5, "none", "none", 2_000_000]


def test_the_limits_of_a_group_that_is_not_known_are_absent(machine: MadeMachine) -> None:
    engine = machine.engine()
    engine.cgroup_parent = None
    assert "control group" in (read(machine, engine)["steps_cpu_quota_cpus"].absent or "")


def test_cpus_that_do_not_agree_name_all_their_governors(machine: MadeMachine) -> None:
    machine.sys("devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave\n")
    assert read(machine)["governor"].value == "performance, powersave"


def test_turbo_is_read_the_way_the_driver_says_it(machine: MadeMachine) -> None:
    machine.sys("devices/system/cpu/intel_pstate/no_turbo", "1\n")
    assert read(machine)["turbo"].value is False
    shutil.rmtree(machine.roots.sys / "devices/system/cpu/intel_pstate")
    machine.sys("devices/system/cpu/cpufreq/boost", "0\n")
    assert read(machine)["turbo"].value is False
    shutil.rmtree(machine.roots.sys / "devices/system/cpu/cpufreq")
    assert "hypervisor or the firmware" in (read(machine)["turbo"].absent or "")


def test_a_machine_is_on_battery_when_no_mains_supply_is_on(machine: MadeMachine) -> None:
    machine.sys("class/power_supply/AC/online", "0\n")
    assert read(machine)["on_battery"].value is True
    shutil.rmtree(machine.roots.sys / "class/power_supply")
    assert read(machine)["on_battery"].absent == "no mains supply is told of"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86 marks a guest")
@pytest.mark.parametrize(
    ("clocks", "vendor", "expected"),
    [
        ("tsc kvm-clock", None, "kvm"),
        ("tsc kvm-clock", "QEMU", "kvm"),
        ("hpet acpi_pm", "QEMU", "qemu"),
        ("tsc", "VMware, Inc.", "vmware"),
        ("hyperv_clocksource_tsc_page tsc", "Microsoft Corporation", "microsoft"),
        ("tsc", "Somebody", "unknown hypervisor"),
    ],
)
def test_a_guest_names_its_hypervisor(machine: MadeMachine, clocks: str, vendor: str | None, expected: str) -> None:
    machine.proc("cpuinfo", GUEST)
    machine.sys("devices/system/clocksource/clocksource0/available_clocksource", clocks)
    if vendor:
        machine.sys("class/dmi/id/sys_vendor", f"{vendor}\n")
    assert read(machine)["virtualisation"].value == expected


@pytest.mark.parametrize(
    ("mount", "mark", "expected"),
    [
        ("27 1 0:50 / / rw - overlay overlay rw", ".dockerenv", "docker"),
        ("27 1 0:50 / / rw - overlay overlay rw", "run/.containerenv", "podman"),
        ("27 1 0:50 / / rw - overlay overlay rw", None, "unknown container"),
        ("27 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw", ".dockerenv", "none"),
    ],
)
def test_a_container_has_a_root_of_its_own_and_an_images_mark_alone_is_none(
    machine: MadeMachine, mount: str, mark: str | None, expected: str
) -> None:
    machine.mounts(mount)
    if mark:
        (machine.roots.top / mark).parent.mkdir(exist_ok=True)
        (machine.roots.top / mark).touch()
    assert read(machine)["container"].value == expected


def test_data_on_a_filesystem_without_a_disk_have_a_filesystem_and_no_disk(machine: MadeMachine) -> None:
    machine.mounts("27 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw", f"40 27 0:40 / {machine.data} rw - tmpfs tmpfs rw")
    facts = read(machine)
    assert facts["data_root_filesystem"].value == "tmpfs"
    assert "no disk of its own" in (facts["data_root_rotational"].absent or "")


def test_data_that_are_not_to_be_seen_from_here_are_absent(machine: MadeMachine) -> None:
    facts = read(machine, machine.engine(data_root="/no/such/folder"))
    assert "not to be seen from here" in (facts["data_root_filesystem"].absent or "")


def test_without_buildx_the_builder_tells_nothing_but_our_own_engine_collects_nothing(machine: MadeMachine) -> None:
    theirs = read(machine, machine.engine(buildx_version=None))
    assert theirs["build_cache_gc"].absent == "there is no Buildx to ask"
    ours = read(machine, machine.engine(buildx_version=None, kind=EngineKind.PRIVATE))
    assert ours["build_cache_gc"].value is False
    assert ours["buildx_version"].absent == "there is no Buildx"


def test_a_buildx_that_fails_is_absent_in_its_own_words(tmp_path: Path) -> None:
    missing = ask_builder({"PATH": str(tmp_path)})
    assert isinstance(missing, Absent)
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho no builder here >&2\nexit 1\n")
    docker.chmod(0o755)
    refused = ask_builder({"PATH": f"{tmp_path}:/bin:/usr/bin"})
    assert isinstance(refused, Absent)
    assert "docker buildx inspect default" in refused.reason


def test_load_is_read_alone(machine: MadeMachine) -> None:
    assert read_load(machine.roots) == {"load_1m": Fact(value=0.25), "load_5m": Fact(value=0.5)}


def test_this_machine_can_be_read() -> None:
    facts = read_fingerprint(Absent("no engine"))
    cpus, memory = facts["cpus_online"].value, facts["memory_bytes"].value
    assert isinstance(cpus, int)
    assert cpus >= 1
    assert isinstance(memory, int)
    assert memory > 2**26
    assert facts["kernel"].value == platform.release()
