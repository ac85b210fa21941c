from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pure.cgroup_files import Absent
from bench.pure.machine_files import (
    NO_LIMIT,
    CpuTicks,
    Processor,
    count_cpus,
    parse_allowed_cpus,
    parse_cpu_ticks,
    parse_cpuinfo,
    parse_loadavg,
    parse_meminfo,
    parse_memory_limit,
    parse_own_groups,
    parse_process_ticks,
    parse_quota_v1,
    parse_quota_v2,
    parse_scheduler,
)


def test_a_processor_is_the_first_one_with_the_flags_that_builds_use() -> None:
    text = "model name\t: A CPU\nflags\t\t: fpu avx2 sha_ni hypervisor\n\nmodel name\t: Another\nflags\t\t: fpu\n"
    assert parse_cpuinfo(text) == Processor(model="A CPU", flags=("avx2", "sha_ni"), is_guest=True)


def test_an_arm_processor_has_features_and_no_name() -> None:
    text = "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd aes crc32\n"
    assert parse_cpuinfo(text) == Processor(model=None, flags=("aes", "asimd", "crc32"), is_guest=False)


@pytest.mark.parametrize(("text", "count"), [("0", 1), ("0-1\n", 2), ("0-3,8,10-11", 7)])
def test_cpu_lists_are_counted(text: str, count: int) -> None:
    assert count_cpus(text) == count
    assert parse_allowed_cpus(f"Name:\tpython\nCpus_allowed_list:\t{text.strip()}\n") == count


@given(st.sets(st.integers(0, 300), min_size=1))
def test_the_kernels_own_way_of_writing_a_set_of_cpus_is_counted_right(cpus: set[int]) -> None:
    ranges: list[list[int]] = []
    for cpu in sorted(cpus):
        if ranges and ranges[-1][1] == cpu - 1:
            ranges[-1][1] = cpu
        else:
            ranges.append([cpu, cpu])
    written = ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
    assert count_cpus(written) == len(cpus)


@pytest.mark.parametrize("text", ["", "all", "0-1 x"])
def test_what_is_no_list_of_cpus_is_absent(text: str) -> None:
    assert isinstance(count_cpus(text), Absent)


def test_a_status_without_the_list_is_absent() -> None:
    assert isinstance(parse_allowed_cpus("Name:\tpython\n"), Absent)


def test_meminfo_is_in_bytes() -> None:
    assert parse_meminfo("MemTotal:  1000 kB\nSwapTotal: 0 kB\nHugePages_Total: 3\n") == {
        "MemTotal": 1_024_000,
        "SwapTotal": 0,
    }


def test_load_averages() -> None:
    assert parse_loadavg("1.83 0.5 0.25 1/96 15291\n") == (1.83, 0.5, 0.25)
    assert isinstance(parse_loadavg("nothing of the kind"), Absent)
    assert isinstance(parse_loadavg("1.0\n"), Absent)


@pytest.mark.parametrize(
    ("text", "scheduler"), [("none [mq-deadline] kyber bfq\n", "mq-deadline"), ("[none]\n", "none"), ("none\n", "none")]
)
def test_the_scheduler_in_use_is_the_one_in_brackets(text: str, scheduler: str) -> None:
    assert parse_scheduler(text) == scheduler


def test_schedulers_of_which_none_is_marked_are_absent() -> None:
    assert isinstance(parse_scheduler("none kyber\n"), Absent)


def test_own_groups_by_controller_with_version_two_under_no_name() -> None:
    text = "4:memory:/a/b\n2:cpu,cpuacct:/c\n1:name=systemd:/\n0::/u\n"
    assert parse_own_groups(text) == {"memory": "/a/b", "cpu": "/c", "cpuacct": "/c", "name=systemd": "/", "": "/u"}


def test_quotas_of_both_versions() -> None:
    assert parse_quota_v1("150000\n", "100000\n") == 1.5
    assert parse_quota_v1("-1\n", "100000\n") == NO_LIMIT
    assert parse_quota_v2("50000 100000\n") == 0.5
    assert parse_quota_v2("max 100000\n") == NO_LIMIT
    assert isinstance(parse_quota_v1("?", "100000"), Absent)
    assert isinstance(parse_quota_v2(""), Absent)


def test_memory_limits_of_both_versions() -> None:
    assert parse_memory_limit("1073741824\n") == 2**30
    assert parse_memory_limit("9223372036854771712\n") == NO_LIMIT
    assert parse_memory_limit("max\n") == NO_LIMIT
    assert isinstance(parse_memory_limit("-1"), Absent)


def test_busy_ticks_hold_neither_waiting_nor_stolen_time() -> None:
    text = "cpu  100 10 50 1000 200 5 15 30 40 0\ncpu0 1 2 3\n"
    assert parse_cpu_ticks(text) == CpuTicks(total=1410, busy=180, steal=30)
    assert isinstance(parse_cpu_ticks("cpu0 1 2 3\n"), Absent)


def test_a_program_may_have_any_name() -> None:
    stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 25 17 0 0 20 0 1 0 5 6"
    assert parse_process_ticks(stat) == ("a) b (c", 42)
    assert isinstance(parse_process_ticks("7 (gone)"), Absent)
