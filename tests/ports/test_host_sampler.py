"""What the sampler sees of a machine: its first and last look, with what is there and without what is not."""

from pathlib import Path

import pytest

from bench.ports.fake_instruments import FakeClock
from bench.ports.host_sampler import FREQUENCY_FILE, HostSampler
from bench.pure.cgroup_files import Absent
from bench.pure.host_samples import HostSample, host_use
from tests.ports.test_meters import Machine, write


def looks(machine: Machine) -> tuple[HostSample, ...]:
    sampler = HostSampler(
        FakeClock(), device=Absent("no disk"), proc_root=machine.proc, sys_root=machine.sys, period_s=3600
    )
    return sampler.start().stop().watch.samples


def test_the_frequency_is_sampled_where_the_kernel_sets_it(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert [one.cpu_frequency_hz for one in looks(machine)] == [None, None]
    write(machine.sys / FREQUENCY_FILE, "2450000\n")
    assert [one.cpu_frequency_hz for one in looks(machine)] == [2_450_000_000] * 2


@pytest.mark.parametrize(("kilohertz", "expected"), [("2000000\n", 2e9), ("<unknown>\n", None)])
def test_a_trial_keeps_the_mean_frequency(tmp_path: Path, kilohertz: str, expected: float | None) -> None:
    machine = Machine(tmp_path)
    write(machine.sys / FREQUENCY_FILE, kilohertz)
    sampler = HostSampler(
        FakeClock(), device=Absent("no disk"), proc_root=machine.proc, sys_root=machine.sys, period_s=3600
    )
    use = host_use(sampler.start().stop().watch, {}, samples=None)
    assert use is not None
    assert use.cpu_frequency_hz == expected
