"""pyperf's own test of two samples, as `pyperf compare_to` applies it. Runs in pyperf's environment."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from pyperf._utils import is_significant  # type: ignore[import-not-found] # in its own environment

question = json.loads(Path(sys.argv[1]).read_text())
alarms = [is_significant(base, head)[0] for base, head in zip(question["base"], question["head"], strict=True)]
print(json.dumps({"version": version("pyperf"), "alarms": alarms}))
