"""The answer of a run in words made from its numbers: what is best, what each choice changes, what is undecided.

Everything is said with its interval. Neighbours: `bench.pure.effects` has the effects, `rows` the tables below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.model.scenario import State
from bench.model.summary import AxisEffect, MetricSummary, Row, Summary
from bench.pure.metrics import IMAGE_SIZE, WALL
from bench.pure.pareto import pareto_front
from bench.pure.statistics import NOMINAL_COVERAGE
from bench.report.charts.tradeoff_points import SIZES, size_metric
from bench.report.html.effect_words import effect_text, instead, judge_effect, why_undecided
from bench.report.html.model import Answer, Best, Change, Choice, Judgement, Phrase, Point
from bench.report.html.texts import short_name, visible
from bench.report.units import (
    bytes_text,
    count_text,
    seconds_range_text,
    seconds_text,
)

_ALIKE = 1.01
_NAMED = 3


def answer_of(summary: Summary, places: Mapping[str, int]) -> Answer:
    """The answer of a run. `places` maps each variant's id to its place on the page."""
    states = [state for state in State if any(row.state is state for row in summary.rows)]
    by_state = {state: _measured(summary.rows, state) for state in states}
    sizes = _sizes(summary.rows)
    bests = [_fastest(state, rows, places) for state, rows in by_state.items() if rows]
    if sizes:
        bests.append(_smallest(sizes, places))
    points, size_kind = _front(next((rows for rows in by_state.values() if rows), []), places)
    return Answer(
        lead=tuple(_lead(summary, by_state, sizes, places)),
        bests=tuple(bests),
        front=points,
        front_size=size_kind,
        choices=_choices(summary.axes),
        undecided=(*_without_numbers(by_state), *_not_told_apart(by_state), *_undecided_effects(summary.axes)),
    )


def _measured(rows: Sequence[Row], state: State) -> list[Row]:
    """The rows of a state that have a time, the fastest first."""
    found = [row for row in rows if row.state is state and WALL in row.metrics]
    return sorted(found, key=lambda row: row.metrics[WALL].median)


def _sizes(rows: Sequence[Row]) -> list[tuple[str, float]]:
    """Each variant with the size of its image, the smallest first; the first state that has one tells it."""
    sizes: dict[str, float] = {}
    for row in rows:
        if IMAGE_SIZE in row.metrics:
            sizes.setdefault(row.variant, row.metrics[IMAGE_SIZE].median)
    return sorted(sizes.items(), key=lambda pair: pair[1])


def _fastest(state: State, rows: Sequence[Row], places: Mapping[str, int]) -> Best:
    best = rows[0]
    wall = best.metrics[WALL]
    within = f" ({seconds_range_text(wall.low, wall.high, like=wall.median)})" if wall.n > 1 else ""
    return Best(
        title=f"Fastest {state}",
        value=seconds_text(wall.median) + within,
        variant=_named(best.variant, places),
        note=_how_sure(rows),
    )


def _how_sure(rows: Sequence[Row]) -> str:
    """What the intervals say of the first row against all others."""
    best = rows[0].metrics[WALL]
    kind = _interval_kind(best)
    others = len(rows) - 1
    if best.n == 1:
        return "1 round: how much it varies is not known"
    near = _overlapping(rows)
    if not others:
        return f"{kind} of {count_text(best.n, 'build')}; no other variant to compare with"
    if not near:
        return (
            f"its {kind} lies below those of all {others} others" if others > 1 else f"its {kind} is below the other's"
        )
    names = ", ".join(short_name(row.variant) for row in near[:_NAMED])
    more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
    return f"not told apart from {names}{more}: the {kind}s overlap"


def _interval_kind(metric: MetricSummary) -> str:
    return "95 % interval" if metric.coverage >= NOMINAL_COVERAGE else "range"


def _overlapping(rows: Sequence[Row]) -> list[Row]:
    best = rows[0].metrics[WALL]
    return [row for row in rows[1:] if row.metrics[WALL].low <= best.high]


def _smallest(sizes: Sequence[tuple[str, float]], places: Mapping[str, int]) -> Best:
    name, size = sizes[0]
    alike = [other for other, its in sizes[1:] if its <= size * _ALIKE]
    if alike:
        shown = ", ".join(map(short_name, alike[:_NAMED]))
        more = f" and {len(alike) - _NAMED} more" if len(alike) > _NAMED else ""
        note = f"within 1 % of it: {shown}{more}"
    elif sizes[1:]:
        note = f"the next is {bytes_text(sizes[1][1])}, the largest {bytes_text(sizes[-1][1])}"
    else:
        note = "no other variant to compare with"
    return Best(title="Smallest image, unpacked", value=bytes_text(size), variant=_named(name, places), note=note)


def _lead(
    summary: Summary,
    by_state: Mapping[State, Sequence[Row]],
    sizes: Sequence[tuple[str, float]],
    places: Mapping[str, int],
) -> list[Phrase]:
    state, rows = next(((state, rows) for state, rows in by_state.items() if rows), (None, ()))
    if state is None or not rows:
        return [Phrase(text=_nothing_counts(summary))]
    fastest = rows[0]
    phrases = [
        Phrase(text=f"{state.capitalize()} builds are fastest with "),
        _named(fastest.variant, places),
        Phrase(text=f", at {seconds_text(fastest.metrics[WALL].median)}{_beside(rows)}"),
    ]
    if not sizes:
        return [*phrases, Phrase(text=".")]
    name, size = sizes[0]
    if name == fastest.variant:
        return [*phrases, Phrase(text=f"; it also makes the smallest image, {bytes_text(size)}.")]
    phrases += [Phrase(text=". The smallest image comes from "), _named(name, places)]
    return [*phrases, Phrase(text=f", {bytes_text(size)}.")]


def _beside(rows: Sequence[Row]) -> str:
    near = len(_overlapping(rows)) if rows[0].metrics[WALL].n > 1 else 0
    return f" (not told apart from {count_text(near, 'other')})" if near else ""


def _nothing_counts(summary: Summary) -> str:
    disturbed = sum(row.n_disturbed for row in summary.rows)
    if not disturbed:
        return "No build of this run counts in a number: see what went wrong under Warnings."
    return (
        f"No build of this run counts in a number: other work disturbed {count_text(disturbed, 'valid trial')}. "
        "Count them all the same with: buildmark report --keep-disturbed"
    )


def _front(rows: Sequence[Row], places: Mapping[str, int]) -> tuple[tuple[Point, ...], str]:
    """The front as the picture above it has it, and which size that is of."""
    metric = size_metric(rows)
    sized = [row for row in rows if metric in row.metrics]
    both = [(row.metrics[WALL].median, row.metrics[metric].median) for row in sized]
    points = tuple(
        Point(
            variant=_named(sized[place].variant, places),
            text=f"{seconds_text(both[place][0])}, {bytes_text(both[place][1])}",
        )
        for place in pareto_front(both)
    )
    return points, SIZES[metric]


def _choices(effects: Sequence[AxisEffect]) -> tuple[Choice, ...]:
    """The effects by what is chosen, the largest first; the size of an image once, for the states agree in it."""
    groups: dict[tuple[str, str], list[AxisEffect]] = {}
    for effect in effects:
        groups.setdefault((effect.axis, effect.level), []).append(effect)
    return tuple(
        Choice(axis=visible(group[0].axis), text=instead(group[0]), changes=tuple(_changes(group)))
        for group in sorted(groups.values(), key=_largest, reverse=True)
    )


def _largest(group: Sequence[AxisEffect]) -> float:
    return max(abs(math.log(effect.ratio)) for effect in group)


def _changes(group: Sequence[AxisEffect]) -> list[Change]:
    sizes = [effect for effect in group if effect.metric == IMAGE_SIZE][:1]
    times = [effect for effect in group if effect.metric == WALL]
    return [
        Change(
            about="image" if effect.metric == IMAGE_SIZE else f"{effect.state} builds",
            text=effect_text(effect),
            judgement=judge_effect(effect),
        )
        for effect in (*times, *sizes)
    ]


def _undecided_effects(effects: Sequence[AxisEffect]) -> list[str]:
    return [
        f"{instead(effect)}, {effect.state}: {why_undecided(effect)}"
        for effect in effects
        if effect.metric == WALL and judge_effect(effect) is Judgement.UNDECIDED
    ]


def _not_told_apart(by_state: Mapping[State, Sequence[Row]]) -> list[str]:
    """The states of which the fastest variant is not clear."""
    return [
        f"Which variant is fastest {state}: the fastest {len(near) + 1} of {len(rows)} have overlapping "
        f"{_interval_kind(rows[0].metrics[WALL])}s."
        for state, rows in by_state.items()
        if rows and rows[0].metrics[WALL].n > 1 and (near := _overlapping(rows))
    ]


def _without_numbers(by_state: Mapping[State, Sequence[Row]]) -> list[str]:
    return [f"Anything about {state}: no build in that state counts." for state, rows in by_state.items() if not rows]


def _named(variant: str, places: Mapping[str, int]) -> Phrase:
    return Phrase(text=short_name(variant), variant=places.get(variant))
