"""What each level of an axis does, against the axis's first level: paired ratios, averaged over rounds.

Neighbours: `bench.pure.summary` puts them beside the rows, `bench.pure.statistics` has the formula.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from bench.model.run import Run
from bench.model.scenario import State, Variant
from bench.model.summary import AxisEffect
from bench.model.trial import Trial
from bench.pure.metrics import IMAGE_SIZE, WALL, counts, metric_values
from bench.pure.statistics import geometric_mean_ratio

EFFECT_METRICS = (WALL, IMAGE_SIZE)

Place = tuple[int, str, State]
"""A round, a variant's id and a state: where one trial stands."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded trials by place: `values` has the metrics of those that count, `seen` every place with a record."""

    values: Mapping[Place, Mapping[str, float]]
    seen: frozenset[Place]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: what one level of an axis does to one metric in one state, against the axis's `reference`."""

    axis: str
    level: str
    reference: str
    state: State
    metric: str


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """The logarithms of the ratios of one level to its reference by round, and how many pairs had to be left out."""

    by_round: Mapping[int, tuple[float, ...]]
    left_out: int


def measure(trials: tuple[Trial, ...]) -> Measured:
    """Index trials for pairing."""
    values = {
        (trial.round, trial.variant, trial.state): {
            name: reading.value for name, reading in metric_values(trial).items() if name in EFFECT_METRICS
        }
        for trial in trials
        if counts(trial)
    }
    return Measured(values=values, seen=frozenset((trial.round, trial.variant, trial.state) for trial in trials))


def axis_effects(run: Run, measured: Measured) -> tuple[AxisEffect, ...]:
    """One effect for each level that is not its axis's reference, each state, and time and size, where it has pairs.

    The reference is always the axis's first level. Where that one has no valid trial there is no effect: taking
    another in its place would change what the numbers mean without a word (`references_missing` tells which).
    """
    questions = (
        Question(axis=axis, level=level, reference=levels[0], state=state, metric=metric)
        for axis, levels in run.axes.items()
        for level in levels[1:]
        for state in run.plan.states
        for metric in EFFECT_METRICS
    )
    effects = (_effect(run, measured, question) for question in questions)
    return tuple(effect for effect in effects if effect is not None)


def references_missing(run: Run, measured: Measured) -> tuple[tuple[str, str], ...]:
    """The axes (with their first level) that cannot be judged: another level has valid trials, the first has none."""
    valid = {variant for _, variant, _ in measured.values}
    missing = []
    for axis, levels in run.axes.items():
        having = {variant.levels.get(axis) for variant in run.plan.variants if variant.id in valid}
        if levels[0] not in having and having & set(levels[1:]):
            missing.append((axis, levels[0]))
    return tuple(missing)


def _effect(run: Run, measured: Measured, question: Question) -> AxisEffect | None:
    """The answer to one question, or None without a single pair.

    The pairs of one round are averaged first, and the rounds are the samples: pairs of a round share its drift and
    partly each other's trials, so to count them as independent would make the interval too narrow. The interval
    therefore says how well these rounds tell the average over the other axes, not how much that varies among them.
    """
    pairs = _pairs(run, measured, question)
    if not pairs.by_round:
        return None
    estimate = geometric_mean_ratio([statistics.fmean(logs) for logs in pairs.by_round.values()])
    return AxisEffect(
        axis=question.axis,
        level=question.level,
        reference=question.reference,
        state=question.state,
        metric=question.metric,
        ratio=estimate.ratio,
        low=estimate.low,
        high=estimate.high,
        n_rounds=estimate.n,
        n_pairs=sum(map(len, pairs.by_round.values())),
        n_left_out=pairs.left_out,
    )


def _pairs(run: Run, measured: Measured, question: Question) -> Pairs:
    by_round: defaultdict[int, list[float]] = defaultdict(list)
    left_out = 0
    twins = tuple(_twins(run.plan.variants, question))
    for round_ in range(1, run.plan.rounds + 1):
        for pair in twins:
            places = tuple((round_, variant, question.state) for variant in pair)
            ours, theirs = (measured.values.get(place, {}).get(question.metric, 0.0) for place in places)
            if ours > 0 and theirs > 0:
                by_round[round_].append(math.log(ours / theirs))
            elif any(place in measured.seen for place in places):
                left_out += 1
    return Pairs(by_round={round_: tuple(logs) for round_, logs in by_round.items()}, left_out=left_out)


def _twins(variants: tuple[Variant, ...], question: Question) -> Iterator[tuple[str, str]]:
    """The planned variants of the level, each with the one that differs from it only in having the reference."""
    ids = {frozenset(variant.levels.items()): variant.id for variant in variants}
    for variant in variants:
        if variant.levels.get(question.axis) == question.level:
            twin = ids.get(frozenset({**variant.levels, question.axis: question.reference}.items()))
            if twin is not None:
                yield variant.id, twin
