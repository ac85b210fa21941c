"""Whether other work disturbed a build: told by what the machine did beyond what the build is known to have done."""

import msgspec
import pytest

from bench.model.trial import HostUse, Reading
from bench.pure.cgroup_files import DiskBytes
from bench.pure.host_samples import HostSample, HostWatch, disturbance, encode_samples, host_use
from bench.pure.proc_counters import HostCpu, NetBytes


def sample(t_s: float, busy_s: float, steal_s: float = 0.0, *, cpus: int = 2) -> HostSample:
    return HostSample(
        t_s=t_s,
        cpu=HostCpu(busy_s=100 + busy_s, steal_s=10 + steal_s, total_s=1000 + t_s * cpus),
        memory_available_bytes=7,
        disk=DiskBytes(read=50 + round(t_s), written=60),
        network=NetBytes(received=5, sent=6),
    )


def used(steps_s: float, engine_s: float) -> dict[str, Reading]:
    return {
        "steps_cpu_s": Reading(value=steps_s, meter="cgroup-v1"),
        "engine_cpu_s": Reading(value=engine_s, meter="cgroup-v1"),
    }


def use(busy_s: float, *, own: dict[str, Reading], steal_s: float = 0.0, window_s: float = 10.0) -> HostUse:
    watch = HostWatch(samples=(sample(0, 0), sample(window_s, busy_s, steal_s)), harness_cpu_s=0.5)
    found = host_use(watch, own, samples="logs/x")
    assert found is not None
    return found


def test_what_the_build_the_engine_and_the_client_used_is_not_other_work() -> None:
    found = use(8.0, own=used(5, 2))
    assert [found.own_cpu_s, found.other_cpu_s, found.other_cpu_share] == [7.5, 0.5, 0.025]
    assert disturbance(found, 0.1) is None


def test_more_than_the_share_of_other_work_disturbs() -> None:
    found = use(12.0, own=used(5, 2))
    assert disturbance(found, 0.1) == ("other work took 22 % of the machine's CPU time (4.50 s), more than 10 %")
    assert disturbance(found, 0.3) is None
    assert disturbance(found, None) is None


def test_stolen_time_is_others_work() -> None:
    assert disturbance(use(7.5, own=used(5, 2), steal_s=3.0), 0.1) is not None


def test_a_tick_more_does_not_disturb_a_short_build() -> None:
    found = use(0.63, own=used(0, 0.05), window_s=0.2)
    assert found.other_cpu_share == pytest.approx(0.2)
    assert disturbance(found, 0.1) is None


def test_where_the_engines_part_is_not_known_nothing_is_claimed() -> None:
    found = use(20.0, own={"steps_cpu_s": Reading(value=1, meter="cgroup-v1")})
    assert (found.other_cpu_s, found.other_cpu_share) == (None, None)
    assert found.absent is not None
    assert "engine_cpu_s" in found.absent
    assert disturbance(found, 0.1) is None


def test_counters_are_written_from_the_first_sample() -> None:
    lines = encode_samples(HostWatch(samples=(sample(0, 1), sample(2, 3)), harness_cpu_s=0.0)).splitlines()
    assert [msgspec.json.decode(line)["cpu_busy_s"] for line in lines] == [0, 2]
    assert [msgspec.json.decode(line)["disk_read_bytes"] for line in lines] == [0, 2]


def test_one_look_is_no_measurement() -> None:
    assert host_use(HostWatch(samples=(sample(0, 0),), harness_cpu_s=0.0), {}, samples=None) is None
