"""Comparing rows with their references after every round: which verdict holds although one looked before.

Neighbours: `bench.pure.statistics` has the levels of the looks, `bench.pure.verdicts` the verdict, and
`bench.pure.adaptive` stops rows by what comes out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bench.model.rules import Decide
from bench.model.run import Run
from bench.model.scenario import REVISION_AXIS, State
from bench.model.trial import Trial
from bench.model.verdict import Verdict
from bench.pure.metrics import counts
from bench.pure.statistics import Estimate, nominal_levels, paired_ratio
from bench.pure.verdicts import DEFAULT_LEVEL, judge

_MOST_LOOKS = 100
_FOR_RANKS = 0.9
"""Of the level, the rest is a reserve: the levels are made for sums of normal steps, and rank sums only nearly walk so.
Without it, 25 to 55 looks raise alarms in 5.0 % of campaigns, with it in 4.5 % (60,000 simulated campaigns each)."""

Place = tuple[str, State]
"""A row: a variant's id and a state."""
Walls = Mapping[Place, Mapping[int, float]]
"""Wall times in seconds by row and round, of the trials that count."""
Pairs = Mapping[tuple[Place, Place], tuple[float, ...]]
"""Paired log-ratios in the order of their rounds, by row and reference."""


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """After which rounds one looks: from `first` to `last`, the longest that the campaign may be.

    After each of them, or after every k-th where there would be more than 100 looks: more decide no sooner, and their
    levels take seconds to work out.
    """

    first: int
    last: int

    def levels(self, level: float) -> Mapping[int, float]:
        """The level of the test by the rounds of each look, so that all looks together have `level`."""
        apart = math.ceil((self.last - self.first) / _MOST_LOOKS) or 1
        looks = sorted({*range(self.first, self.last, apart), self.last})
        levels = nominal_levels(looks, self.last, level=_FOR_RANKS * level)
        return dict(zip(looks, levels, strict=True))


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One row against its reference of the same state: what is known so far.

    `estimate` is that of the look that decided, or else of the last one; its `coverage` is that of a repeated
    confidence interval, so that it holds although one looked before. None before the first look. `rounds` are the
    pairs that it rests on.
    """

    row: Place
    reference: Place
    verdict: Verdict
    estimate: Estimate | None
    rounds: int


def comparisons(
    run: Run, trials: Iterable[Trial], rule: Decide, *, min_rounds: int, max_rounds: int
) -> tuple[Comparison, ...]:
    """Every row that has a reference, judged at the level that is its due after so many looks and in such a table.

    Looks are the rounds from `min_rounds` on in which both sides count; the first that decides is the one that counts.
    The table shares its 5 %: a row's level is that over the number of rows not yet found different (Holm's step-down,
    look for look: Maurer and Bretz, Statistics in Biopharmaceutical Research 5 (2013), 311-320), so one that is found
    different can settle others. Finding rows the same frees nothing.
    """
    return judged_pairs(run, walls_of(trials), rule, Looks(first=min_rounds, last=max_rounds))


def walls_of(trials: Iterable[Trial]) -> Walls:
    """The wall times of the trials that count."""
    walls: defaultdict[Place, dict[int, float]] = defaultdict(dict)
    for trial in trials:
        if counts(trial) and trial.wall_s:
            walls[trial.variant, trial.state][trial.round] = trial.wall_s
    return walls


def _pairs(run: Run, walls: Walls) -> Pairs:
    pairs = {}
    for variant, reference in references_of(run):
        for state in run.plan.states:
            ours, theirs = walls.get((variant, state), {}), walls.get((reference, state), {})
            logs = tuple(math.log(ours[round_] / theirs[round_]) for round_ in sorted(ours.keys() & theirs.keys()))
            pairs[(variant, state), (reference, state)] = logs
    return pairs


def references_of(run: Run) -> Iterator[tuple[str, str]]:
    """The pairs of variants on which a run decides: each and its twin at the first revision, or else the first one."""
    variants, revisions = run.plan.variants, run.axes.get(REVISION_AXIS, ())
    if not revisions:
        yield from ((variant.id, variants[0].id) for variant in variants[1:])
        return
    ids = {_key(variant.levels): variant.id for variant in variants}
    for variant in variants:
        twin = ids.get(_key({**variant.levels, REVISION_AXIS: revisions[0]}))
        if twin is not None and twin != variant.id:
            yield variant.id, twin


def _key(levels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(levels.items())


def judged_pairs(run: Run, walls: Walls, rule: Decide, looks: Looks) -> tuple[Comparison, ...]:
    """`comparisons`, of what was read from the trials."""
    return judged_logs(_pairs(run, walls), rule, looks)


def judged_logs(pairs: Pairs, rule: Decide, looks: Looks) -> tuple[Comparison, ...]:
    """A table of pairs, each judged look for look. A row that is found different gives its part to the others.

    It holds for pairs that nobody decided on, too: whatever ended a row's rounds, it was after one of the looks, and
    the intervals of all of them hold at once.
    """
    different: frozenset[Place] = frozenset()
    while True:
        levels = looks.levels(DEFAULT_LEVEL / max(1, len(pairs) - len(different)))
        told = tuple(_first_decided(row, reference, logs, rule, levels) for (row, reference), logs in pairs.items())
        found = frozenset(one.row for one in told if one.verdict in {Verdict.FASTER, Verdict.SLOWER})
        if found <= different:
            return told
        different |= found


def _first_decided(
    row: Place, reference: Place, logs: Sequence[float], rule: Decide, levels: Mapping[int, float]
) -> Comparison:
    verdict, estimate = Verdict.UNDECIDED, None
    for rounds, level in levels.items():
        if rounds > len(logs) or verdict is not Verdict.UNDECIDED:
            break
        estimate = paired_ratio(logs[:rounds], coverage=1 - level)
        verdict = judge(estimate, margin=rule.margin, level=level)
    rounds = estimate.n if estimate else len(logs)
    return Comparison(row=row, reference=reference, verdict=verdict, estimate=estimate, rounds=rounds)
