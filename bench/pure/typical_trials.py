"""The trials in the middle of two sides: what a mean can be taken over without the say of a spike.

Neighbour: `bench.pure.blame` divides the difference of their wall times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.model.trial import Trial

Item = TypeVar("Item")
_TWO = 2


def typical_halves(
    base: Sequence[Trial], head: Sequence[Trial], *, paired: bool
) -> tuple[tuple[Trial, ...], tuple[Trial, ...]]:
    """The trials in the middle of each side: without the quarter that took longest and the quarter that was fastest.

    Of pairs, both trials of the rounds whose difference lies in the middle. The mean of what is left is the midmean,
    which has a say for half of the trials and none for spikes (Tukey, Exploratory Data Analysis (1977), section 19).
    """
    if not paired:
        return tuple(_middle(base, _wall_s)), tuple(_middle(head, _wall_s))
    by_round = {trial.round: trial for trial in head}
    pairs = [(trial, by_round[trial.round]) for trial in base if trial.round in by_round]
    chosen = _middle(pairs, lambda pair: _wall_s(pair[1]) - _wall_s(pair[0]))
    return tuple(pair[0] for pair in chosen), tuple(pair[1] for pair in chosen)


def _middle(items: Sequence[Item], key: Callable[[Item], float]) -> list[Item]:
    """The middle half; of three, the one in the middle."""
    count = len(items)
    outside = max(count // 4, 1) if count > _TWO else 0
    return sorted(items, key=key)[outside : count - outside]


def _wall_s(trial: Trial) -> float:
    return trial.wall_s or 0.0
