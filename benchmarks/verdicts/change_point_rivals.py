"""The other change-point detectors, each run in an environment of its own: `python change_point_rivals.py NAME TASK`.

TASK is a JSON file: {"settings": [{…}, …], "series": [[…], …]}. Standard output gets, for each setting, the indices
found in every series and the CPU time that the whole took. Only the standard library and the detector are imported, for
Buildmark is not installed there. Neighbour: `benchmarks.verdicts.change_points` plants the series and prints the table.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Detector = Callable[[list[float]], list[int]]


def otava(setting: dict[str, Any]) -> Detector:
    """The call that `otava analyze` makes (`AnalyzedSeries`), with its options; an empty setting is its defaults."""
    from otava.analysis import compute_change_points  # type: ignore[import-not-found] # noqa: PLC0415 # there only
    from otava.series import AnalysisOptions  # type: ignore[import-not-found] # noqa: PLC0415 # there only

    options = {name: getattr(AnalysisOptions(), name) for name in ("window_len", "max_pvalue", "min_magnitude")}
    options |= setting
    return lambda series: [int(point.index) for point in compute_change_points(list(series), **options)[0]]


def asv(setting: dict[str, Any]) -> Detector:
    """The steps of `detect_steps`, or the same with another penalty `beta` (in ln n / n; asv's own is 4).

    `threshold` keeps those steps, up or down, that `detect_regressions` would count: larger than the threshold and
    than the mean deviation of either side. An empty setting is asv's defaults.
    """
    from asv import step_detect  # type: ignore[import-not-found] # noqa: PLC0415 # there only

    if step_detect._rangemedian is None:  # noqa: SLF001 # its compiled half; without it, its times would be unfair
        sys.exit("asv was installed without its compiled helper")

    def found(series: list[float]) -> list[int]:
        if "beta" in setting:
            n = len(series)
            beta = setting["beta"] * math.log(n) / n
            right, values, deviations, _ = step_detect.solve_potts_autogamma(series, w=[1] * n, beta=beta)
            edges = [0, *right]
            steps = [
                (edges[at], edges[at + 1], values[at], 0.0, deviations[at] / (edges[at + 1] - edges[at]))
                for at in range(len(right))
            ]
        else:
            steps = step_detect.detect_steps(series)
        return [step[0] for before, step in itertools.pairwise(steps) if _counts(before, step, setting)]

    return found


def _counts(before: Any, step: Any, setting: dict[str, Any]) -> bool:
    if "threshold" not in setting:
        return True
    return bool(abs(step[2] - before[2]) > max(step[4], before[4], setting["threshold"] * min(step[2], before[2])))


RIVALS = {"otava": otava, "asv": asv}


def main(name: str, task: Path) -> None:
    """Run every setting over every series, and print what was found."""
    asked = json.loads(task.read_text())
    answers = []
    for setting in asked["settings"]:
        find = RIVALS[name](setting)
        find(asked["series"][0])
        began = time.process_time()
        found = [find(series) for series in asked["series"]]
        answers.append({"found": found, "cpu_s": time.process_time() - began})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
