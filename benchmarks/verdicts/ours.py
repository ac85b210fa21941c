"""Buildmark's own rules, as the commands use them: the product's functions, one campaign after the other."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from unittest import mock

import msgspec
import numpy as np

from bench.model.plan import Adaptive
from bench.model.rules import Decide
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.model.verdict import Verdict
from bench.pure import repeated_looks
from bench.pure.comparison import compare_axis
from bench.pure.repeated_looks import comparisons
from bench.pure.schedule import due_trials
from bench.pure.sides import Question, Side
from bench.pure.statistics import Estimate, grouped_ratio, paired_ratio
from bench.pure.verdicts import DEFAULT_MARGIN, judge
from benchmarks.verdicts.noise import Floats, Kind, blocks, interleaved
from tests.builders import make_plan, make_run, make_trials

AXES = {"side": ("base", "head")}
FOUR = {"base": ("debian", "alpine"), "shape": ("single", "multi")}
DIFFERENCE = math.log(1.25)
MIN_ROUNDS, MAX_ROUNDS = 6, 30


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule said of many campaigns: a verdict each, and the builds a side that it took."""

    verdicts: tuple[Verdict, ...]
    builds: tuple[int, ...]

    def alarms(self) -> float:
        """The share of campaigns in which something was said to be different."""
        return sum(verdict in {Verdict.FASTER, Verdict.SLOWER} for verdict in self.verdicts) / len(self.verdicts)

    def share(self, verdict: Verdict) -> float:
        """The share of campaigns with this verdict."""
        return self.verdicts.count(verdict) / len(self.verdicts)


def compare(draws: np.random.Generator, kind: Kind, campaigns: int, *, builds: int, effect: float = 1.0) -> Told:
    """One interleaved campaign, compared in pairs."""
    base, head = interleaved(draws, kind(draws, campaigns, 2 * builds))
    logs = head + math.log(effect) - base
    return _judged(logs, lambda number: paired_ratio(logs[number].tolist()))


def compare_campaigns(
    draws: np.random.Generator, kind: Kind, campaigns: int, *, builds: int, effect: float = 1.0
) -> Told:
    """Two campaigns, the one after the other, compared in groups of rounds."""
    base, head = blocks(kind(draws, campaigns, 2 * builds))
    head = head + math.log(effect)
    return _judged(base, lambda number: grouped_ratio(base[number].tolist(), head[number].tolist()))


def decide(
    draws: np.random.Generator,
    kind: Kind,
    campaigns: int,
    *,
    margin: float,
    most: int = MAX_ROUNDS,
    effect: float = 1.0,
) -> Told:
    """One interleaved campaign that is looked at after every round, until it is decided or has its last round."""
    base, head = interleaved(draws, kind(draws, campaigns, 2 * most))
    logs = head + math.log(effect) - base
    told = [_decided(row, margin=margin, most=most) for row in logs]
    return Told(verdicts=tuple(verdict for verdict, _ in told), builds=tuple(builds for _, builds in told))


def gate(
    draws: np.random.Generator,
    kind: Kind,
    campaigns: int,
    *,
    margin: float,
    most: int = MAX_ROUNDS,
    effect: float = 1.0,
) -> Told:
    """An adaptive campaign, and where it says slower another one: only what both say is an alarm."""
    told = decide(draws, kind, campaigns, margin=margin, most=most, effect=effect)
    suspects = [number for number, verdict in enumerate(told.verdicts) if verdict is Verdict.SLOWER]
    again = decide(draws, kind, len(suspects), margin=margin, most=most, effect=effect)
    verdicts, builds = list(told.verdicts), list(told.builds)
    for number, verdict, more in zip(suspects, again.verdicts, again.builds, strict=True):
        verdicts[number] = Verdict.SLOWER if verdict is Verdict.SLOWER else Verdict.UNDECIDED
        builds[number] += more
    return Told(verdicts=tuple(verdicts), builds=tuple(builds))


def axis_of_a_decided_run(
    draws: np.random.Generator, kind: Kind, campaigns: int, *, margin: float, most: int = MAX_ROUNDS
) -> Told:
    """A run of four variants that ends when each is decided against the first; then the second axis is compared.

    The first axis makes a difference, so that half of the variants end early, the lucky ones first; the second makes
    none. Of its two pairs the run decided on one. A verdict is that of the whole table: an alarm, if one of them is
    one. The builds are those of the variant that has the fewest.
    """
    verdicts, builds = [], []
    with mock.patch.object(repeated_looks, "paired_ratio", functools.lru_cache(4096)(paired_ratio)):
        for side in decided_runs(draws, kind, campaigns, margin=margin, most=most):
            told = {row.verdict for row in compare_axis(side, "shape", Question(margin=margin)).rows}
            alarms = told & {Verdict.FASTER, Verdict.SLOWER}
            verdicts.append(Verdict.SLOWER if alarms else Verdict.UNDECIDED)
            builds.append(min(Counter(trial.variant for trial in side.trials).values()))
    return Told(verdicts=tuple(verdicts), builds=tuple(builds))


def decided_runs(
    draws: np.random.Generator, kind: Kind, campaigns: int, *, margin: float, most: int = MAX_ROUNDS
) -> Iterator[Side]:
    """Runs as the schedule runs them, round by round, of what is not settled; one level of the first axis is slower."""
    plan = make_plan(FOUR, rounds=most, states=(State.COLD,))
    run = make_run(plan, axes=FOUR, adaptive=Adaptive(min_rounds=MIN_ROUNDS, decide=margin))
    unmeasured = {trial.number: trial for trial in make_trials(plan)}
    slower = np.array([DIFFERENCE if variant.levels["base"] == FOUR["base"][1] else 0.0 for variant in plan.variants])
    each = len(plan.variants)
    for logs in draws.permuted(kind(draws, campaigns, each * most).reshape(campaigns, most, each), axis=2):
        walls = dict(enumerate(np.exp(logs + slower).ravel().tolist(), start=1))
        recorded: list[Trial] = []
        while due := due_trials(run, recorded):
            recorded += [msgspec.structs.replace(unmeasured[one.number], wall_s=walls[one.number]) for one in due]
        yield Side(label=run.id, run=run, trials=tuple(recorded))


def _judged(logs: Floats, estimate: Callable[[int], Estimate]) -> Told:
    verdicts = tuple(judge(estimate(number), margin=DEFAULT_MARGIN) for number in range(len(logs)))
    return Told(verdicts=verdicts, builds=(logs.shape[1],) * len(logs))


def _decided(logs: Floats, *, margin: float, most: int) -> tuple[Verdict, int]:
    run, trials = _campaign(most)
    walls = [wall_s for log in logs.tolist() for wall_s in (1.0, math.exp(log))]
    measured = [msgspec.structs.replace(trial, wall_s=wall_s) for trial, wall_s in zip(trials, walls, strict=True)]
    (told,) = comparisons(run, measured, Decide(margin=margin), min_rounds=MIN_ROUNDS, max_rounds=most)
    return told.verdict, told.rounds


@functools.cache
def _campaign(rounds: int) -> tuple[Run, tuple[Trial, ...]]:
    """A campaign of base and head, in this order in each round's records, with wall times still to be filled in."""
    plan = make_plan(AXES, rounds=rounds, states=(State.COLD,))
    return make_run(plan, axes=AXES), make_trials(plan)
