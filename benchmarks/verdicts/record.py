"""Records real noise: builds of quick, one after the other, on a private engine.

Run it with `python -m benchmarks.verdicts.record`. The file that it writes, `noise.json`, is kept in the repository, so
that the tables are the same for everybody. Record it again to see them for another machine; nothing else should run
meanwhile.
"""

from __future__ import annotations

import argparse
import platform
import time
from pathlib import Path

import msgspec

from bench.model.scenario import State
from bench.pure.machine_files import parse_cpuinfo
from benchmarks.overhead import Bench, bench

NOISE = Path(__file__).parent / "noise.json"
BUILDS = {State.WARM: 500, State.COLD: 160}
SECONDS = {State.WARM: 180.0, State.COLD: 280.0}
"""What each state may take at most, everything included."""


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """Wall times in seconds, in the order in which they were built, by state; and how they were recorded."""

    how: str
    wall_s: dict[str, tuple[float, ...]]


def load_noise(path: Path = NOISE) -> Noise:
    """The recorded builds."""
    return msgspec.json.decode(path.read_bytes(), type=Noise)


def builds(one: Bench, state: State) -> tuple[float, ...]:
    """Builds in a row, until there are enough of them or the time is up."""
    until_s = time.perf_counter() + SECONDS[state]  # noqa: TID251  (a limit, not a measurement)
    found: list[float] = []
    while len(found) < BUILDS[state] and time.perf_counter() < until_s:  # noqa: TID251
        found.append(round(one.measured(state).wall_s, 6))
    return tuple(found)


def main(path: Path) -> None:
    """Record both states and write the file."""
    with bench(layers="merged") as one:
        one.measured(State.COLD)  # the first build of an engine is nobody's
        wall_s = {state.value: builds(one, state) for state in BUILDS}
    processor = parse_cpuinfo(Path("/proc/cpuinfo").read_text())
    told = f"Linux {platform.release()}, {processor.model}"
    how = f"quick on debian-12, single-stage, merged, measured one after the other on a private engine; {told}"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(Noise(how=how, wall_s=wall_s)), indent=1) + b"\n")
    print({state: len(found) for state, found in wall_s.items()})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path, default=NOISE, help="the file to write")
    main(parser.parse_args().path)
