"""Are the meters right? Builds Dockerfiles with known loads and prints metered/known.

Run it with `make bench-accuracy`, or `python -m benchmarks.accuracy [RUNS [ENGINE]]`, on a private engine unless ENGINE
says `host`. What is known comes from the loads themselves: the scheduler's own count of the program's time
(/proc/self/schedstat), or the bytes that it was told to hold, write, read and receive.
"""

from __future__ import annotations

import argparse
import math
import os
import socket
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.model.build import BuilderKind, BuildOutcome, BuildRequest, BuildStatus, StepKind
from bench.model.trial import StepUse
from bench.ports.builder_buildkit import BuildkitBuilder
from bench.ports.clock import SystemClock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.meters import make_meter
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine, Metered
from bench.pure.step_use import step_uses
from tests.engine.tiny_base import TINY_BASE, import_tiny_base

RUNS = 10
MIB = 2**20
HELD_MIB, WRITTEN_MIB, RECEIVED_MIB, SLEPT_S = 256, 128, 64, 1.0
LABEL = "buildmark.run=bench-accuracy"
# Counts its own CPU time in the scheduler's nanoseconds, from its own first reading on.
BURN = (
    "burn() { read t0 r < /proc/self/schedstat; while :; do i=0; while [ $i -lt 500 ]; do i=$((i+1)); done; "
    "read t r < /proc/self/schedstat; [ $((t-t0)) -ge $1 ] && break; done; }; "
)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One measured build: its outcome, its meters, the use of its last step."""

    outcome: BuildOutcome
    metered: Metered
    last: StepUse | None

    def total(self, metric: str) -> float:
        """A metric of the whole build; not a number where it is absent."""
        reading = self.metered.readings.get(metric)
        return float("nan") if reading is None else reading.value


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A known load. `of` reads its metered value; `above_idle`: the value of an empty build is taken off it first."""

    name: str
    lines: tuple[str, ...]
    known: float
    of: Callable[[Sample], float]
    above_idle: bool = False


def own_cpu_s(sample: Sample) -> float:
    """CPU time of the last step's own program."""
    use = sample.last
    return float("nan") if use is None or use.cpu_s is None else use.cpu_s - (use.container_start_cpu_s or 0.0)


def of_step(name: str) -> Callable[[Sample], float]:
    """A field of the last step's use."""

    def read(sample: Sample) -> float:
        value = getattr(sample.last, name, None)
        return float("nan") if value is None else float(value)

    return read


def of_build(metric: str) -> Callable[[Sample], float]:
    """A metric of the whole build."""
    return lambda sample: sample.total(metric)


def step_duration_s(sample: Sample) -> float:
    """How long the last RUN step took."""
    return [step.duration_s or 0.0 for step in sample.outcome.transcript.steps if step.kind is StepKind.RUN][-1]


def loads(port: int) -> tuple[Load, ...]:
    """Every load; `port` serves RECEIVED_MIB on the loopback."""
    one = f"{BURN}burn 1000000000"
    two = f"{BURN}burn 500000000 & burn 500000000 & wait"
    write = f"dd if=/dev/zero of=/w bs=1048576 count={WRITTEN_MIB} conv=fsync"
    receive = f'["bash", "-c", "cat < /dev/tcp/127.0.0.1/{port} > /dev/null"]'
    return (
        Load(name="CPU of the step, 0.2 s", lines=(f"{BURN}burn 200000000",), known=0.2, of=own_cpu_s, above_idle=True),
        Load(name="CPU of the step, 1 s", lines=(one,), known=1.0, of=own_cpu_s, above_idle=True),
        Load(
            name="CPU of the step, 2 x 0.5 s",
            lines=(two,),
            known=1.0,
            of=own_cpu_s,
            above_idle=True,
        ),
        Load(name="CPU of the build", lines=(one,), known=1.0, of=of_build("steps_cpu_s"), above_idle=True),
        Load(
            name="memory of the step",
            lines=(f"dd if=/dev/zero of=/dev/null bs={HELD_MIB * MIB} count=1",),
            known=HELD_MIB * MIB,
            of=of_step("memory_peak_bytes"),
            above_idle=True,
        ),
        Load(
            name="memory of the build",
            lines=(f"dd if=/dev/zero of=/dev/null bs={HELD_MIB * MIB} count=1",),
            known=HELD_MIB * MIB,
            of=of_build("memory_peak_bytes"),
            above_idle=True,
        ),
        Load(name="written by the step", lines=(write,), known=WRITTEN_MIB * MIB, of=of_step("disk_written_bytes")),
        Load(
            name="written by the build",
            lines=(write,),
            known=WRITTEN_MIB * MIB,
            of=of_build("disk_written_bytes"),
            above_idle=True,
        ),
        Load(
            name="read by the step, uncached",
            lines=(write, "dd if=/w of=/dev/null bs=1048576 iflag=direct"),
            known=WRITTEN_MIB * MIB,
            of=of_step("disk_read_bytes"),
        ),
        Load(
            name="received on the loopback",
            lines=(receive,),
            known=RECEIVED_MIB * MIB,
            of=of_build("network_loopback_bytes"),
            above_idle=True,
        ),
        Load(
            name="duration of a sleep", lines=(f"sleep {SLEPT_S}",), known=SLEPT_S, of=step_duration_s, above_idle=True
        ),
    )


def measure(engine: Engine, folder: Path, lines: tuple[str, ...]) -> Sample:
    """Build once, metered. Raises SystemExit when the build fails."""
    steps = "\n".join(f"RUN {line}" for line in lines)
    (folder / "Dockerfile").write_text(f"FROM {TINY_BASE}\n{steps}\n")
    key, _, value = LABEL.partition("=")
    request = BuildRequest(
        dockerfile=folder / "Dockerfile",
        context=folder,
        no_cache=True,
        args={},
        secrets={},
        labels={key: value},
        platform=None,
        network="host",  # the server that some steps receive from listens on the loopback
        timeout_s=600,
    )
    builder = BuildkitBuilder(engine, clock=SystemClock())
    session = make_meter(engine, builder=BuilderKind.BUILDKIT, clock=SystemClock()).start()
    outcome = builder.build(request)
    metered = session.stop()
    if outcome.status is not BuildStatus.OK:
        raise SystemExit(f"the build failed: {outcome.error}")
    uses, _ = step_uses(outcome, metered.groups)
    return Sample(outcome=outcome, metered=metered, last=uses[-1] if uses else None)


@contextmanager
def server() -> Iterator[int]:
    """A port on the loopback that sends RECEIVED_MIB to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(bytes(RECEIVED_MIB * MIB))

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def row(load: Load, samples: list[Sample], idle: list[Sample]) -> str:
    """One line of the table: the median of metered/known, its extremes, how far it is off, how many had a value."""
    base = statistics.median(_had(load, idle) or [float("nan")]) if load.above_idle else 0.0
    ratios = sorted((value - base) / load.known for value in _had(load, samples)) or [float("nan")]
    middle = statistics.median(ratios)
    return (
        f"| {load.name:28} | {load.known:12.6g} | {base:10.4g} | {middle:6.4f} | {ratios[0]:6.4f}-{ratios[-1]:6.4f} "
        f"| {100 * (middle - 1):+6.2f} % | {len(_had(load, samples))} of {len(samples)} |"
    )


def _had(load: Load, samples: list[Sample]) -> list[float]:
    return [value for value in map(load.of, samples) if not math.isnan(value)]


def main(runs: int, choice: EngineChoice) -> None:
    """Measure every load `runs` times, interleaved, on the engine of `choice`, and print the table."""
    clock = SystemClock()
    engine = open_engine(choice, environment=os.environ, clock=clock, cache=cache_folder(os.environ))
    try:
        with tempfile.TemporaryDirectory(prefix="buildmark-accuracy-") as scratch, server() as port:
            folder = Path(scratch, "buildmark-accuracy")
            folder.mkdir()
            import_tiny_base(engine, Path(scratch))
            known = loads(port)
            samples: dict[str, list[Sample]] = {load.name: [] for load in known}
            idle: list[Sample] = []
            for _ in range(runs):
                idle.append(measure(engine, folder, (":",)))
                for load in known:
                    samples[load.name].append(measure(engine, folder, load.lines))
            info = engine.info
            print(
                f"Docker {info.server_version} ({info.kind}), cgroup v{info.cgroup_version} ({info.cgroup_driver}), "
                f"{runs} runs of each load, interleaved\n"
            )
            print(f"| {'load':28} | {'known':12} | {'idle':10} | median | {'range':13} | off      | had |")
            print("|---|---|---|---|---|---|---|")
            for load in known:
                print(row(load, samples[load.name], idle))
            every = [sample for some in samples.values() for sample in some]
            cost = [100 * sum(one.metered.meters_cpu_s.values()) / one.outcome.wall_s for one in every]
            print(f"\nthe meters took {statistics.median(cost):.2f} % of a core (median), {max(cost):.2f} % at most")
    finally:
        engine.remove_labelled(LABEL)
        engine.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="?", type=int, default=RUNS, help="builds of each load")
    parser.add_argument("engine", nargs="?", type=EngineChoice, default=EngineChoice.PRIVATE, help="private or host")
    asked = parser.parse_args()
    main(asked.runs, asked.engine)
