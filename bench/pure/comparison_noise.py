"""What was recorded beside the builds and tells of their noise: the canary of each round, stolen time, other work.

Between two runs, each sample is divided by its round's canary: what slows all builds of a day slows that too. Within a
run, where a round's canary is the same for both sides, what differs between the two builds of a pair is taken off
(`bench.pure.statistics.control`). Neither changes what is estimated. Neighbour: `bench.pure.comparison_rows`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.model.plan import CANARY
from bench.model.run import Run
from bench.model.trial import Trial, TrialStatus
from bench.pure.metrics import counts
from bench.pure.sides import Side

Logs = Mapping[int, float]
"""Natural logarithms by round."""

STEAL, OTHER_WORK, FREQUENCY = "stolen CPU time", "other work", "the processor's frequency"


def canary_logs(base: Side, head: Side, *, keep_disturbed: bool) -> tuple[Logs, Logs] | None:
    """The canaries of two runs by round; None where one of them has none, or they are not the same build."""
    ours, theirs = (_canaries(side, keep_disturbed=keep_disturbed) for side in (base, head))
    if not ours or not theirs or _identity(base.run, ours) != _identity(head.run, theirs):
        return None
    return _logs(ours), _logs(theirs)


def _canaries(side: Side, *, keep_disturbed: bool) -> list[Trial]:
    return [
        trial
        for trial in side.trials
        if trial.variant == CANARY
        and trial.wall_s
        and (trial.status is TrialStatus.VALID if keep_disturbed else counts(trial))
    ]


def _logs(trials: Sequence[Trial]) -> Logs:
    return {trial.round: math.log(trial.wall_s) for trial in trials if trial.wall_s}


def _identity(run: Run, canaries: Sequence[Trial]) -> tuple[object, ...]:
    """What a canary built, and on what: its steps' texts, and the first variant's base."""
    name = run.plan.variants[0].base
    digest = next((base.digest for base in run.bases if base.name == name), None)
    return (digest, tuple(step.name for step in canaries[0].steps if step.kind.is_eligible))


def covariates(base: Sequence[Trial], head: Sequence[Trial], rounds: Sequence[int]) -> dict[str, list[float]]:
    """How the two builds of each of these rounds differ (head less base) in what the machine did to them.

    Only what is known of every one of them is a covariate.
    """
    ours, theirs = ({trial.round: trial for trial in trials} for trials in (base, head))
    found: dict[str, list[float]] = {}
    for name, read in ((STEAL, _steal), (OTHER_WORK, _other_work), (FREQUENCY, _frequency)):
        pairs = [(read(theirs[number]), read(ours[number])) for number in rounds]
        values = [after - before for after, before in pairs if after is not None and before is not None]
        if rounds and len(values) == len(rounds):
            found[name] = values
    return found


def _steal(trial: Trial) -> float | None:
    host = trial.host
    return None if host is None or host.window_s <= 0 else host.cpu_steal_s / host.window_s


def _other_work(trial: Trial) -> float | None:
    return None if trial.host is None else trial.host.other_cpu_share


def _frequency(trial: Trial) -> float | None:
    """As a logarithm: a time goes with the inverse of a frequency."""
    hertz = None if trial.host is None else trial.host.cpu_frequency_hz
    return math.log(hertz) if hertz else None
