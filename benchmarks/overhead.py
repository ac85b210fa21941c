"""What does measuring cost? Alternates a bare `docker buildx build` with the same build as Buildmark measures it.

Run it with `make bench-overhead`, or `python -m benchmarks.overhead [WARM_PAIRS COLD_PAIRS]`. A pair is one build of
each kind, side by side, and every other pair begins with the measured one, so that neither order nor drift can favour
a side.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.app.bases import bases_in_engine
from bench.app.states import StateKeeper, move_context
from bench.cli.selection import choose
from bench.model.build import BuilderKind, BuildRequest, BuildStatus
from bench.model.scenario import State
from bench.ports import process
from bench.ports.base_catalogue import load_catalogue
from bench.ports.builder_buildkit import BuildkitBuilder
from bench.ports.clock import SystemClock
from bench.ports.context import stage_context
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.meter_parts import settle_filesystem
from bench.ports.meters import make_meter
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine
from bench.pure.statistics import paired_ratio

WARM_PAIRS, COLD_PAIRS = 40, 60
BASE = "debian-12"
LABEL = ("buildmark.run", "bench-overhead")


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """One build: how long it took, and what CPU time the meters took meanwhile (none beside a bare one)."""

    wall_s: float
    meters_cpu_s: float = 0.0


class Bench:
    """An engine of our own, and one build of quick on it, in either state, bare or measured."""

    def __init__(self, engine: Engine, request: BuildRequest) -> None:
        self._engine = engine
        self._request = request
        self._clock = SystemClock()
        self._builder = BuildkitBuilder(engine, clock=self._clock)
        self._meter = make_meter(engine, builder=BuilderKind.BUILDKIT, clock=self._clock)
        self._states = StateKeeper(engine, self._builder, BuilderKind.BUILDKIT, None)
        self._names = itertools.count(1)

    def measured(self, state: State) -> Timed:
        """As a trial is measured: meters, watchers, Buildmark's own builder."""
        request = self._prepared(state)
        session = self._meter.start()
        outcome = self._builder.build(request)
        metered = session.stop()
        if outcome.status is not BuildStatus.OK or outcome.image_id is None:
            raise SystemExit(f"the build failed: {outcome.error}")
        self._engine.remove_image(outcome.image_id)
        return Timed(wall_s=outcome.wall_s, meters_cpu_s=sum(metered.meters_cpu_s.values()))

    def bare(self, state: State) -> Timed:
        """As somebody types it, with a clock beside it and nothing else."""
        request = self._prepared(state)
        settle_filesystem(Path(self._engine.info.data_root))  # the meters do that before a measured one
        with tempfile.TemporaryDirectory() as scratch:
            argv = _bare_command(request, iidfile := Path(scratch, "iid"))
            begun_s = time.perf_counter()  # noqa: TID251  (a clock that owes nothing to what it checks)
            process.run(argv, env=self._engine.environment, timeout_s=600)
            wall_s = time.perf_counter() - begun_s  # noqa: TID251
            self._engine.remove_image(iidfile.read_text())
        return Timed(wall_s=wall_s)

    def _prepared(self, state: State) -> BuildRequest:
        context = move_context(self._request.context, f"buildmark-overhead-{next(self._names)}")
        self._request = msgspec.structs.replace(self._request, context=context)
        preparing = self._states.prepare(state, self._request)
        if preparing is not None and preparing.image_id is not None:
            self._engine.remove_image(preparing.image_id)
        return self._request


def _bare_command(request: BuildRequest, iidfile: Path) -> list[str]:
    network = [f"--network={request.network}"] if request.network else []
    args = [part for name, value in request.args.items() for part in ("--build-arg", f"{name}={value}")]
    labels = [f"--label={name}={value}" for name, value in request.labels.items()]
    options = ["--provenance=false", f"--iidfile={iidfile}", *network, *args, *labels]
    return ["docker", "buildx", "build", f"--file={request.dockerfile}", *options, str(request.context)]


@contextmanager
def bench(*, layers: str = "split") -> Iterator[Bench]:
    """A private engine with quick's base in it, and quick single-stage with these layers."""
    clock, cache, catalogue = SystemClock(), cache_folder(os.environ), load_catalogue()
    chosen = choose("quick", ["stages=single", f"layers={layers}"], [BASE])
    engine = open_engine(EngineChoice.PRIVATE, environment=os.environ, clock=clock, cache=cache)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="buildmark-overhead-") as scratch,
            bases_in_engine([BASE], catalogue, engine, environment=os.environ, clock=clock, cache=cache) as bases,
        ):
            if bases.unavailable:
                raise SystemExit(f"{BASE} cannot be had: {bases.unavailable[0].reason}")
            dockerfile = Path(scratch, "Dockerfile")
            dockerfile.write_text(*chosen.dockerfiles(BuilderKind.BUILDKIT).values())
            stage_context(chosen.scenario.context, Path(scratch, "context"))
            key, value = LABEL
            request = BuildRequest(
                dockerfile=dockerfile,
                context=Path(scratch, "context"),
                no_cache=False,
                args=chosen.scenario.args,
                secrets={},
                labels={key: value},
                platform=None,
                network=engine.build_network,
                timeout_s=600,
            )
            yield Bench(engine, request)
    finally:
        engine.close()


def pairs(one: Bench, state: State, count: int) -> list[tuple[Timed, Timed]]:
    """(bare, measured), `count` times, begun in turn by the one and the other."""
    found = []
    sides: list[Callable[[State], Timed]] = [one.bare, one.measured]
    for number in range(count):
        turn = number % 2
        first, second = sides[turn](state), sides[1 - turn](state)
        found.append((second, first) if turn else (first, second))
    return found


def row(state: State, found: list[tuple[Timed, Timed]]) -> str:
    """One line of the table."""
    estimate = paired_ratio([math.log(measured.wall_s / bare.wall_s) for bare, measured in found])
    bare_s = statistics.median(bare.wall_s for bare, _ in found)
    measured_s = statistics.median(measured.wall_s for _, measured in found)
    shares = [100 * measured.meters_cpu_s / measured.wall_s for _, measured in found]
    interval = "too few pairs"
    if estimate.low is not None and estimate.high is not None:
        interval = f"{estimate.low:.4f}-{estimate.high:.4f}"
    return (
        f"| {state:5} | {len(found):5} | {bare_s:6.3f} s | {measured_s:6.3f} s   | {estimate.ratio:.4f} "
        f"| {interval} | {statistics.median(shares):.2f} %, {max(shares):.2f} % |"
    )


def main(warm_pairs: int, cold_pairs: int) -> None:
    """Measure both states and print the table."""
    with bench() as one:
        pairs(one, State.COLD, 1)  # the first build of an engine is nobody's
        found = {State.WARM: pairs(one, State.WARM, warm_pairs), State.COLD: pairs(one, State.COLD, cold_pairs)}
    print("quick on debian-12, single-stage, split; ratio: measured over bare, paired, with its 95 % interval\n")
    print("| state | pairs | bare     | measured   | ratio  | interval      | CPU of the meters (median, most) |")
    print("|---|---|---|---|---|---|---|")
    for state, timed in found.items():
        print(row(state, timed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warm_pairs", nargs="?", type=int, default=WARM_PAIRS, help="pairs of a warm build")
    parser.add_argument("cold_pairs", nargs="?", type=int, default=COLD_PAIRS, help="pairs of a cold build")
    asked = parser.parse_args()
    main(asked.warm_pairs, asked.cold_pairs)
