"""How long does a site of 500 runs take, and how long one more run? Makes run folders, then starts `buildmark publish`.

Run it with `make bench-publish`, or `python -m benchmarks.publish --runs 100`. The values are made up, the records
have the shape of real ones: 8 variants in 2 states and 3 rounds, each trial with 12 steps and what they used, each
variant with 9 layers and a Dockerfile of 40 lines. Each time is that of the whole command in a process of its own, the
index of the runs included. Prints each beside its bound, and exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bench.model.run import Source
from bench.model.scenario import State
from bench.ports import process
from bench.ports.clock import SystemClock
from bench.ports.run_folder import RUN_FILE, TRIALS_FILE, RunFolder
from bench.pure.records import encode_run, encode_trial
from bench.report.html.page import RunParts
from tests.builders import make_engine
from tests.pages import large

CLOCK = SystemClock()
RUNS = 500
START = datetime(2026, 1, 1, tzinfo=UTC)
NOISE, STEP = 0.03, 1.2
WHOLE_BOUND_S, MORE_BOUND_S = 60.0, 5.0
_SCENARIOS = ("quick", "python-web")


def make_run(results: Path, like: RunParts, number: int, n_runs: int) -> Path:
    """Write one run folder: a step after a third of the runs, another Docker after two thirds."""
    scatter = random.Random(number)  # noqa: S311 - values of a benchmark
    begun, scenario = START + timedelta(hours=6 * number), _SCENARIOS[number % len(_SCENARIOS)]
    commit = hashlib.sha256(str(number).encode()).hexdigest()[:40]
    run = msgspec.structs.replace(
        like.run,
        id=f"{begun:%Y%m%d-%H%M%S}-{scenario}",
        created_at=begun,
        plan=msgspec.structs.replace(like.run.plan, scenario=scenario),
        engine=make_engine(server_version="28.5.2" if number < n_runs * 2 // 3 else "29.0.1"),
        git=Source(commit=commit, branch="main", dirty=False, committed_at=begun, subject=f"Change {number}"),
    )
    level = STEP if number > n_runs // 3 else 1.0
    folder = RunFolder(results / run.id)
    folder.path.mkdir(parents=True)
    (folder.path / RUN_FILE).write_bytes(encode_run(run))
    with (folder.path / TRIALS_FILE).open("wb") as file:
        for trial in like.trials:
            wall_s = (trial.wall_s or 1.0) * level * (1 + scatter.gauss(0, NOISE))
            file.write(encode_trial(msgspec.structs.replace(trial, wall_s=wall_s)))
    for variant, text in like.dockerfiles.items():
        folder.dockerfile(variant).parent.mkdir(parents=True)
        folder.dockerfile(variant).write_text(text)
    return folder.path


def publish(results: Path, site: Path) -> tuple[float, str]:
    """The seconds that the command takes, and what it says."""
    command = [sys.executable, "-c", "from bench.cli.main import main; main()"]
    begun = CLOCK.monotonic_s()
    done = process.run([*command, "publish", str(site), "--results", str(results)])
    return CLOCK.monotonic_s() - begun, done.stdout.decode().strip().partition(": ")[2]


def main() -> int:
    """Make the runs, publish them, make one more, publish again, and once more with nothing new."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--keep", metavar="DIR", type=Path, help="make runs and site there, and leave them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="buildmark-publish-") as temporary:
        folder = given.keep or Path(temporary)
        results, site = folder / "results", folder / "site"
        like = large(8, (State.COLD, State.WARM), 3)
        made = [make_run(results, like, number, given.runs) for number in range(given.runs)]
        size = sum(path.stat().st_size for path in made[-1].iterdir() if path.is_file())
        print(f"{given.runs:,} runs of {len(like.trials)} trials, records of {size / 1e3:.0f} kB each")
        whole_s, said = publish(results, site)
        print(f"  whole: {said}")
        make_run(results, like, given.runs, given.runs)
        more_s, said = publish(results, site)
        print(f"  one more run: {said}")
        none_s, said = publish(results, site)
        print(f"  nothing new: {said}")
    missed = 0
    bounds = (("the whole site", whole_s, WHOLE_BOUND_S), ("one more run", more_s, MORE_BOUND_S))
    for what, seconds, bound in (*bounds, ("nothing new", none_s, MORE_BOUND_S)):
        print(f"  {what:24} {seconds:7.2f} s  bound {bound:g} s  {'ok' if seconds < bound else 'MISSED'}")
        missed += seconds >= bound
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
