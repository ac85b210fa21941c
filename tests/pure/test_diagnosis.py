"""Every check: what it lets pass, what it warns of, and that it says so when it cannot look."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from bench.model.build import BuilderKind
from bench.model.environment import Fact, FactValue, Finding, Severity
from bench.pure.cgroup_files import Absent
from bench.pure.checks import CHECKS
from bench.pure.checks_engine import architecture_of, version_of
from bench.pure.diagnosis import (
    ClockFacts,
    CpuUse,
    Evidence,
    Meters,
    Observations,
    diagnose,
    has_problem,
    one_line,
    warnings_of,
)
from bench.pure.fingerprint_fields import FIELDS

OK, NOTE, WARNING, PROBLEM = Severity.OK, Severity.NOTE, Severity.WARNING, Severity.PROBLEM
GB = 10**9
GOOD: Mapping[str, FactValue] = {
    "cpu_architecture": "x86_64",
    "cpus_online": 4,
    "cpus_allowed": 4,
    "cpu_quota_cpus": "none",
    "steps_cpu_quota_cpus": "none",
    "governor": "performance",
    "frequency_driver": "acpi-cpufreq",
    "turbo": False,
    "clock_source": "tsc",
    "on_battery": False,
    "virtualisation": "none",
    "container": "none",
    "memory_bytes": 16 * GB,
    "memory_limit_bytes": "none",
    "steps_memory_limit_bytes": "none",
    "swap_used_bytes": 0,
    "data_root_filesystem": "ext4",
    "data_root_device": "nvme0n1",
    "data_root_rotational": False,
    "data_root_free_bytes": 200 * GB,
    "engine_kind": "host",
    "docker_version": "28.5.2+dfsg4",
    "buildx_version": "0.29.1",
    "storage_driver": "overlay2",
    "cgroup_version": 2,
    "build_cache_gc": False,
    "build_cache_gc_rules": (),
    "load_1m": 0.2,
}
SEEN = Observations(
    is_root=True,
    emulators=(),
    results_filesystem="ext4",
    results_free_bytes=50 * GB,
    cpu=CpuUse(busy=0.02, steal=0.0),
    watchers=(),
    fanotify=(),
    meters=Meters(host_wide=(), absent={}),
    clock=ClockFacts(is_monotonic=True, resolution_s=1e-9, went_back=False),
)
NO_CPU = Meters(host_wide=(), absent={"cpu_user_s": "no group"})


def examined(facts: Mapping[str, FactValue | Absent], seen: Observations = SEEN) -> dict[str, Finding]:
    told = {
        name: Fact(absent=value.reason) if isinstance(value, Absent) else Fact(value=value)
        for name, value in {**GOOD, **facts}.items()
    }
    return {finding.check: finding for finding in diagnose(Evidence(facts=told, seen=seen), CHECKS)}


def test_a_good_machine_passes_every_check() -> None:
    found = examined({})
    assert {name: finding.seen for name, finding in found.items() if finding.severity is not OK} == {}
    assert len(found) == len(CHECKS)
    assert not has_problem(tuple(found.values()))


FROM_FACTS: list[tuple[str, dict[str, FactValue | Absent], Severity]] = [
    ("load", {"load_1m": 2.5}, NOTE),
    ("load", {"load_1m": 4.5}, WARNING),
    ("governor", {"governor": "powersave"}, WARNING),
    ("governor", {"governor": "powersave", "frequency_driver": "intel_pstate"}, NOTE),
    ("governor", {"governor": "schedutil"}, NOTE),
    ("governor", {"governor": "performance, powersave"}, WARNING),
    ("turbo", {"turbo": True}, NOTE),
    ("battery", {"on_battery": True}, WARNING),
    ("swap", {"swap_used_bytes": 10**6}, NOTE),
    ("swap", {"swap_used_bytes": GB}, WARNING),
    ("affinity", {"cpus_allowed": 2}, NOTE),
    ("limits", {"steps_cpu_quota_cpus": 1.5}, WARNING),
    ("limits", {"memory_limit_bytes": 2 * GB}, WARNING),
    ("cgroup", {"cgroup_version": 1}, NOTE),
    ("virtual", {"virtualisation": "kvm"}, NOTE),
    ("virtual", {"virtualisation": "qemu"}, PROBLEM),
    ("container", {"container": "docker"}, NOTE),
    ("clock-source", {"clock_source": "hpet"}, WARNING),
    ("data-root", {"data_root_filesystem": "nfs4"}, PROBLEM),
    ("data-root", {"data_root_filesystem": "fuse.sshfs"}, PROBLEM),
    ("data-root", {"data_root_filesystem": "overlay"}, PROBLEM),
    ("data-root", {"data_root_filesystem": "tmpfs"}, WARNING),
    ("data-disk", {"data_root_rotational": True}, NOTE),
    ("data-space", {"data_root_free_bytes": 5 * GB}, WARNING),
    ("data-space", {"data_root_free_bytes": GB}, PROBLEM),
    ("storage-driver", {"storage_driver": "vfs"}, WARNING),
    ("docker", {"docker_version": "20.10.24+dfsg1"}, WARNING),
    ("docker", {"docker_version": "18.06.1-ce"}, PROBLEM),
    ("buildx", {"buildx_version": "0.12.1"}, PROBLEM),
    ("buildx", {"buildx_version": Absent("there is no Buildx")}, PROBLEM),
    ("emulation", {"build_platforms": ("linux/amd64", "linux/arm64")}, WARNING),
    ("collection", {"build_cache_gc": True, "build_cache_gc_rules": ("all true", "all false")}, NOTE),
]
FROM_OBSERVATIONS: list[tuple[str, dict[str, object], Severity]] = [
    ("busy", {"cpu": CpuUse(busy=0.2, steal=0.0, busiest=("make 19%",))}, WARNING),
    ("busy", {"cpu": CpuUse(busy=0.8, steal=0.0)}, PROBLEM),
    ("steal", {"cpu": CpuUse(busy=0.0, steal=0.05)}, WARNING),
    ("steal", {"cpu": CpuUse(busy=0.0, steal=0.3)}, PROBLEM),
    ("clock", {"clock": ClockFacts(is_monotonic=False, resolution_s=1e-9, went_back=False)}, PROBLEM),
    ("clock", {"clock": ClockFacts(is_monotonic=True, resolution_s=1e-9, went_back=True)}, PROBLEM),
    ("clock", {"clock": ClockFacts(is_monotonic=True, resolution_s=0.015, went_back=False)}, WARNING),
    ("watchers", {"watchers": ("ClamAV (clamd)",)}, WARNING),
    ("fanotify", {"fanotify": ("fsnotifywait",)}, WARNING),
    ("root", {"is_root": False}, NOTE),
    ("results", {"results_filesystem": "tmpfs"}, WARNING),
    ("results", {"results_filesystem": "nfs"}, NOTE),
    ("results-space", {"results_free_bytes": GB // 2}, WARNING),
    ("results-space", {"results_free_bytes": 10**6}, PROBLEM),
    ("engine", {"engine_error": "no Docker engine", "engine_remedy": "start Docker"}, PROBLEM),
    ("elsewhere", {"elsewhere": "the engine has other memory"}, WARNING),
    ("emulation", {"platform": "linux/arm64", "emulators": ("qemu-aarch64",)}, WARNING),
    ("emulation", {"platform": "linux/arm64/v8"}, PROBLEM),
    ("meters", {"meters": NO_CPU}, WARNING),
    ("meters", {"meters": Meters(host_wide=("cpu_user_s", "cpu_system_s"), absent={})}, WARNING),
    ("meters", {"meters": Meters(host_wide=("disk_read_bytes",), absent={})}, NOTE),
    ("meters", {"meters": Meters(host_wide=(), absent={"memory_peak_bytes": "no counter"})}, NOTE),
]


def only(found: Mapping[str, Finding], check: str, severity: Severity) -> Finding:
    """The finding of one check; every other one is as well as before."""
    assert {name for name, finding in found.items() if finding.severity is not OK} == {check}
    finding = found[check]
    assert (finding.severity, finding.checked) == (severity, True), finding
    assert finding.seen
    assert finding.why
    assert finding.remedy
    return finding


@pytest.mark.parametrize(("check", "facts", "severity"), FROM_FACTS)
def test_what_is_wrong_in_the_fingerprint_is_found_by_its_check_alone(
    check: str, facts: dict[str, FactValue | Absent], severity: Severity
) -> None:
    seen = msgspec.structs.replace(SEEN, platform="linux/arm64") if check == "emulation" else SEEN
    only(examined(facts, seen), check, severity)


@pytest.mark.parametrize(("check", "changes", "severity"), FROM_OBSERVATIONS)
def test_what_is_wrong_in_the_observations_is_found_by_its_check_alone(
    check: str, changes: dict[str, object], severity: Severity
) -> None:
    only(examined({}, msgspec.structs.replace(SEEN, **changes)), check, severity)


def test_every_check_can_fail() -> None:
    assert {check for check, _, _ in (*FROM_FACTS, *FROM_OBSERVATIONS)} == {check.name for check in CHECKS}


def test_every_field_that_a_check_reads_is_a_field() -> None:
    assert GOOD.keys() <= FIELDS.keys()


def test_a_machine_of_which_nothing_is_known_has_nothing_fine_but_the_engine_error() -> None:
    seen = Observations(engine_error="no Docker engine", cpu=Absent("no /proc here"))
    found = diagnose(Evidence(facts={}, seen=seen), CHECKS)
    assert [finding.check for finding in found if finding.checked] == ["engine"]
    assert all(finding.severity is NOTE and finding.seen for finding in found if not finding.checked)
    assert next(finding for finding in found if finding.check == "busy").seen == "no /proc here"
    assert has_problem(found)


def test_the_gravest_come_first_and_what_was_not_checked_after_the_notes() -> None:
    facts: dict[str, FactValue | Absent] = {
        "turbo": True,
        "load_1m": 9.0,
        "data_root_filesystem": "nfs",
        "governor": Absent("no frequency here"),
    }
    found = list(examined(facts).values())
    assert [(finding.check, finding.checked) for finding in found[:4]] == [
        ("data-root", True),
        ("load", True),
        ("turbo", True),
        ("governor", False),
    ]
    assert [finding.check for finding in warnings_of(tuple(found))] == ["data-root", "load"]
    assert one_line(found[1]) == (
        "warning: the load over the last minute was 9.00 on 4 CPUs; "
        "what ran a minute ago may come again, and its heat and its dirty pages are still there"
    )


def test_the_classic_builder_needs_no_buildx() -> None:
    seen = msgspec.structs.replace(SEEN, builder=BuilderKind.CLASSIC)
    assert examined({"buildx_version": Absent("there is no Buildx")}, seen)["buildx"].severity is OK


def test_who_keeps_the_cpus_busy_is_named() -> None:
    seen = msgspec.structs.replace(SEEN, cpu=CpuUse(busy=0.6, steal=0.0, busiest=("make 40%", "cc1 15%")))
    assert examined({}, seen)["busy"].seen == "the CPUs are 60% busy before anything is built (make 40%, cc1 15%)"


@pytest.mark.parametrize(
    ("own", "platform"),
    [("x86_64", "linux/amd64"), ("x86_64", "linux/386"), ("aarch64", "linux/arm64/v8"), ("aarch64", "linux/arm/v7")],
)
def test_a_platform_that_the_processor_runs_by_itself_is_fine(own: str, platform: str) -> None:
    seen = msgspec.structs.replace(SEEN, platform=platform, emulators=Absent("not mounted"))
    assert examined({"cpu_architecture": own}, seen)["emulation"].severity is OK


def test_whether_another_platform_can_be_emulated_may_be_unknown() -> None:
    seen = msgspec.structs.replace(SEEN, platform="linux/s390x", emulators=Absent("binfmt_misc is not mounted"))
    assert examined({}, seen)["emulation"] == Finding(
        check="emulation", severity=NOTE, seen="binfmt_misc is not mounted", checked=False
    )


def test_what_buildkit_has_tried_out_counts_more_than_the_kernels_handlers() -> None:
    seen = msgspec.structs.replace(SEEN, platform="linux/arm64", emulators=("qemu-aarch64",))
    assert examined({"build_platforms": ("linux/amd64", "linux/386")}, seen)["emulation"].severity is PROBLEM


def test_versions_and_platforms_are_read_to_where_they_make_sense() -> None:
    assert version_of("28.5.2+dfsg4") == (28, 5, 2)
    assert version_of("v0.13.0-rc1") == (0, 13, 0)
    assert version_of("library-import") == ()
    assert architecture_of("linux/arm64/v8") == "arm64"
    assert architecture_of("arm64") == "arm64"
    assert not examined({"docker_version": "unknown"})["docker"].checked


def test_metrics_that_are_missing_for_one_reason_are_told_together_beside_those_of_the_whole_machine() -> None:
    absent = {"disk_read_bytes": "no counter", "memory_peak_bytes": "no group", "disk_written_bytes": "no counter"}
    seen = msgspec.structs.replace(SEEN, meters=Meters(host_wide=("cpu_user_s",), absent=absent))
    assert examined({}, seen)["meters"].seen == (
        "measured for the whole machine only: cpu_user_s; "
        "not measured: disk_read_bytes, disk_written_bytes (no counter); not measured: memory_peak_bytes (no group)"
    )
