"""From a scenario and the user's choices to variants, and from variants to the plan of a run.

Nothing is random but what the seed says: the same scenario, choices and seed give the same plan, on any machine and
any Python. Neighbours: `bench.pure.scenario_file` makes the scenario, `bench.app` carries the plan out.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from bench.errors import UsageError, did_you_mean
from bench.model.plan import CANARY, Plan, PlannedTrial
from bench.model.scenario import BASE_AXIS, REVISION_AXIS, Axis, Level, Scenario, State, Variant

LARGE_MATRIX = 10_000
LONGEST_ID = 200
MOST_ROUNDS = 10_000
DEFAULT_ROUNDS = 6
DEFAULT_SEED = 1
ONLY_VARIANT = "default"
"""The id of the one variant of a scenario without axes."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The levels that the user chose, per axis, the reference first; an axis that is not here keeps all of its own."""

    levels: Mapping[str, tuple[str, ...]] = {}


def parse_set_options(values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read `AXIS=LEVEL,LEVEL`, given any number of times; the same axis twice adds up. Raises UsageError."""
    chosen: dict[str, tuple[str, ...]] = {}
    for value in values:
        axis, equals, levels = value.partition("=")
        names = split_list(levels)
        if not equals or not axis.strip() or not names:
            raise UsageError(
                f"'--set {value}' is not AXIS=LEVEL", remedy="--set stages=multi, or --set layers=split,merged"
            )
        axis = axis.strip()
        chosen[axis] = tuple(dict.fromkeys([*chosen.get(axis, ()), *names]))
    return chosen


def split_list(value: str) -> tuple[str, ...]:
    """Split `A,B` at its commas, without blanks, empty words and repetitions."""
    return tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))


def make_selection(set_options: Iterable[str], bases: Iterable[str]) -> Selection:
    """The selection that `--set` and `--base` make together: `--base NAME` means `--set base=NAME`."""
    levels = parse_set_options(set_options)
    for value in bases:
        names = split_list(value)
        if not names:
            raise UsageError(f"'--base {value}' names no base", remedy="--base debian-12,alpine-3.23")
        levels[BASE_AXIS] = tuple(dict.fromkeys([*levels.get(BASE_AXIS, ()), *names]))
    return Selection(levels=levels)


def parse_states(values: Iterable[str], default: tuple[State, ...]) -> tuple[State, ...]:
    """Read `STATE,STATE`, given any number of times; none gives `default`. Raises UsageError for an unknown state."""
    known = [state.value for state in State]
    names: list[str] = []
    for value in values:
        if not split_list(value):
            raise UsageError(f"'--state {value}' names no state", remedy=f"--state {','.join(known)}")
        names += split_list(value)
    for name in names:
        if name not in known:
            raise UsageError(f"unknown state '{name}'{did_you_mean(name, known)}", remedy=f"one of: {', '.join(known)}")
    return tuple(state for state in State if state in names) or default


def select_axes(scenario: Scenario, selection: Selection, known_bases: Collection[str]) -> tuple[Axis, ...]:
    """The scenario's axes with the levels that were chosen, in the order in which they were chosen.

    A base need not be on the scenario's list: any base of the catalogue is added as a level. Raises UsageError for an
    unknown axis, level or base.
    """
    names = [axis.name for axis in scenario.axes]
    for name in selection.levels:
        if name not in names:
            raise UsageError(
                f"the scenario {scenario.name} has no axis '{name}'{did_you_mean(name, names)}",
                remedy=f"one of: {', '.join(names)}" if names else "leave out --set and --base",
            )
    return tuple(
        _select_levels(axis, selection.levels[axis.name], known_bases) if axis.name in selection.levels else axis
        for axis in scenario.axes
    )


def _select_levels(axis: Axis, chosen: Sequence[str], known_bases: Collection[str]) -> Axis:
    known = {level.name: level for level in axis.levels}
    if axis.name == BASE_AXIS:
        known |= {name: Level(name=name) for name in known_bases if name not in known}
    for name in chosen:
        if name not in known:
            what = "unknown base" if axis.name == BASE_AXIS else f"the axis {axis.name} has no level"
            raise UsageError(f"{what} '{name}'{did_you_mean(name, known)}", remedy=f"one of: {', '.join(known)}")
    return Axis(name=axis.name, levels=tuple(known[name] for name in chosen))


def is_large(axes: Iterable[Axis]) -> bool:
    """Whether the axes have more combinations than are expanded without being asked to."""
    return _combinations(axes) > LARGE_MATRIX


def _combinations(axes: Iterable[Axis]) -> int:
    return math.prod(len(axis.levels) for axis in axes)


def expand(scenario: Scenario, axes: Sequence[Axis], *, allow_large: bool = False) -> tuple[Variant, ...]:
    """Every variant: the product of the axes in their order, without the excludes, and the includes that fit `axes`.

    Raises UsageError when the product is above 10,000 and not allowed to be (it is counted, not made), when no variant
    is left, or when two variants would have the same id.
    """
    if is_large(axes) and not allow_large:
        sizes = " by ".join(f"{len(axis.levels)} {axis.name}" for axis in axes)
        raise UsageError(
            f"{scenario.name} has {_combinations(axes):,} combinations ({sizes}), more than {LARGE_MATRIX:,}",
            remedy="choose fewer levels with --set AXIS=LEVEL, or say --allow-large",
        )
    names = [axis.name for axis in axes]
    product = itertools.product(*([level.name for level in axis.levels] for axis in axes))
    kept = [
        levels for levels in (dict(zip(names, row, strict=True)) for row in product) if not _excluded(levels, scenario)
    ]
    for levels in _included(scenario, axes):
        if levels not in kept:
            kept.append(levels)
    if not kept:
        raise _nothing_left(scenario, axes)
    return tuple(_variants(kept))


def _excluded(levels: Mapping[str, str], scenario: Scenario) -> bool:
    return any(_matches(levels, combination) for combination in scenario.exclude)


def _matches(levels: Mapping[str, str], combination: Mapping[str, tuple[str, ...]]) -> bool:
    return all(levels[axis] in chosen for axis, chosen in combination.items())


def _included(scenario: Scenario, axes: Sequence[Axis]) -> Iterator[dict[str, str]]:
    selected = {axis.name: {level.name for level in axis.levels} for axis in axes}
    for combination in scenario.include:
        if all(combination[axis] in levels for axis, levels in selected.items()):
            yield {axis.name: combination[axis.name] for axis in axes}


def _nothing_left(scenario: Scenario, axes: Sequence[Axis]) -> UsageError:
    selected = {axis.name: {level.name for level in axis.levels} for axis in axes}
    guilty = [
        " ".join(f"{axis}={','.join(levels)}" for axis, levels in combination.items())
        for combination in scenario.exclude
        if all(selected[axis] & set(levels) for axis, levels in combination.items())
    ]
    choice = " ".join(f"{axis.name}={','.join(level.name for level in axis.levels)}" for axis in axes)
    return UsageError(
        f"no variant of {scenario.name} is left: of {choice}, every combination is excluded by "
        + " and by ".join(f"[{combination}]" for combination in guilty),
        remedy="choose other levels, or change the scenario's [[exclude]]",
    )


def _variants(rows: Iterable[Mapping[str, str]]) -> Iterator[Variant]:
    """Name the variants, and refuse names that are ambiguous (`a-b` + `c`, `a` + `b-c`) or too long for a file."""
    seen: dict[str, Mapping[str, str]] = {}
    for levels in rows:
        variant = "-".join(levels.values()) or ONLY_VARIANT
        if variant in seen:
            raise UsageError(
                f"two variants would be called '{variant}': {_in_words(seen[variant])}, and {_in_words(levels)}",
                remedy="rename a level so that the names, joined with hyphens, differ",
            )
        if len(variant) > LONGEST_ID:
            raise UsageError(
                f"the name of the variant '{variant}' has more than {LONGEST_ID} letters",
                remedy="shorten its levels' names",
            )
        seen[variant] = levels
        yield Variant(id=variant, levels=levels)


def _in_words(levels: Mapping[str, str]) -> str:
    return " ".join(f"{axis}={level}" for axis, level in levels.items())


def make_plan(
    scenario_name: str,
    variants: Sequence[Variant],
    states: Iterable[State],
    rounds: int,
    seed: int,
    *,
    canary: bool = False,
) -> Plan:
    """Put every trial of a run in order.

    Each round runs every variant in every state once. The variants' order is a shuffle of the round's own, drawn from
    the seed and the round's number, so that drift favours nobody. Within a variant the states stand side by side, in
    the order of `State`: a cold trial leaves behind just what the warm one needs. Variants that differ in their
    revision alone stand side by side too, in an order of their own in each round: so little time lies between the two
    sides of a pair, and which one goes first is a toss. With `canary`, each round begins with the reference build.
    Raises UsageError for fewer than one round, or no state.
    """
    ordered = tuple(state for state in State if state in set(states))
    if rounds < 1:
        raise UsageError(f"{rounds} rounds measure nothing", remedy="--rounds 5")
    if rounds > MOST_ROUNDS:
        raise UsageError(
            f"{rounds:,} rounds are more than the {MOST_ROUNDS:,} that a run may have", remedy="--rounds 5"
        )
    if not ordered:
        raise UsageError("a plan needs a state", remedy=f"--state {','.join(State)}")
    groups = _by_all_but_revision(variants)
    trials: list[PlannedTrial] = []
    for number in range(1, rounds + 1):
        places = [(CANARY, State.COLD)] if canary else []
        for group in _shuffled(groups, f"{seed}:{number}"):
            twins = _shuffled(group, f"{seed}:{number}:{group[0].id}")
            places += [(variant.id, state) for variant in twins for state in ordered]
        for variant, state in places:
            trials.append(PlannedTrial(number=len(trials) + 1, round=number, variant=variant, state=state))
    return Plan(
        scenario=scenario_name,
        seed=seed,
        rounds=rounds,
        states=ordered,
        variants=tuple(variants),
        trials=tuple(trials),
    )


def _by_all_but_revision(variants: Sequence[Variant]) -> list[list[Variant]]:
    """The variants in groups that differ in their revision alone: of one each where no revisions are compared."""
    groups: dict[object, list[Variant]] = {}
    for variant in variants:
        rest = frozenset(item for item in variant.levels.items() if item[0] != REVISION_AXIS)
        groups.setdefault(rest if variant.revision else variant.id, []).append(variant)
    return list(groups.values())


def built_variants(plan: Plan) -> dict[str, Variant]:
    """Everything that a plan builds, by id: its variants, and the canary, which stands on the first one's base."""
    built = {variant.id: variant for variant in plan.variants}
    if any(trial.variant == CANARY for trial in plan.trials):
        first = plan.variants[0].levels
        kept = {axis: first[axis] for axis in (BASE_AXIS, REVISION_AXIS) if axis in first}
        built[CANARY] = Variant(id=CANARY, levels=kept)
    return built


_Item = TypeVar("_Item")


def _shuffled(items: Sequence[_Item], seed: str) -> list[_Item]:
    """Sort by random keys: of all of `random`, only `random()` is promised to give the same for ever."""
    draw = random.Random(seed)  # noqa: S311  (an order, not a secret)
    return sorted(items, key=lambda _: draw.random())
