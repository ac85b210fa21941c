"""asv's own rule, as `asv compare --factor FACTOR` applies it to two results. Runs in asv's environment."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from asv.commands.compare import _is_result_better  # type: ignore[import-not-found] # in its own environment
from asv_runner.statistics import compute_stats  # type: ignore[import-not-found] # in its own environment


def differs(base: list[float], head: list[float], factor: float) -> bool:
    """Whether either side is said to be better."""
    (base_s, base_stats), (head_s, head_stats) = compute_stats(base, 1), compute_stats(head, 1)
    ours, theirs = (base_s, (base_stats, base)), (head_s, (head_stats, head))
    return any(_is_result_better(a, b, a_ss, b_ss, factor) for (a, a_ss), (b, b_ss) in ((ours, theirs), (theirs, ours)))


question = json.loads(Path(sys.argv[1]).read_text())
pairs = zip(question["base"], question["head"], strict=True)
alarms = [differs(base, head, question["factor"]) for base, head in pairs]
print(json.dumps({"version": version("asv"), "alarms": alarms}))
