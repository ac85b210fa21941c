from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import ExitCode, UsageError
from bench.model.scenario import Axis, Level, Limits, Scenario, State, Variant
from bench.pure.planning import (
    Selection,
    expand,
    make_plan,
    make_selection,
    parse_set_options,
    parse_states,
    select_axes,
)

BASES = ("debian-12", "alpine-3.23", "ubuntu-24.04")
BOTH = (State.COLD, State.WARM)


def scenario_with(
    axes: Mapping[str, Sequence[str]],
    exclude: Sequence[Mapping[str, tuple[str, ...]]] = (),
    include: Sequence[Mapping[str, str]] = (),
) -> Scenario:
    return Scenario(
        name="toy",
        title="Toy",
        description="",
        folder=Path("/toy"),
        template=Path("/toy/Dockerfile.j2"),
        context=Path("/toy/context"),
        axes=tuple(Axis(name=axis, levels=tuple(Level(name=level) for level in axes[axis])) for axis in axes),
        exclude=tuple(exclude),
        include=tuple(include),
        states=BOTH,
        args={},
        platform=None,
        smoke=None,
        limits=Limits(),
    )


TOY = scenario_with(
    {"base": ["debian-12", "alpine-3.23"], "stages": ["single", "multi"], "layers": ["split", "merged"]},
    exclude=[{"base": ("alpine-3.23",), "layers": ("split",)}],
)


def ids(variants: Sequence[Variant]) -> list[str]:
    return [variant.id for variant in variants]


def chosen(scenario: Scenario, *options: str, bases: Sequence[str] = ()) -> list[str]:
    axes = select_axes(scenario, make_selection(options, bases), BASES)
    return ids(expand(scenario, axes))


# -- options


def test_set_options_add_up() -> None:
    options = parse_set_options(["layers=split, merged", "stages=multi", "layers=merged,extra"])
    assert options == {"layers": ("split", "merged", "extra"), "stages": ("multi",)}


@pytest.mark.parametrize("option", ["layers", "layers=", "=split", "layers= , ", ""])
def test_a_set_option_that_says_nothing_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="is not AXIS=LEVEL") as caught:
        parse_set_options([option])
    assert caught.value.exit_code == ExitCode.USAGE


def test_states_come_in_their_own_order_and_default_to_the_scenario() -> None:
    assert parse_states(["warm,cold"], BOTH) == BOTH
    assert parse_states(["warm"], BOTH) == (State.WARM,)
    assert parse_states([], (State.COLD,)) == (State.COLD,)


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(UsageError, match=r"unknown state 'wram' \(did you mean 'warm'\?\)"):
        parse_states(["cold,wram"], BOTH)


# -- selection


def test_without_a_selection_every_level_stays() -> None:
    assert select_axes(TOY, Selection(), BASES) == TOY.axes


def test_the_first_level_chosen_is_the_reference() -> None:
    axes = select_axes(TOY, make_selection(["layers=merged,split"], []), BASES)
    assert [level.name for level in axes[2].levels] == ["merged", "split"]


def test_a_chosen_level_keeps_its_values() -> None:
    axis = Axis(name="python", levels=(Level(name="3.11"), Level(name="3.12", values={"tag": "x"})))
    scenario = Scenario(
        **{name: getattr(TOY, name) for name in TOY.__struct_fields__} | {"axes": (axis,), "exclude": ()}
    )
    assert select_axes(scenario, make_selection(["python=3.12"], []), BASES)[0].levels[0].values == {"tag": "x"}


def test_any_base_of_the_catalogue_can_be_chosen() -> None:
    assert chosen(TOY, "stages=single", "layers=merged", bases=["ubuntu-24.04,debian-12"]) == [
        "ubuntu-24.04-single-merged",
        "debian-12-single-merged",
    ]


@pytest.mark.parametrize(
    ("options", "bases", "words"),
    [
        (["layer=split"], [], r"has no axis 'layer' \(did you mean 'layers'\?\)"),
        (["layers=splat"], [], r"the axis layers has no level 'splat' \(did you mean 'split'\?\)"),
        ([], ["debain-12"], r"unknown base 'debain-12' \(did you mean 'debian-12'\?\)"),
    ],
)
def test_an_unknown_choice_is_refused(options: list[str], bases: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        chosen(TOY, *options, bases=bases)
    assert caught.value.remedy is not None
    assert caught.value.remedy.startswith("one of: ")


def test_a_base_cannot_be_chosen_where_no_axis_is_called_base() -> None:
    with pytest.raises(UsageError, match="has no axis 'base'"):
        chosen(scenario_with({"stages": ["single"]}), bases=["debian-12"])


# -- variants


def test_variants_are_the_product_without_the_excludes() -> None:
    assert chosen(TOY) == [
        "debian-12-single-split",
        "debian-12-single-merged",
        "debian-12-multi-split",
        "debian-12-multi-merged",
        "alpine-3.23-single-merged",
        "alpine-3.23-multi-merged",
    ]


def test_an_include_puts_back_what_an_exclude_took() -> None:
    back = {"base": "alpine-3.23", "stages": "multi", "layers": "split"}
    scenario = scenario_with(
        {axis.name: [level.name for level in axis.levels] for axis in TOY.axes}, TOY.exclude, [back, back]
    )
    assert chosen(scenario)[-1] == "alpine-3.23-multi-split"
    assert len(chosen(scenario)) == 7
    assert "alpine-3.23-multi-split" not in chosen(scenario, "stages=single")


def test_a_scenario_without_axes_has_one_variant() -> None:
    assert expand(scenario_with({}), ()) == (Variant(id="default", levels={}),)


def test_nothing_left_names_the_exclude_that_did_it() -> None:
    with pytest.raises(UsageError, match=r"no variant of toy is left.*\[base=alpine-3.23 layers=split\]"):
        chosen(TOY, "layers=split", bases=["alpine-3.23"])


def test_a_large_matrix_asks_first_and_is_not_made_before() -> None:
    huge = scenario_with({f"a{number}": [str(level) for level in range(100)] for number in range(9)})
    with pytest.raises(UsageError, match="1,000,000,000,000,000,000 combinations") as caught:
        expand(huge, huge.axes)
    assert "--allow-large" in (caught.value.remedy or "")


def test_a_large_matrix_is_made_when_allowed() -> None:
    large = scenario_with({"a": [f"a{n}" for n in range(101)], "b": [f"b{n}" for n in range(100)]})
    with pytest.raises(UsageError):
        expand(large, large.axes)
    assert len(expand(large, large.axes, allow_large=True)) == 10_100


def test_variants_whose_names_would_be_the_same_are_refused() -> None:
    ambiguous = scenario_with({"a": ["x", "x-y"], "b": ["y-z", "z"]})
    with pytest.raises(UsageError, match=r"two variants would be called 'x-y-z': a=x b=y-z, and a=x-y b=z"):
        expand(ambiguous, ambiguous.axes)


def test_a_name_too_long_for_a_file_is_refused() -> None:
    long = scenario_with({"a": ["x" * 150], "b": ["y" * 150]})
    with pytest.raises(UsageError, match="has more than 200 letters"):
        expand(long, long.axes)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    axes = {f"a{number}": [f"l{number}{level}" for level in range(size)] for number, size in enumerate(sizes)}
    some = {
        axis: st.lists(st.sampled_from(levels), min_size=1, unique=True).map(tuple) for axis, levels in axes.items()
    }
    exclude = st.fixed_dictionaries({}, optional=some).filter(bool)
    include = st.fixed_dictionaries({axis: st.sampled_from(levels) for axis, levels in axes.items()})
    return scenario_with(axes, draw(st.lists(exclude, max_size=3)), draw(st.lists(include, min_size=1, max_size=2)))


@given(scenarios())
def test_every_combination_is_a_variant_unless_excluded_and_not_included(scenario: Scenario) -> None:
    variants = expand(scenario, scenario.axes)
    assert len(set(ids(variants))) == len(variants)
    by_levels = {tuple(variant.levels.items()) for variant in variants}
    for row in itertools.product(*([(axis.name, level.name) for level in axis.levels] for axis in scenario.axes)):
        levels = dict(row)
        excluded = any(all(levels[axis] in names for axis, names in each.items()) for each in scenario.exclude)
        assert (row in by_levels) == (not excluded or levels in scenario.include)


# -- plan


variant_lists = st.integers(1, 12).map(lambda count: [Variant(id=f"v{n}", levels={"a": f"v{n}"}) for n in range(count)])
state_sets = st.sampled_from([(State.COLD,), (State.WARM,), BOTH])
seeds = st.integers(-(2**63), 2**63)


@given(variant_lists, state_sets, st.integers(1, 6), seeds)
def test_every_round_holds_every_variant_and_state_once(
    variants: list[Variant], states: tuple[State, ...], rounds: int, seed: int
) -> None:
    plan = make_plan("toy", variants, states, rounds, seed)
    assert [trial.number for trial in plan.trials] == list(range(1, len(plan.trials) + 1))
    assert [trial.round for trial in plan.trials] == sorted(trial.round for trial in plan.trials)
    seen = Counter((trial.round, trial.variant, trial.state) for trial in plan.trials)
    assert seen == Counter(itertools.product(range(1, rounds + 1), ids(variants), states))


@given(variant_lists, st.integers(1, 4), seeds)
def test_warm_comes_right_after_the_cold_of_the_same_variant(variants: list[Variant], rounds: int, seed: int) -> None:
    trials = make_plan("toy", variants, (State.WARM, State.COLD), rounds, seed).trials
    for cold, warm in zip(trials[::2], trials[1::2], strict=True):
        assert (cold.state, warm.state) == BOTH
        assert cold.variant == warm.variant


@given(variant_lists, state_sets, st.integers(1, 4), seeds)
def test_the_same_seed_gives_the_same_plan_and_more_rounds_only_add(
    variants: list[Variant], states: tuple[State, ...], rounds: int, seed: int
) -> None:
    plan = make_plan("toy", variants, states, rounds, seed)
    assert plan == make_plan("toy", variants, states, rounds, seed)
    longer = make_plan("toy", variants, states, rounds + 1, seed)
    assert longer.trials[: len(plan.trials)] == plan.trials


def test_rounds_and_seeds_differ_in_their_order() -> None:
    variants = [Variant(id=f"v{n}", levels={}) for n in range(20)]

    def order(seed: int, round_number: int) -> tuple[str, ...]:
        plan = make_plan("toy", variants, [State.COLD], 3, seed)
        return tuple(trial.variant for trial in plan.trials if trial.round == round_number)

    assert len({order(seed, number) for seed in (1, 2, -1) for number in (1, 2, 3)}) == 9


def test_the_order_is_the_same_on_every_machine_and_python() -> None:
    variants = [Variant(id=name, levels={}) for name in "abcdef"]
    plan = make_plan("toy", variants, [State.COLD], 2, 1)
    assert "".join(trial.variant for trial in plan.trials) == "cfdaebfabcde"


def test_each_variant_comes_first_about_equally_often() -> None:
    variants = [Variant(id=name, levels={}) for name in "abcd"]
    plan = make_plan("toy", variants, [State.COLD], 2_000, 7)
    first = Counter(trial.variant for trial in plan.trials if trial.number % 4 == 1)
    assert all(440 < first[name] < 560 for name in "abcd")  # 500 expected, standard deviation 19


@pytest.mark.parametrize(("states", "rounds"), [(BOTH, 0), (BOTH, -1), (BOTH, 10**9), ((), 5)])
def test_a_plan_without_trials_or_end_is_refused(states: tuple[State, ...], rounds: int) -> None:
    with pytest.raises(UsageError):
        make_plan("toy", [Variant(id="v", levels={})], states, rounds, 1)
