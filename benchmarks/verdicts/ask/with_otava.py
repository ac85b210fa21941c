"""Apache Otava's change points of a series, base and then head, one point a build. Runs in Otava's environment.

With the options that Otava has by itself: a window of 50 points and p at most 0.001. Any change point is an alarm.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from otava.analysis import compute_change_points  # type: ignore[import-not-found] # in its own environment
from otava.series import AnalysisOptions  # type: ignore[import-not-found] # in its own environment

question = json.loads(Path(sys.argv[1]).read_text())
options = AnalysisOptions()
alarms = []
for base, head in zip(question["base"], question["head"], strict=True):
    found, _ = compute_change_points(
        base + head,
        window_len=options.window_len,
        max_pvalue=options.max_pvalue,
        min_magnitude=options.min_magnitude,
    )
    alarms.append(bool(found))
print(json.dumps({"version": version("apache-otava"), "alarms": alarms}))
