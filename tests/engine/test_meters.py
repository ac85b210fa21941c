"""The meters against a real engine: what a step says of itself is what is metered. Counters are compared, not times."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.model.build import BuilderKind, BuildRequest, BuildStatus, StepKind
from bench.model.run import EngineKind
from bench.model.trial import StepUse
from bench.ports.builder_buildkit import BuildkitBuilder
from bench.ports.clock import SystemClock
from bench.ports.meter_cgroup1 import Cgroup1Meter
from bench.ports.meter_cgroup2 import Cgroup2Meter
from bench.ports.meter_host import read_mounts
from bench.ports.meter_parts import METRICS, settle_filesystem
from bench.ports.meters import group_meter, make_meter
from bench.ports.process import run
from bench.ports.protocols import Engine, Metered
from bench.pure.buildx import build_cgroup
from bench.pure.cgroup_files import Absent
from bench.pure.step_use import step_uses
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
    group = build_cgroup(engine.info)
    argv += [f"--cgroup-parent={group}"] if group else []
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


class Followed:
    """One build with everything that was metered of it."""

    def __init__(self, engine: Engine, folder: Path, *lines: str) -> None:
        (folder / "Dockerfile").write_text("\n".join((f"FROM {TINY_BASE}", *lines)) + "\n")
        request = BuildRequest(
            dockerfile=folder / "Dockerfile",
            context=folder,
            no_cache=True,
            args={},
            secrets={},
            labels={"buildmark.run": "test-meters"},
            platform=None,
            network=engine.build_network,
            timeout_s=120,
        )
        builder = BuildkitBuilder(engine, clock=SystemClock())
        session = make_meter(engine, builder=BuilderKind.BUILDKIT, clock=SystemClock()).start()
        self.outcome = builder.build(request)
        self.metered = session.stop()
        assert self.outcome.status is BuildStatus.OK, self.outcome.error
        uses, self.absent = step_uses(self.outcome, self.metered.groups)
        by_digest = {use.digest: use for use in uses}
        self.ran = [step for step in self.outcome.transcript.steps if step.kind is StepKind.RUN]
        self.uses = {step.name: by_digest[step.digest] for step in self.ran if step.digest in by_digest}

    def use(self, words: str) -> StepUse:
        return next(use for name, use in self.uses.items() if words in name)

    def told_cpu_s(self, words: str) -> float:
        """What `times` said in the step whose name has these words."""
        raw = self.outcome.raw.splitlines()
        records = [json.loads(line) for line in raw if line.startswith(b"{")]
        digest = next(step.digest for step in self.ran if words in step.name)
        logs = [log for record in records for log in record.get("logs") or () if log["vertex"] == digest]
        return told_cpu_s(b"".join(base64.b64decode(log["data"]) for log in logs).decode())


def are_followed(engine: Engine, followed: Followed) -> bool:
    """On a private engine every executed step must be; on the user's own it may be that none can."""
    if engine.info.kind is EngineKind.PRIVATE:
        assert len(followed.uses) == len(followed.ran), followed.absent
    return bool(followed.uses)


def burn(loops: int, name: str) -> str:
    return f"RUN i=0; while [ $i -lt {loops} ]; do i=$((i+1)); done; times; echo {name} > /{name}"


def test_each_step_is_charged_with_the_cpu_time_that_it_says_it_used(engine: Engine, context: Path) -> None:
    followed = Followed(engine, context, burn(1_200_000, "long"), "RUN : nothing", burn(400_000, "short"))
    if not are_followed(engine, followed):
        return
    for name in ("long", "short"):
        use, told_s = followed.use(name), followed.told_cpu_s(name)
        own_s = (use.cpu_s or 0.0) - (use.container_start_cpu_s or 0.0)
        # `times` counts in ticks of 0.01 s, and the shell's own start and end are not in what it says.
        assert own_s == pytest.approx(told_s, rel=0.05, abs=0.025), name


def test_steps_side_by_side_are_told_apart(engine: Engine, context: Path) -> None:
    stages = (
        burn(300_000, "light"),
        f"FROM {TINY_BASE} AS other",
        burn(900_000, "heavy"),
        f"FROM {TINY_BASE}",
        "COPY --from=0 /light /",
        "COPY --from=other /heavy /",
    )
    followed = Followed(engine, context, *stages)
    if not are_followed(engine, followed):
        return
    light, heavy = followed.use("light"), followed.use("heavy")
    assert (heavy.cpu_s or 0) > 2 * (light.cpu_s or 0)
    assert {light.joined_by, heavy.joined_by} <= {"command", "digest"}


def test_the_steps_add_up_to_the_total(engine: Engine, context: Path) -> None:
    followed = Followed(engine, context, burn(300_000, "one"), "RUN : two", "RUN sleep 0.1", burn(200_000, "four"))
    if engine.info.kind is EngineKind.PRIVATE:
        told_s = sum(use.cpu_s or 0.0 for use in followed.uses.values())
        assert told_s == pytest.approx(value(followed.metered, "steps_cpu_s"), rel=0.02)


def test_a_step_is_charged_with_the_memory_that_it_held_and_the_bytes_that_it_wrote(
    engine: Engine, context: Path
) -> None:
    followed = Followed(engine, context, HOLD, WRITE, "RUN : nothing")
    if not are_followed(engine, followed):
        return
    held, written, idle = (followed.use(words) for words in ("/dev/shm/held", "/written", ": nothing"))
    assert 48 * MIB <= (held.memory_peak_bytes or 0) < 56 * MIB
    assert (idle.memory_peak_bytes or 0) < 16 * MIB
    if written.meter == "cgroup-v1" and written.disk_written_bytes is not None:
        assert 24 * MIB <= written.disk_written_bytes < 26 * MIB
        assert (held.disk_written_bytes or 0) < MIB, "what lies in memory never reaches a disk"


def test_the_written_bytes_of_a_private_engine_are_the_builds_alone(engine: Engine, context: Path) -> None:
    """Bytes that the test itself writes meanwhile are on the same disk, and not the build's."""
    if engine.info.kind is not EngineKind.PRIVATE:
        return
    base = value(metered_build(engine, context, "RUN : nothing")[0], "disk_written_bytes")
    session = make_meter(engine, builder=BuilderKind.BUILDKIT).start()
    (context.parent / "noise").write_bytes(bytes(64 * MIB))
    settle_filesystem(context.parent)
    build(engine, context, WRITE)
    written = value(session.stop(), "disk_written_bytes") - base
    assert 23 * MIB <= written < 32 * MIB


def test_the_machine_is_watched_and_watching_is_cheap(engine: Engine, context: Path) -> None:
    followed = Followed(engine, context, "RUN sleep 1")
    watch = followed.metered.host
    assert watch is not None
    assert len(watch.samples) >= 3
    busy = [sample.cpu.busy_s for sample in watch.samples]
    assert busy == sorted(busy)
    assert watch.harness_cpu_s > 0, "the client's own CPU time is no other work"
    assert 0 < sum(followed.metered.meters_cpu_s.values()) < 0.2 * followed.outcome.wall_s


def test_the_classic_builder_has_the_same_totals(engine: Engine, context: Path) -> None:
    if engine.info.kind is not EngineKind.PRIVATE:
        return
    (context / "Dockerfile").write_text(f"FROM {TINY_BASE}\n{BURN}\n{HOLD}\n")
    environment = {**engine.environment, "DOCKER_BUILDKIT": "0"}
    argv = ["docker", "build", "--no-cache", f"--network={engine.build_network}", "--label=buildmark.run=test-meters"]
    session = make_meter(engine, builder=BuilderKind.CLASSIC, clock=SystemClock()).start()
    log = run([*argv, str(context)], env=environment).text
    metered = session.stop()
    assert value(metered, "steps_cpu_s") >= told_cpu_s(log) * 0.95 > 0
    assert value(metered, "engine_cpu_s") > 0
    assert value(metered, "memory_peak_bytes") > 0
    assert metered.readings["disk_written_bytes"].meter == "host-wide"


def test_the_machines_own_mounts_are_understood() -> None:
    assert any(str(mount.mount_point) == "/" for mount in read_mounts(Path("/proc")))
