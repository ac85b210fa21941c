"""Does the index hold a million trials? Fills one through the index's own code, then asks it what people ask.

Run it with `make bench-history`, or `python -m benchmarks.history_scale --series 10000 --runs 20 --rounds 5`.
The values are made up, the code is not: every trial goes through `HistoryIndex.put`, every answer comes from the
functions behind `buildmark trend` and `history`. `buildmark compare` is timed as a user types it, on two recorded runs
of 1,000 trials each, made by the campaign's own code on fakes. Prints each figure beside its bound, and exits with 1
when one is missed. Peak memory is that of the asking process, which a child of its own measures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.app.trends import Search, find_trends
from bench.errors import ExitCode
from bench.model.environment import Fact
from bench.model.history import ChangeKind, IndexedRun, IndexedTrial, RunEntry, Target
from bench.model.run import Source
from bench.model.scenario import State
from bench.ports import process
from bench.ports.clock import SystemClock
from bench.ports.history_database import index_url
from bench.ports.history_index import HistoryIndex, RunFiles
from bench.ports.history_queries import recent_runs, samples_of_runs
from bench.pure.metrics import WALL
from bench.pure.series import METRICS

CLOCK = SystemClock()
SERIES, RUNS, ROUNDS = 10_000, 20, 5
PER_SCENARIO = 100
COMPARED_TIMES = 5
VERDICTS = (ExitCode.OK, ExitCode.REGRESSION, ExitCode.UNDECIDED)
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = Target(digest="bench", facts={"cpus_online": Fact(value=2)})
NOISE, STEP = 0.05, 1.2
STEPPED_EVERY = 100
TREND_BOUND_S, LOOKUP_BOUND_S, COMPARE_BOUND_S, MEMORY_BOUND_BYTES, FILE_BOUND_BYTES = 30.0, 1.0, 1.0, 500e6, 300e6


def fill(index: HistoryIndex, n_series: int, n_runs: int, rounds: int) -> None:
    """Run after run over all series; one series in a hundred has a step of 20 % in the middle."""
    generator = np.random.default_rng(7)
    for number in range(n_runs):
        index.put("bench", list(_runs(generator, number, n_series, n_runs, rounds)))


def _runs(generator: np.random.Generator, number: int, n_series: int, n_runs: int, rounds: int) -> Iterator[RunFiles]:
    for scenario in range(0, n_series, PER_SCENARIO):
        count = min(PER_SCENARIO, n_series - scenario)
        levels = np.ones(count)
        if number >= n_runs // 2:
            levels[(np.arange(count) + scenario) % STEPPED_EVERY == 0] = STEP
        walls = levels * np.exp(generator.normal(0, NOISE, (rounds, count)))
        yield _run(f"scenario-{scenario // PER_SCENARIO:03}", number, walls)


def _run(scenario: str, number: int, walls: np.ndarray) -> RunFiles:
    begun = START + timedelta(hours=6 * number)
    name = f"{begun:%Y%m%d-%H%M%S}-{scenario}"
    rounds, count = walls.shape
    trials = tuple(
        IndexedTrial(
            variant=f"debian-12-single-split-{place // 2:02}",
            state=(State.COLD, State.WARM)[place % 2],
            number=round_ * count + place + 1,
            round=round_ + 1,
            values=_values(float(walls[round_, place])),
        )
        for round_ in range(rounds)
        for place in range(count)
    )
    commit = hashlib.sha256(str(number).encode()).hexdigest()[:40]
    entry = RunEntry(
        name=name,
        scenario=scenario,
        title="Made up",
        created_at=begun,
        source=Source(commit=commit, branch="main", dirty=False, committed_at=begun, subject="A change"),
        target=TARGET.digest,
        n_planned=len(trials),
        n_recorded=len(trials),
        n_valid=len(trials),
        is_complete=True,
    )
    run = IndexedRun(entry=entry, target=TARGET, trials=trials)
    return RunFiles(run=run, files="", record_sha256=hashlib.sha256(name.encode()).hexdigest())


def _values(wall_s: float) -> tuple[float, ...]:
    """Values of every metric with the digits that real ones have."""
    by_name = {name: round(wall_s * 1e8) if name.endswith("_bytes") else wall_s * 0.777 for name in METRICS}
    return tuple(float(value) for value in {**by_name, WALL: wall_s}.values())


def ask(url: str) -> dict[str, float]:
    """What people ask: each answer's time in seconds, how many series have a step, and this process's peak memory."""
    figures: dict[str, float] = {}
    with HistoryIndex(index_url(url, Path())) as index:
        begun = CLOCK.monotonic_s()
        trends = find_trends(index, Search(metrics=(WALL,)))
        figures["trend_s"] = CLOCK.monotonic_s() - begun
        steps = {one.series for one in trends.series for change in one.changes if change.kind is not ChangeKind.MACHINE}
        figures |= {"searched": trends.n_searched, "stepped": len(steps)}
        begun = CLOCK.monotonic_s()
        last, first = recent_runs(index, "scenario-000", TARGET.digest, "main", 2)
        found = samples_of_runs(index, [first, last], WALL)
        figures["lookup_s"] = CLOCK.monotonic_s() - begun
        figures["looked_up"] = sum(len(rounds) for by_series in found.values() for rounds in by_series.values())
        begun = CLOCK.monotonic_s()
        one = find_trends(index, Search(metrics=(WALL,), pattern="scenario-000/debian-12-single-split-00/cold"))
        figures["one_series_s"] = CLOCK.monotonic_s() - begun
        figures["one_series_steps"] = sum(len(trend.changes) for trend in one.series)
    figures["memory_peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return figures


def compare_s(folder: Path) -> float:
    """The median time in seconds of `buildmark compare` on two runs of 1,000 trials each, with its start."""
    for side in ("a", "b"):
        process.run([sys.executable, "-m", "tests.app.thousand_trials", str(folder / side)])
    sides = [str(next((folder / side / "results").iterdir())) for side in ("a", "b")]
    times_s = []
    for _ in range(COMPARED_TIMES):
        begun = CLOCK.monotonic_s()
        done = process.run([str(Path(sys.executable).with_name("buildmark")), "compare", *sides], check=False)
        times_s.append(CLOCK.monotonic_s() - begun)
        if done.returncode not in VERDICTS:
            raise SystemExit(f"compare failed: {done.error_text}")
    return statistics.median(times_s)


def show(figures: dict[str, float], trials: int) -> int:
    """Print each figure beside its bound; returns how many bounds were missed."""
    lines = [
        ("trend over all series", figures["trend_s"], TREND_BOUND_S, "s"),
        ("samples of two runs, as compare needs them", figures["lookup_s"], LOOKUP_BOUND_S, "s"),
        ("trend of one series", figures["one_series_s"], LOOKUP_BOUND_S, "s"),
        ("compare of two recorded runs, as typed", figures["compare_s"], COMPARE_BOUND_S, "s"),
        ("peak memory of asking", figures["memory_peak_bytes"] / 1e6, MEMORY_BOUND_BYTES / 1e6, "MB"),
    ]
    if "file_bytes" in figures:
        lines.append(("size of the file", figures["file_bytes"] / 1e6, FILE_BOUND_BYTES / 1e6, "MB"))
    print(f"{trials:,} trials, written in {figures['fill_s']:.1f} s; {figures['searched']:,.0f} series searched,")
    print(f"{figures['stepped']:,.0f} with a step; {figures['looked_up']:,.0f} samples looked up")
    for what, value, bound, unit in lines:
        print(f"  {what:44} {value:9.3f} {unit:2}  bound {bound:g} {unit}  {'ok' if value < bound else 'MISSED'}")
    return sum(value >= bound for _, value, bound, _ in lines)


def main() -> int:
    """Fill an index and ask it, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--index", metavar="URL", help="an empty database; default: a temporary SQLite file")
    parser.add_argument("--ask", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(ask(given.ask)))
        return 0
    with tempfile.TemporaryDirectory(prefix="buildmark-history-") as folder:
        file = Path(folder) / "history.sqlite"
        url = given.index or f"sqlite:///{file}"
        begun = CLOCK.monotonic_s()
        with HistoryIndex(index_url(url, Path())) as index:
            fill(index, given.series, given.runs, given.rounds)
        fill_s = CLOCK.monotonic_s() - begun
        asked = process.run([sys.executable, "-m", "benchmarks.history_scale", "--ask", url])
        figures = {**json.loads(asked.stdout), "fill_s": fill_s, "compare_s": compare_s(Path(folder))}
        if file.exists():
            figures["file_bytes"] = file.stat().st_size
        return 1 if show(figures, given.series * given.runs * given.rounds) else 0


if __name__ == "__main__":
    sys.exit(main())
