"""Adaptive rounds: after each round, which rows are settled, and beforehand, what the rounds can show.

Pure: the same records give the same answer, however often it is asked, so that a run can be resumed. Neighbours:
`bench.pure.repeated_looks` compares rows with their references after every round, `bench.app` asks after a round.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

from bench.model.rules import Decide, Precision, Rule
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.model.verdict import Verdict
from bench.pure.repeated_looks import Looks, Place, Walls, judged_pairs, walls_of
from bench.pure.statistics import median_estimate, rounds_needed, smallest_difference
from bench.pure.verdicts import DEFAULT_LEVEL

COLD_SPREAD, WARM_SPREAD = 0.08, 0.15
"""Standard deviations of paired log-ratios that are typical of a shared machine with two cores."""
TYPICAL_SPREAD: Mapping[State, float] = {State.COLD: COLD_SPREAD, State.WARM: WARM_SPREAD}
_MEDIAN_OVER_MEAN = math.sqrt(math.pi / 2)


def settled_rows(
    run: Run, trials: Iterable[Trial], rule: Rule, *, min_rounds: int, max_rounds: int
) -> frozenset[Place]:
    """The rows that need no more rounds. The reference of a comparison is needed as long as the comparison is open.

    Only trials that count are looked at, and never before `min_rounds` of them. A row of which as many were recorded
    and none counts is settled too, and whatever is compared with it: more rounds would not mend it. Raises ValueError
    when the rounds are not 1 ≤ min_rounds ≤ max_rounds.
    """
    if not 1 <= min_rounds <= max_rounds:
        raise ValueError(f"{min_rounds} to {max_rounds} rounds are none")
    recorded, looks = tuple(trials), Looks(first=min_rounds, last=max_rounds)
    walls = walls_of(recorded)
    rows = [(variant.id, state) for variant in run.plan.variants for state in run.plan.states]
    hopeless = _hopeless(recorded, walls, min_rounds)
    match rule:
        case None:
            return frozenset()
        case Precision():
            return frozenset(row for row in rows if row in hopeless or _is_precise(walls.get(row, {}), rule, looks))
        case Decide():
            return _settled_by_verdict(run, walls, rule, looks, hopeless)


def outlook(rule: Rule, rounds: int, spread: Mapping[State, float] = TYPICAL_SPREAD) -> str:
    """What so many rounds can show, in words for the plan; `spread` is that of paired log-ratios, by state."""
    level = DEFAULT_LEVEL
    if isinstance(rule, Decide):
        level = Looks(first=1, last=rounds).levels(DEFAULT_LEVEL)[rounds]
    said = [_shown(rounds, spread, level)]
    match rule:
        case None:
            pass
        case Decide():
            needed = {state: rounds_needed(rule.margin, value, level=level) for state, value in spread.items()}
            said.append(f"to decide {rule.margin:.1%} takes {_by_state(needed)}")
        case Precision():
            needed = {state: _rounds_for_median(rule.share, value, rounds) for state, value in spread.items()}
            said.append(f"a median to within {rule.share:.1%} takes {_by_state(needed)}")
    typical = ", ".join(f"{value:.0%} {state}" for state, value in spread.items())
    return f"{'; '.join(said)}, if pairs spread by {typical}"


def _shown(rounds: int, spread: Mapping[State, float], level: float) -> str:
    shown = {state: smallest_difference(rounds, value, level=level) for state, value in spread.items()}
    told = ", ".join(f"{share:.1%} {state}" for state, share in shown.items() if share is not None)
    if not told:
        few = "1 round is" if rounds == 1 else f"{rounds} rounds are"
        return f"{few} too few to tell any two variants apart"
    return f"{rounds} rounds show a difference of {told} in 95 of 100 campaigns"


def _by_state(rounds: Mapping[State, int]) -> str:
    return "about " + ", ".join(f"{count:,} rounds {state}" for state, count in rounds.items())


def _rounds_for_median(share: float, spread: float, rounds: int) -> int:
    """A median's standard error is 1.25 s/√n under normal noise, and one side's s is that of pairs over √2."""
    level = Looks(first=1, last=rounds).levels(DEFAULT_LEVEL)[rounds]
    error = _MEDIAN_OVER_MEAN * spread / math.sqrt(2)
    return math.ceil((NormalDist().inv_cdf(1 - level / 2) * error / share) ** 2)


def _hopeless(trials: Sequence[Trial], walls: Walls, min_rounds: int) -> frozenset[Place]:
    recorded: defaultdict[Place, int] = defaultdict(int)
    for trial in trials:
        recorded[trial.variant, trial.state] += 1
    return frozenset(row for row, count in recorded.items() if count >= min_rounds and not walls.get(row))


def _is_precise(walls: Mapping[int, float], rule: Precision, looks: Looks) -> bool:
    samples = [walls[round_] for round_ in sorted(walls)]
    for rounds, level in looks.levels(DEFAULT_LEVEL).items():
        if rounds > len(samples):
            break
        told = median_estimate(samples[:rounds], coverage=1 - level)
        if told.coverage >= 1 - level and (told.high - told.low) / 2 <= rule.share * told.median:
            return True
    return False


def _settled_by_verdict(
    run: Run, walls: Walls, rule: Decide, looks: Looks, hopeless: frozenset[Place]
) -> frozenset[Place]:
    """Rows of closed comparisons, and rows that are compared with nothing, after the fewest rounds."""
    judged = [told for told in judged_pairs(run, walls, rule, looks) if not {told.row, told.reference} & hopeless]
    open_ = {told.row: told.reference for told in judged if told.verdict is Verdict.UNDECIDED}
    rows = {(variant.id, state) for variant in run.plan.variants for state in run.plan.states}
    compared = {row for told in judged for row in (told.row, told.reference)}
    young = {row for row in rows - compared - hopeless if len(walls.get(row, ())) < looks.first}
    return frozenset(rows - open_.keys() - set(open_.values()) - young)
