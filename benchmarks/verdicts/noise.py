"""Noise to judge rules by: logarithms of the wall times of identical builds, in the order in which they would run.

Every kind is a function from (random numbers, campaigns, builds) to an array of one row for each campaign. What is
simulated has a typical build-to-build spread of 8 %; what is real comes from `noise.json`, as stretches of consecutive
builds, so that neighbours resemble each other just as they did.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped] # scipy ships no types

from benchmarks.verdicts.record import load_noise

Floats = NDArray[np.float64]
Kind = Callable[[np.random.Generator, int, int], Floats]

SPREAD = 0.08
DRIFT = math.log(1.2)
LAG_1 = 0.4
SPIKES, SMALLEST_SPIKE, LARGEST_SPIKE = 0.05, 1.3, 3.0


def white(draws: np.random.Generator, campaigns: int, builds: int) -> Floats:
    """Independent and normal."""
    return draws.normal(0, SPREAD, (campaigns, builds))


def drifting(draws: np.random.Generator, campaigns: int, builds: int) -> Floats:
    """White, and 20 % slower or faster at the end than at the beginning, in a straight line."""
    way = draws.choice((-1.0, 1.0), (campaigns, 1))
    return white(draws, campaigns, builds) + way * np.linspace(0, DRIFT, builds)


def walking(draws: np.random.Generator, campaigns: int, builds: int) -> Floats:
    """White, on a random walk whose end is typically 20 % away from its beginning."""
    steps = draws.normal(0, DRIFT / math.sqrt(builds), (campaigns, builds))
    return white(draws, campaigns, builds) + np.cumsum(steps, axis=1)


def autocorrelated(draws: np.random.Generator, campaigns: int, builds: int) -> Floats:
    """Each build resembles the one before it: AR(1) of 0.4."""
    steps = draws.normal(0, SPREAD * math.sqrt(1 - LAG_1**2), (campaigns, builds))
    steps[:, 0] /= math.sqrt(1 - LAG_1**2)
    resembling: Floats = lfilter([1.0], [1.0, -LAG_1], steps, axis=1)
    return resembling


def spiky(draws: np.random.Generator, campaigns: int, builds: int) -> Floats:
    """White, and 1 build in 20 takes 1.3 to 3 times as long."""
    hit = draws.random((campaigns, builds)) < SPIKES
    spikes = np.log(draws.uniform(SMALLEST_SPIKE, LARGEST_SPIKE, (campaigns, builds)))
    return white(draws, campaigns, builds) + np.where(hit, spikes, 0.0)


def real(state: str, draws: np.random.Generator, campaigns: int, builds: int) -> Floats:
    """Consecutive builds from a random place of the record; a campaign longer than half of it has several stretches."""
    recorded = recorded_logs(state)
    stretch = min(builds, len(recorded) // 2)
    pieces = math.ceil(builds / stretch)
    starts = draws.integers(0, len(recorded) - stretch + 1, (campaigns, pieces))
    places = (starts[:, :, None] + np.arange(stretch)).reshape(campaigns, -1)[:, :builds]
    taken: Floats = recorded[places]
    return taken


@functools.cache
def recorded_logs(state: str) -> Floats:
    """The logarithms of the recorded wall times of a state."""
    logs: Floats = np.log(np.array(load_noise().wall_s[state]))
    return logs


SIMULATED: dict[str, Kind] = {
    "white": white,
    "drift of 20 %": drifting,
    "random walk": walking,
    "AR(1) 0.4": autocorrelated,
    "5 % spikes": spiky,
}
REAL: dict[str, Kind] = {f"real, {state}": functools.partial(real, state) for state in ("cold", "warm")}
KINDS = SIMULATED | REAL


def interleaved(draws: np.random.Generator, logs: Floats) -> tuple[Floats, Floats]:
    """(base, head) of campaigns in which each round builds both, in a random order: a row each, a column a round."""
    rounds = logs.reshape(len(logs), -1, 2)
    first = draws.integers(0, 2, rounds.shape[:2])[:, :, None]
    base = np.take_along_axis(rounds, first, axis=2)[:, :, 0]
    head = np.take_along_axis(rounds, 1 - first, axis=2)[:, :, 0]
    return base, head


def blocks(logs: Floats) -> tuple[Floats, Floats]:
    """(base, head) of campaigns in which all of the one side are built before all of the other."""
    half = logs.shape[1] // 2
    return logs[:, :half], logs[:, half : 2 * half]
