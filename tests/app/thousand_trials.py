"""A program: runs a campaign of 1,000 trials on fakes, prints its tables, and says what memory that took at most.

It imports what `buildmark run` imports, so that all of the harness is in the figure.
"""

import re
import sys
from pathlib import Path

from bench.model.scenario import State
from bench.model.trial import Reading, TrialStatus
from bench.ports.meter_parts import METRICS
from bench.ports.run_store import RunStore
from bench.report.summaries import render_summary, write_summaries
from tests.app.rig import AXES, Rig

STATES = (State.COLD, State.WARM)
TRIALS = 1000


def main(folder: Path) -> None:
    """Run it in `folder`; the last line of standard output is the peak of its memory in KiB.

    That is VmHWM of proc(5): what getrusage(2) tells would hold the memory of whoever started the program.
    """
    rounds = TRIALS // (len(AXES["layers"]) * len(STATES))
    rig = Rig(folder, rounds=rounds, states=STATES, id=f"20261123-090000-{folder.name}")
    rig.readings = {metric: Reading(value=1.0, meter="cgroup-v1") for metric in METRICS}
    rig.go()
    recorded = rig.trials()
    if len(recorded) != TRIALS or any(trial.status is not TrialStatus.VALID for trial in recorded):
        raise SystemExit(f"{len(recorded)} trials, not all of them valid")
    print(render_summary(write_summaries(RunStore(folder / "results").open(rig.run.id))))  # noqa: T201
    status = Path("/proc/self/status").read_text()
    print(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
