"""The meters against a real engine: what a step says of itself is what is metered. Counters are compared, not times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.model.build import BuilderKind
from bench.model.run import EngineKind
from bench.ports.meter_cgroup1 import Cgroup1Meter
from bench.ports.meter_cgroup2 import Cgroup2Meter
from bench.ports.meter_host import read_mounts
from bench.ports.meter_parts import METRICS, settle_filesystem
from bench.ports.meters import group_meter, make_meter
from bench.ports.process import run
from bench.ports.protocols import Engine, Metered
from bench.pure.cgroup_files import Absent
from tests.engine.tiny_base import TINY_BASE, import_tiny_base

pytestmark = pytest.mark.engine

MIB = 2**20
BURN = "RUN i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done; times"
HOLD = "RUN dd if=/dev/zero of=/dev/shm/held bs=1048576 count=48"
WRITE = "RUN dd if=/dev/urandom of=/written bs=1048576 count=24"


@pytest.fixture(scope="module")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import_tiny_base(engine, tmp_path_factory.mktemp("base"))
    yield TINY_BASE
    engine.remove_image(TINY_BASE)


def build(engine: Engine, folder: Path, *lines: str, cached: bool = False) -> str:
    """Build with BuildKit and return the readable log."""
    (folder / "Dockerfile").write_text("\n".join((f"FROM {TINY_BASE}", *lines)) + "\n")
    argv = ["docker", "buildx", "build", "--progress=plain", "--provenance=false"]
    argv += [] if cached else ["--no-cache"]
    argv += [f"--network={engine.build_network}"] if engine.build_network else []
    return run([*argv, "--label", "buildmark.run=test-meters", str(folder)], env=engine.environment).error_text


@pytest.fixture
def context(tmp_path: Path, engine: Engine, base: str) -> Iterator[Path]:
    """A folder to build from; what was built is removed."""
    assert base
    folder = tmp_path / "buildmark-test-meters"
    folder.mkdir()
    yield folder
    engine.remove_labelled("buildmark.run=test-meters")


def told_cpu_s(log: str) -> float:
    """What `times` said: user and system seconds of the shell and of its children."""
    return sum(60 * int(minutes) + float(seconds) for minutes, seconds in re.findall(r"(\d+)m([\d.]+)s", log))


def metered_build(engine: Engine, folder: Path, *lines: str, cached: bool = False) -> tuple[Metered, str]:
    session = make_meter(engine, builder=BuilderKind.BUILDKIT).start()
    log = build(engine, folder, *lines, cached=cached)
    metered = session.stop()
    assert set(metered.readings) | set(metered.absent) == set(METRICS)
    return metered, log


def value(metered: Metered, metric: str) -> float:
    assert metric in metered.readings, metered.absent
    return metered.readings[metric].value


def test_the_steps_group_holds_the_cpu_time_that_a_step_says_it_used(engine: Engine, context: Path) -> None:
    device = Absent("not asked for here")
    meter = group_meter(engine, BuilderKind.BUILDKIT, device, proc_root=Path("/proc"), settle=settle_filesystem)
    if not isinstance(meter, Cgroup1Meter | Cgroup2Meter):
        assert engine.info.kind is EngineKind.HOST, "a private engine has groups of its own"
        return
    session = meter.start()
    log = build(engine, context, BURN)
    use = session.use()
    session.stop()
    if isinstance(use.steps.cpu, Absent):
        assert engine.info.kind is EngineKind.HOST, use.steps.cpu.reason
        return
    steps_s = use.steps.cpu.user_s + use.steps.cpu.system_s
    # The group also holds runc's start of the container, 0.02 to 0.05 s that the shell does not know of.
    assert told_cpu_s(log) <= steps_s + 0.02
    assert steps_s <= told_cpu_s(log) * 1.05 + 0.1


def test_a_build_used_at_least_what_its_step_used(engine: Engine, context: Path) -> None:
    metered, log = metered_build(engine, context, BURN)
    used_s = value(metered, "cpu_user_s") + value(metered, "cpu_system_s")
    assert told_cpu_s(log) > 0
    assert used_s >= told_cpu_s(log) * 0.95


def test_memory_that_a_step_held_is_in_the_peak_and_what_earlier_builds_left_is_not(
    engine: Engine, context: Path
) -> None:
    peaks = [metered_build(engine, context, HOLD, WRITE)[0] for _ in range(3)]
    if "memory_peak_bytes" in peaks[0].absent:
        assert engine.info.kind is EngineKind.HOST, peaks[0].absent
        return
    # On an engine that is not ours the mark's start is subtracted, of which a little may be let go meanwhile.
    slack = 4 * MIB if engine.info.kind is EngineKind.HOST else 0
    for metered in peaks:
        assert 48 * MIB - slack <= value(metered, "memory_peak_bytes") < (48 + 24) * MIB


def test_bytes_that_a_step_wrote_are_counted_though_they_reach_the_disk_late(engine: Engine, context: Path) -> None:
    metered, _ = metered_build(engine, context, WRITE)
    assert value(metered, "disk_written_bytes") >= 24 * MIB
    assert value(metered, "cache_growth_bytes") >= 24 * MIB


def test_a_warm_build_ran_no_step_and_grew_no_cache(engine: Engine, context: Path) -> None:
    metered_build(engine, context, WRITE)
    metered, _ = metered_build(engine, context, WRITE, cached=True)
    assert value(metered, "cache_growth_bytes") == 0
    if engine.info.kind is EngineKind.PRIVATE:
        assert value(metered, "memory_peak_bytes") < MIB
        assert metered.readings["cpu_user_s"].meter == f"cgroup-v{engine.info.cgroup_version}"


def test_the_machines_own_mounts_are_understood() -> None:
    assert any(str(mount.mount_point) == "/" for mount in read_mounts(Path("/proc")))
