import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pure.cgroup_files import Absent, DiskBytes
from bench.pure.proc_counters import (
    NetBytes,
    Stall,
    is_first_of_namespace,
    outward,
    parse_host_cpu,
    parse_memory_available,
    parse_net_dev,
    parse_pressure,
    parse_task_io,
    stall_between,
    sum_net,
)

NET = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 500 1 0 0 0 0 0 0 500 1 0 0 0 0 0 0
  eth0:4000 1 0 0 0 0 0 0 70 1 0 0 0 0 0 0
 vethx: 10 1 0 0 0 0 0 0 3900 1 0 0 0 0 0 0
docker0: 20 1 0 0 0 0 0 0 3800 1 0 0 0 0 0 0
broken: 1 2
"""
IO = "rchar: 9\nwchar: 9\nsyscr: 1\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 12288\ncancelled_write_bytes: 8192\n"


def test_a_pressure_file_gives_seconds() -> None:
    text = "some avg10=1.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n"
    assert parse_pressure(text) == Stall(some_s=2.5, full_s=0.5)


def test_the_cpu_of_an_older_kernel_has_no_full_line() -> None:
    assert parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n") == Stall(some_s=0.000007, full_s=0.0)


def test_stalls_that_go_back_are_no_stalls() -> None:
    assert isinstance(stall_between(Stall(some_s=2, full_s=0), Stall(some_s=1, full_s=0)), Absent)


def test_a_byte_that_a_container_sends_is_counted_once() -> None:
    interfaces = parse_net_dev(NET)
    names = outward(interfaces, devices=["eth0"])
    assert sum_net(interfaces, names) == NetBytes(received=4000, sent=70)


def test_a_machine_that_is_a_container_counts_all_but_its_loopback() -> None:
    assert outward(["lo", "eth0", "eth1"], devices=[]) == ("eth0", "eth1")


def test_what_was_cut_off_before_it_was_written_is_not_written() -> None:
    assert parse_task_io(IO) == DiskBytes(read=4096, written=4096)


def test_the_host_cpu_has_stolen_time_apart_from_work() -> None:
    cpu = parse_host_cpu("cpu  100 20 30 400 50 6 7 80 9 9\ncpu0 1 1 1\n", ticks_per_s=100)
    assert not isinstance(cpu, Absent)
    assert [cpu.busy_s, cpu.steal_s, cpu.total_s] == pytest.approx([1.63, 0.8, 6.93])


@given(st.text())
def test_any_text_is_read_or_absent(text: str) -> None:
    assert isinstance(parse_pressure(text), Stall | Absent)
    assert isinstance(parse_task_io(text), DiskBytes | Absent)
    parse_net_dev(text)
    parse_memory_available(text)


@pytest.mark.parametrize(
    ("line", "first"),
    [("NSpid:\t900\t1\n", True), ("NSpid:\t900\t12\n", False), ("NSpid:\t1\n", False), ("NSpid:\t900\t7\t1\n", True)],
)
def test_the_first_process_of_a_namespace_is_known(line: str, *, first: bool) -> None:
    assert is_first_of_namespace(f"Name:\tsh\n{line}Kthread:\t0\n") is first
