"""What a level of an axis does, in words: its judgement, the change with its interval, why it is undecided.

Neighbours: `bench.pure.effects` has the effects, `answer` puts the words together.
"""

from __future__ import annotations

from bench.model.summary import AxisEffect
from bench.pure.metrics import IMAGE_SIZE, WALL
from bench.pure.statistics import RatioEstimate, rounds_to_decide
from bench.pure.verdicts import DEFAULT_MARGIN
from bench.report.html.model import Judgement
from bench.report.html.texts import short_name
from bench.report.units import DASH, MINUS, count_text, percent_text, ratio_number

LEAST_ROUNDS = 3
"""With fewer, Student's t has one degree of freedom at most, and its interval says nothing."""
_TWICE = 2.0
_TEN_PERCENT = 9.95
_PRACTICAL_ROUNDS = 1000
_WORDS = {WALL: ("faster", "slower"), IMAGE_SIZE: ("smaller", "larger")}


def judge_effect(effect: AxisEffect, margin: float = DEFAULT_MARGIN) -> Judgement:
    """What an effect's interval by itself shows. One within the margin of no change is the same, be 1 in it or not.

    A size is the same in every round, so that its ratio is enough; a time needs an interval from three rounds or more.
    """
    low, high = effect.low, effect.high
    if effect.metric == IMAGE_SIZE and (low is None or high is None):
        low = high = effect.ratio
    if low is None or high is None or (effect.metric == WALL and effect.n_rounds < LEAST_ROUNDS):
        return Judgement.UNDECIDED
    if 1 / (1 + margin) <= low and high <= 1 + margin:
        return Judgement.SAME
    if low <= 1 <= high:
        return Judgement.UNDECIDED
    return Judgement.WORSE if low > 1 else Judgement.BETTER


def effect_text(effect: AxisEffect) -> str:
    """An effect in words: `6.1 % slower (+2.0 % to +9.3 %)`, `73 % smaller`, `undecided (+1.0 % to +12 %)`."""
    better, worse = _WORDS[effect.metric]
    interval = _interval(effect)
    match judge_effect(effect):
        case Judgement.SAME:
            return f"the same within {percent_text(DEFAULT_MARGIN)}{interval}"
        case Judgement.UNDECIDED:
            return f"undecided{interval}"
        case Judgement.BETTER:
            return f"{percent_change(1 - effect.ratio)} {better}{interval}"
        case Judgement.WORSE if effect.ratio >= _TWICE:
            times = ratio_number(effect.ratio)
            return f"{times} times as {'long' if effect.metric == WALL else 'large'}{interval}"
        case Judgement.WORSE:
            return f"{percent_change(effect.ratio - 1)} {worse}{interval}"


def why_undecided(effect: AxisEffect) -> str:
    """Why an effect is undecided, and how many rounds would decide it if they came out as those so far."""
    if effect.n_rounds < LEAST_ROUNDS or effect.low is None or effect.high is None:
        return f"{count_text(effect.n_rounds, 'round')} cannot tell; take 6 or more."
    estimate = RatioEstimate(ratio=effect.ratio, low=effect.low, high=effect.high, n=effect.n_rounds)
    wanted = rounds_to_decide(estimate, DEFAULT_MARGIN)
    reach = f"the 95 % interval reaches from {signed_change(effect.low)} to {signed_change(effect.high)}"
    if wanted is None or wanted > _PRACTICAL_ROUNDS:
        return f"{reach}, and no practical number of rounds would decide it."
    return f"{reach}; about {count_text(wanted, 'round')} in all would decide it."


def instead(effect: AxisEffect) -> str:
    """What is chosen: `alpine-3.23 instead of debian-12`."""
    return f"{short_name(effect.level)} instead of {short_name(effect.reference)}"


def _interval(effect: AxisEffect) -> str:
    if effect.low is None or effect.high is None or effect.n_rounds < LEAST_ROUNDS:
        return f" (in {count_text(effect.n_rounds, 'round')})"
    if effect.high - effect.low < effect.ratio * 1e-6:
        return ""
    if judge_effect(effect) is Judgement.WORSE and effect.ratio >= _TWICE:
        return f" ({ratio_number(effect.low)}{DASH}{ratio_number(effect.high)})"
    return f" ({signed_change(effect.low)} to {signed_change(effect.high)})"


def signed_change(ratio: float) -> str:
    """A ratio as a change with its sign: `+2.0 %`."""
    change = ratio - 1
    return f"{MINUS if change < 0 else '+'}{percent_change(abs(change))}"


def percent_change(share: float) -> str:
    """A change in per cent with two figures; no more of them are ever sure."""
    percent = share * 100
    return f"{percent:.0f} %" if percent >= _TEN_PERCENT else f"{percent:.1f} %"
