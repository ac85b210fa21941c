"""Does `find_changes` find the steps that were planted? Beside apache-otava and asv's steps, on the same series.

Run it with `python -m benchmarks.verdicts.change_points [SERIES [SEED]]`. The rivals are installed with pip, each into
an environment of its own in the user's cache folder. What is planted, and what counts as found: `change_point_series`.

Ours runs with its defaults, which were chosen on the seeds 101 to 109; the reported series come from another. The
rivals run with their defaults, and with the best setting of a small grid, which is the one that does best on the very
series that are reported: that favours them, on purpose.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from tabulate import tabulate

from bench.errors import BuildmarkError
from bench.ports.process import run
from bench.pure.change_points import find_changes
from benchmarks.verdicts.change_point_series import KINDS, LENGTH, Found, Planted, matched, planted, score
from benchmarks.verdicts.environments import environment

SERIES, SEED = 1000, 2012
GROWN, PATIENCE = 60, 60
RIVALS = ("otava", "asv")
GRIDS: dict[str, list[dict[str, Any]]] = {
    "otava": [
        {"window_len": window, "max_pvalue": p_value, "min_magnitude": magnitude}
        for window in (30, 50, 100, 200)
        for p_value in (1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
        for magnitude in (0.0, 0.03)
    ],
    "asv": [
        {"beta": beta, **threshold}
        for beta in (1, 1.5, 2, 2.5, 3, 4, 6)
        for threshold in ({}, {"threshold": 0}, {"threshold": 0.03}, {"threshold": 0.05})
    ],
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one detector with one setting found in each series, and the CPU time that it took for all.

    CPU time and not wall time, because others may use the machine.
    """

    name: str
    setting: dict[str, Any]
    found: Found
    cpu_s: float


def ours(series: Sequence[Sequence[float]]) -> Answer:
    """Buildmark's own, with its defaults."""
    find_changes(series[0])
    began = time.process_time()
    found = [[change.index for change in find_changes(values)] for values in series]
    return Answer(name="buildmark", setting={}, found=found, cpu_s=time.process_time() - began)


class Rival(msgspec.Struct, frozen=True, kw_only=True):
    """A detector in an environment of its own."""

    name: str
    python: Path

    def answers(self, settings: list[dict[str, Any]], series: Sequence[Sequence[float]]) -> list[Answer]:
        """What it finds with each setting."""
        script = Path(__file__).with_name("change_point_rivals.py")
        with tempfile.TemporaryDirectory(prefix="buildmark-change-points-") as folder:
            task = Path(folder, "task.json")
            task.write_text(json.dumps({"settings": settings, "series": [list(values) for values in series]}))
            done = run([str(self.python), "-I", str(script), self.name, str(task)])
        return [
            Answer(name=self.name, setting=setting, found=answer["found"], cpu_s=answer["cpu_s"])
            for setting, answer in zip(settings, json.loads(done.stdout), strict=True)
        ]


def rivals() -> tuple[list[Rival], list[str]]:
    """Those that are installed or could be, and why the others could not."""
    there, missing = [], []
    for name in RIVALS:
        try:
            there.append(Rival(name=name, python=environment(name)))
        except BuildmarkError as error:
            missing.append(f"{name} is missing from this table, it could not be installed: {error}")
    return there, missing


def grown(series: Sequence[Planted]) -> tuple[list[Planted], list[tuple[float, ...]]]:
    """The first series with one step and enough after it, and each as it was 1, 2, … values after its step."""
    some = [one for one in series if len(one.places) == 1 and one.places[0] + PATIENCE <= LENGTH][:GROWN]
    return some, [one.values[: one.places[0] + more] for one in some for more in range(1, PATIENCE + 1)]


def delays(some: Sequence[Planted], found: Found) -> list[float]:
    """How many values after its step each detector first reports it and never takes it back; infinite when not."""
    return [_delay(one.places, found[at * PATIENCE : (at + 1) * PATIENCE]) for at, one in enumerate(some)]


def _delay(places: Sequence[int], by_length: Found) -> float:
    missed = [more for more, indices in enumerate(by_length, start=1) if not matched(indices, places)]
    return 1.0 if not missed else math.inf if missed[-1] == PATIENCE else missed[-1] + 1.0


def row(series: Sequence[Planted], answer: Answer, waited: Sequence[float]) -> list[str]:
    """One line of the table."""
    total = score(series, answer.found)
    told = [delay for delay in waited if math.isfinite(delay)]
    by_kind = [
        score(
            [one for one in series if one.kind == kind],
            [indices for one, indices in zip(series, answer.found, strict=True) if one.kind == kind],
        )
        for kind in KINDS
    ]
    return [
        f"{answer.name} {_worded(answer.setting)}",
        *(f"{value:.3f}" for value in (total.f1, total.precision, total.recall)),
        f"{100 * total.alarms / max(total.quiet, 1):.1f} %",
        f"{statistics.median(waited):.0f}" if waited else "",
        f"{100 * len(told) / max(len(waited), 1):.0f} %",
        f"{1000 * answer.cpu_s / len(series):.2f}",
        *(f"{one.f1:.3f}" for one in by_kind),
    ]


def _worded(setting: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in setting.items()) or "(defaults)"


def main(count: int, seed: int) -> None:
    """Plant, ask everybody, print."""
    series = planted(count, seed)
    values = [one.values for one in series]
    some, growing = grown(series)
    rows = [row(series, ours(values), delays(some, ours(growing).found))]
    there, missing = rivals()
    for rival in there:
        default, *others = rival.answers([{}, *GRIDS[rival.name]], values)
        best = max(others, key=lambda answer: score(series, answer.found).f1)
        grew = rival.answers([default.setting, best.setting], growing)
        rows += [row(series, one, delays(some, two.found)) for one, two in zip((default, best), grew, strict=True)]
    print(
        f"{count} series of {LENGTH} values, seed {seed}, {sum(len(one.places) for one in series)} steps.\n"
        f"alarms: step-free series in which something was found. delay: values after the step until it is told and "
        f"kept, the median over {len(some)} growing series with one step; told: within {PATIENCE}. "
        f"Then F1 by kind of noise.\n"
    )
    headers = ["detector", "F1", "precision", "recall", "alarms", "delay", "told", "CPU ms a series", *KINDS]
    print(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True))
    print("\n".join(["", *missing]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", nargs="?", type=int, default=SERIES, help="how many series")
    parser.add_argument("seed", nargs="?", type=int, default=SEED, help="what they are drawn from")
    asked = parser.parse_args()
    main(asked.series, asked.seed)
