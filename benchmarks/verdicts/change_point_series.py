"""Series with planted steps, and how many of those a detector found. Neighbour: `change_points` asks the detectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

LENGTH, MARGIN, TOLERANCE = 200, 15, 5
KINDS = ("white", "autocorrelated", "spikes", "drift", "all of these")
Found = Sequence[Sequence[int]]
"""The indices that were found, by series."""


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """A series of build times, the kind of its noise, and the first values after its steps."""

    kind: str
    values: tuple[float, ...]
    places: tuple[int, ...]


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over many series: steps planted, found, and right; series without steps, and those with an alarm."""

    planted: int
    found: int
    right: int
    quiet: int
    alarms: int

    @property
    def precision(self) -> float:
        """The share of found steps that are right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of planted steps that were found."""
        return self.right / self.planted if self.planted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / max(self.found + self.planted, 1)


def planted(count: int, seed: int) -> tuple[Planted, ...]:
    """`count` series: the five kinds of noise in turn, and of each kind none, one and two steps in turn.

    Logarithms are normal with a standard deviation that is uniform in 3…8 %, by series. `autocorrelated` is AR(1) with
    0.4 and that marginal deviation; `spikes` multiplies each value with probability 5 % by a uniform 1.2…2; `drift`
    adds a straight line that rises or falls by a uniform 1…4 % from end to end; the last kind has all three. A step
    multiplies, or with equal chance divides, all values from a uniform place on by a uniform 1.03…1.2, at least 15
    values from the ends and from the other step.
    """
    generator = np.random.default_rng(seed)
    return tuple(_series(generator, KINDS[at % len(KINDS)], at // len(KINDS) % 3) for at in range(count))


def _series(generator: np.random.Generator, kind: str, steps: int) -> Planted:
    sigma = generator.uniform(0.03, 0.08)
    logs: npt.NDArray[np.float64] = generator.normal(0, sigma, LENGTH)
    if kind in {"autocorrelated", KINDS[-1]}:
        for at in range(1, LENGTH):
            logs[at] = 0.4 * logs[at - 1] + math.sqrt(1 - 0.4**2) * logs[at]
    if kind in {"spikes", KINDS[-1]}:
        logs += (generator.random(LENGTH) < 0.05) * np.log(generator.uniform(1.2, 2, LENGTH))  # noqa: PLR2004 # 5 %
    if kind in {"drift", KINDS[-1]}:
        logs += generator.choice([-1, 1]) * generator.uniform(0.01, 0.04) * np.linspace(-0.5, 0.5, LENGTH)
    places = _places(generator, steps)
    for place in places:
        logs[place:] += generator.choice([-1, 1]) * math.log(generator.uniform(1.03, 1.2))
    return Planted(kind=kind, values=tuple(float(value) for value in np.exp(logs)), places=places)


def _places(generator: np.random.Generator, steps: int) -> tuple[int, ...]:
    while True:
        places = sorted(int(place) for place in generator.integers(MARGIN, LENGTH - MARGIN + 1, steps))
        if steps < 2 or places[1] - places[0] >= MARGIN:  # noqa: PLR2004 # a pair
            return tuple(places)


def matched(found: Iterable[int], places: Iterable[int]) -> int:
    """How many found steps are right: within five values of a planted one, each planted one counted once."""
    left, right = list(places), 0
    for index in found:
        near = [place for place in left if abs(place - index) <= TOLERANCE]
        if near:
            left.remove(min(near, key=lambda place: abs(place - index)))
            right += 1
    return right


def score(series: Sequence[Planted], found: Found) -> Score:
    """Count over all series."""
    quiet = [indices for one, indices in zip(series, found, strict=True) if not one.places]
    return Score(
        planted=sum(len(one.places) for one in series),
        found=sum(map(len, found)),
        right=sum(matched(indices, one.places) for one, indices in zip(series, found, strict=True)),
        quiet=len(quiet),
        alarms=sum(map(bool, quiet)),
    )
