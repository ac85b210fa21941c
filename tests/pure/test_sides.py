from __future__ import annotations

import msgspec
import pytest

from bench.errors import UsageError
from bench.model.run import Machine
from bench.pure.sides import Match, is_same_run, match_levels, match_sides
from tests.builders import make_plan, make_run
from tests.sides import ONE, REVISIONS, make_side

TWO = {"base": ("debian-12", "alpine-3.23")}


def ids(matches: tuple[Match, ...]) -> list[tuple[str, str | None, str | None]]:
    return [
        (match.name, match.base.id if match.base else None, match.head.id if match.head else None) for match in matches
    ]


def test_the_variants_of_two_runs_are_matched_by_their_id_and_none_is_dropped() -> None:
    head = make_side(axes={"base": ("alpine-3.23", "ubuntu-24.04")}, id="head")
    assert ids(match_sides(make_side(axes=TWO), head)) == [
        ("debian-12", "debian-12", None),
        ("alpine-3.23", "alpine-3.23", "alpine-3.23"),
        ("ubuntu-24.04", None, "ubuntu-24.04"),
    ]


def test_two_variants_of_one_run_stand_against_each_other() -> None:
    base, head = (make_side(axes=TWO, variant=variant) for variant in ("debian-12", "alpine-3.23"))
    assert ids(match_sides(base, head)) == [("alpine-3.23 instead of debian-12", "debian-12", "alpine-3.23")]


def test_a_side_that_names_no_variant_has_the_one_of_the_other() -> None:
    base, head = make_side(axes=TWO, variant="debian-12"), make_side(axes=TWO, id="head")
    expected = [("debian-12", "debian-12", "debian-12")]
    assert ids(match_sides(base, head)) == ids(match_sides(head, base)) == expected


@pytest.mark.parametrize("variant", [None, "debian-12"])
def test_a_run_is_not_compared_with_itself(variant: str | None) -> None:
    with pytest.raises(UsageError, match="BASE and HEAD are both"):
        match_sides(make_side(axes=TWO, variant=variant), make_side(axes=TWO, variant=variant))


def test_runs_that_two_servers_began_in_the_same_second_are_two() -> None:
    there = make_side(
        axes=TWO, machine=Machine(hostname="other", kernel="6.1.0", cpu_model="A CPU", cpus=2, memory_bytes=8)
    )
    assert not is_same_run(make_side(axes=TWO), there)
    assert ids(match_sides(make_side(axes=TWO), there)) == [(name, name, name) for name in TWO["base"]]


def test_a_variant_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'debian-12'"):
        match_sides(make_side(axes=TWO, variant="debian-21"), make_side(axes=TWO, id="head"))


def test_the_levels_of_an_axis_are_matched_with_the_first_twin_by_twin() -> None:
    plan = make_plan(REVISIONS)
    assert ids(match_levels(make_run(plan, axes=REVISIONS), "rev")) == [
        ("debian-12", "debian-12-main", "debian-12-HEAD"),
        ("alpine-3.23", "alpine-3.23-main", "alpine-3.23-HEAD"),
    ]


def test_each_of_several_levels_is_named_and_held_against_the_first() -> None:
    axes = {"rev": ("v1", "v2", "v3")}
    assert ids(match_levels(make_run(make_plan(axes), axes=axes), "rev")) == [
        ("v2 instead of v1", "v1", "v2"),
        ("v3 instead of v1", "v1", "v3"),
    ]


def test_several_levels_beside_other_axes_are_told_apart() -> None:
    axes = {"base": ("a", "b"), "rev": ("v1", "v2", "v3")}
    names = [match.name for match in match_levels(make_run(make_plan(axes), axes=axes), "rev")]
    assert names == ["a, v2", "a, v3", "b, v2", "b, v3"]


def test_a_variant_without_a_twin_is_still_there() -> None:
    plan = make_plan(REVISIONS)
    left = tuple(variant for variant in plan.variants if variant.id != "alpine-3.23-main")
    matches = match_levels(make_run(msgspec.structs.replace(plan, variants=left), axes=REVISIONS), "rev")
    assert ids(matches)[1] == ("alpine-3.23", None, "alpine-3.23-HEAD")


def test_an_axis_that_there_is_not_or_that_does_not_vary_is_refused() -> None:
    run = make_run(make_plan(ONE), axes=ONE)
    with pytest.raises(UsageError, match="has no axis 'bsae' \\(did you mean 'base'"):
        match_levels(run, "bsae")
    with pytest.raises(UsageError, match="only one level of the axis base, debian-12"):
        match_levels(run, "base")
