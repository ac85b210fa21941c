from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pure.cgroup_files import (
    Absent,
    BuildUse,
    CpuCounters,
    CpuTimes,
    DiskBytes,
    GroupUse,
    cpu_between,
    disk_between,
    pair_readings,
    parse_counter,
    parse_cpu_stat,
    parse_flat,
    parse_io_stat,
    strip_group,
)
from bench.pure.proc_files import (
    find_hierarchy,
    find_mount,
    find_unified,
    parse_diskstats,
    parse_memory_total,
    parse_mountinfo,
    parse_proc_stat,
)

FIXTURE = Path(__file__).parent.parent / "fixtures" / "cgroup2-files.txt"
MOUNTS = parse_mountinfo(
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "30 27 0:40 / /mnt/my\\040disk rw shared:3 master:1 - btrfs /dev/vdb rw,subvol=/\n"
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "nonsense\n"
)


def captured_files() -> dict[str, str]:
    """The files of a group after a real build on cgroup v2, by name."""
    parts = FIXTURE.read_text().split("== ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def test_the_files_of_a_real_version_2_group_are_understood() -> None:
    files = captured_files()
    assert parse_cpu_stat(files["cpu.stat"]) == CpuCounters(
        total_ns=3_140_333_000, user_ns=2_395_804_000, system_ns=744_529_000
    )
    assert parse_counter(files["memory.peak"]) == 14_503_936
    assert parse_io_stat(files["io.stat"]) == {"254:0": DiskBytes(read=221_184, written=13_209_600)}
    assert parse_flat(files["memory.stat"])["file"] == 13_467_648


@pytest.mark.parametrize("text", ["max\n", "", "12 13", "-1"])
def test_what_is_no_number_is_absent_and_not_zero(text: str) -> None:
    assert isinstance(parse_counter(text), Absent)


def test_a_cpu_stat_without_its_times_is_absent_with_the_missing_key() -> None:
    assert parse_cpu_stat("nr_periods 0\nuser_usec 5\n") == Absent("cpu.stat has no system_usec")


def test_a_device_that_lists_other_fields_first_or_nothing_is_no_obstacle() -> None:
    text = "8:0 rios=1 rbytes=512 wbytes=1024 dbytes=0\n8:16\n\n"
    assert parse_io_stat(text) == {"8:0": DiskBytes(read=512, written=1024)}


counters = st.builds(
    CpuCounters,
    total_ns=st.integers(0, 10**15),
    user_ns=st.integers(0, 10**15),
    system_ns=st.integers(0, 10**15),
)


@given(counters, counters)
def test_cpu_seconds_add_up_to_the_exact_total_and_never_fall_below_zero(
    before: CpuCounters, used: CpuCounters
) -> None:
    after = CpuCounters(
        total_ns=before.total_ns + used.total_ns,
        user_ns=before.user_ns + used.user_ns,
        system_ns=before.system_ns + used.system_ns,
    )
    times = cpu_between(before, after)
    assert isinstance(times, CpuTimes)
    assert times.user_s + times.system_s == pytest.approx(used.total_ns / 1e9, rel=1e-9)
    assert times.user_s >= 0
    assert times.system_s >= 0


def test_sampled_parts_only_divide_the_exact_total() -> None:
    before = CpuCounters(total_ns=0, user_ns=0, system_ns=0)
    coarse = CpuCounters(total_ns=10_000_000, user_ns=12_000_000, system_ns=4_000_000)
    unseen = CpuCounters(total_ns=3_000_000, user_ns=0, system_ns=0)
    assert cpu_between(before, coarse) == CpuTimes(user_s=0.0075, system_s=0.0025)
    assert cpu_between(before, unseen) == CpuTimes(user_s=0.003, system_s=0.0)


def test_counters_that_go_back_are_absent() -> None:
    high, low = CpuCounters(total_ns=9, user_ns=9, system_ns=0), CpuCounters(total_ns=1, user_ns=1, system_ns=0)
    assert isinstance(cpu_between(high, low), Absent)
    assert isinstance(disk_between(DiskBytes(read=5, written=0), DiskBytes(read=4, written=9)), Absent)


def test_a_group_that_appears_while_the_build_runs_counts_from_nothing() -> None:
    assert pair_readings(None, 7, zero=0, made_on_demand=False, group="g") == (0, 7)
    assert pair_readings(3, 7, zero=0, made_on_demand=False, group="g") == (3, 7)


def test_no_group_at_all_is_nothing_used_only_where_a_step_would_have_made_it() -> None:
    assert pair_readings(None, None, zero=0, made_on_demand=True, group="g") == (0, 0)
    unknown = pair_readings(None, None, zero=0, made_on_demand=False, group="docker/buildkit")
    assert isinstance(unknown, Absent)
    assert "docker/buildkit" in unknown.reason


def test_a_group_that_goes_away_is_absent_even_where_steps_make_it() -> None:
    assert isinstance(pair_readings(3, None, zero=0, made_on_demand=True, group="g"), Absent)


def use(cpu_s: float, peak: int, written: int) -> GroupUse:
    cpu = CpuTimes(user_s=cpu_s, system_s=0.0)
    return GroupUse(cpu=cpu, memory_peak_bytes=peak, disk=DiskBytes(read=0, written=written))


def test_a_build_is_its_steps_and_its_daemon_but_for_the_peak_of_memory() -> None:
    both = BuildUse(steps=use(2.0, 500, 10), daemon=use(0.5, 900, 4))
    assert both.cpu == CpuTimes(user_s=2.5, system_s=0.0)
    assert both.disk == DiskBytes(read=0, written=14)
    assert both.memory_peak_bytes == 500


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    lost = GroupUse(cpu=Absent("no counter"), memory_peak_bytes=1, disk=Absent("no io.stat"))
    half = BuildUse(steps=use(2.0, 500, 10), daemon=lost)
    assert half.cpu == Absent("no counter")
    assert half.disk == Absent("no io.stat")


def test_group_names_are_relative_to_their_hierarchy() -> None:
    assert strip_group("/a//b/") == "a/b"


def test_a_path_lies_on_the_deepest_mount_above_it() -> None:
    on_btrfs = find_mount(MOUNTS, PurePosixPath("/mnt/my disk/docker"))
    on_root = find_mount(MOUNTS, PurePosixPath("/mnt/my disks"))
    assert on_btrfs is not None
    assert on_root is not None
    assert (on_btrfs.source, on_root.device) == ("/dev/vdb", "254:0")


def test_a_mount_over_another_hides_it() -> None:
    mounts = parse_mountinfo("1 0 8:1 / /d rw - ext4 /dev/a rw\n2 0 8:2 / /d rw - ext4 /dev/b rw\n")
    top = find_mount(mounts, PurePosixPath("/d/e"))
    assert top is not None
    assert top.device == "8:2"


def test_hierarchies_are_found_by_their_controller_also_where_two_share_one() -> None:
    assert find_hierarchy(MOUNTS, "cpuacct") == PurePosixPath("/sys/fs/cgroup/cpu,cpuacct")
    assert find_unified(MOUNTS) == PurePosixPath("/sys/fs/cgroup/unified")
    assert isinstance(find_hierarchy(MOUNTS, "blkio"), Absent)
    assert isinstance(find_unified(()), Absent)


def test_diskstats_are_sectors_of_512_bytes_by_number_and_by_name() -> None:
    text = "   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n 254 0 vda 26484 18668 3451474 13699 28323 30731 3444528 18134 0 6 3\n"
    vda = DiskBytes(read=3451474 * 512, written=3444528 * 512)
    assert parse_diskstats(text) == {
        "7:0": DiskBytes(read=0, written=0),
        "loop0": DiskBytes(read=0, written=0),
        "254:0": vda,
        "vda": vda,
    }


def test_the_machines_cpu_time_leaves_out_waiting_and_stolen_time() -> None:
    text = "cpu  100 20 30 9999 888 5 7 66 55 44\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    assert parse_proc_stat(text, ticks_per_s=100) == CpuTimes(user_s=1.2, system_s=0.42)
    assert isinstance(parse_proc_stat("intr 5\n", ticks_per_s=100), Absent)


def test_memory_is_read_in_bytes() -> None:
    assert parse_memory_total("MemTotal:       24684092 kB\nMemFree: 1 kB\n") == 25_276_510_208
    assert isinstance(parse_memory_total(""), Absent)
