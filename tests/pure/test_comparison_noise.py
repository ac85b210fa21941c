"""What canaries and stolen time take off the noise of a comparison, and that they never take off the difference."""

import math
import random
from collections.abc import Mapping

import msgspec
import pytest

from bench.model.comparison import Comparison, ComparisonNoteKind, Method
from bench.model.plan import CANARY
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import HostUse, Trial
from bench.model.verdict import Verdict
from bench.pure.comparison import compare
from bench.pure.comparison_noise import STEAL
from bench.pure.planning import make_plan
from bench.pure.sides import Question, Side
from tests.builders import make_run, make_trial, make_variants

ONE = {"base": ("debian-12",)}
TWO = {"base": ("debian-12",), "layers": ("split", "merged")}


def noise(seed: str) -> float:
    return random.Random(seed).gauss(0, 1)  # noqa: S311


def host(steal_s: float) -> HostUse:
    return HostUse(
        samples=None,
        n_samples=5,
        window_s=2.0,
        cpu_busy_s=2.0,
        cpu_steal_s=steal_s,
        own_cpu_s=2.0,
        other_cpu_s=0.0,
        other_cpu_share=None,
        absent="not asked for",
    )


def two_runs(day: float, *, ratio: float = 1.0, canary: bool = True) -> Comparison:
    """A run of one day and one of a day on which everything takes `day` times as long, the head also `ratio`."""
    sides = []
    for name, slow, change in (("1", 1.0, 1.0), ("2", day, ratio)):
        plan = make_plan("quick", make_variants(ONE), [State.COLD], 12, seed=1, canary=canary)
        run = make_run(plan, axes=ONE, id=f"2026112{name}-090000-quick")
        trials = tuple(
            make_trial(
                planned,
                wall_s=(0.6 if planned.variant == CANARY else 2.0 * change)
                * slow
                * math.exp(0.004 * noise(f"{name} {planned.number}")),
            )
            for planned in plan.trials
        )
        sides.append(Side(label=run.id, run=run, trials=trials))
    return compare(sides[0], sides[1], Question(margin=0.03))


def test_a_slow_day_is_no_regression_where_both_runs_have_a_canary() -> None:
    comparison = two_runs(1.2)
    (row,) = comparison.rows
    assert row.method is Method.CANARY
    assert row.verdict is Verdict.SAME
    assert ComparisonNoteKind.CANARIES in {note.kind for note in comparison.notes}
    assert two_runs(1.2, canary=False).rows[0].verdict is Verdict.SLOWER


def test_a_regression_on_a_slow_day_is_one_and_as_large_as_it_is() -> None:
    (row,) = two_runs(1.2, ratio=1.1).rows
    assert row.verdict is Verdict.SLOWER
    assert row.ratio == pytest.approx(1.1, abs=0.01)


def test_canaries_that_built_something_else_are_not_used() -> None:
    plan = make_plan("quick", make_variants(ONE), [State.COLD], 6, seed=1, canary=True)
    run = make_run(plan, axes=ONE)
    other = make_run(plan, axes=ONE, id="20261124-090000-quick")
    trials = tuple(map(make_trial, plan.trials))
    renamed = tuple(
        msgspec.structs.replace(trial, steps=trial.steps[:1]) if trial.variant == CANARY else trial for trial in trials
    )
    sides = Side(label="a", run=run, trials=trials), Side(label="b", run=other, trials=renamed)
    assert compare(*sides).rows[0].method is Method.GROUPED


def stolen(run: Run, *, ratio: float, steal_costs: float, systematic_s: float = 0.0) -> tuple[Trial, ...]:
    """Trials that take longer the more time was stolen from them; the merged one takes `ratio` times as long."""
    trials = []
    for planned in run.plan.trials:
        head = planned.variant.endswith("merged")
        steal_s = abs(noise(f"steal {planned.number}")) * 0.2 + (systematic_s if head else 0.0)
        wall_s = 2.0 * (ratio if head else 1.0) * math.exp(0.003 * noise(f"{planned.number}"))
        trials.append(make_trial(planned, wall_s=wall_s + steal_costs * steal_s, host=host(steal_s)))
    return tuple(trials)


def within_a_run(**how: float) -> tuple[Comparison, Mapping[str, object]]:
    plan = make_plan("quick", make_variants(TWO), [State.COLD], 20, seed=1)
    run = make_run(plan, axes=TWO)
    trials = stolen(run, **{"ratio": 1.0, "steal_costs": 1.0, **how})
    split, merged = (
        Side(label=name, run=run, trials=trials, variant=f"debian-12-{name}") for name in ("split", "merged")
    )
    comparison = compare(split, merged)
    return comparison, msgspec.structs.asdict(comparison.rows[0])


def test_stolen_time_is_taken_off_and_the_difference_stays() -> None:
    comparison, row = within_a_run(ratio=1.05)
    assert row["control"] == STEAL
    assert isinstance(row["shrink"], float)
    assert row["shrink"] < 0.5
    assert row["ratio"] == pytest.approx(1.05, abs=0.01)
    assert ComparisonNoteKind.CONTROLLED in {note.kind for note in comparison.notes}


def test_what_explains_nothing_is_left_alone() -> None:
    _, row = within_a_run(ratio=1.05, steal_costs=0.0)
    assert (row["control"], row["shrink"]) == (None, None)


def test_what_only_one_side_suffers_is_its_own_and_not_taken_off() -> None:
    _, row = within_a_run(steal_costs=1.0, systematic_s=0.5)
    assert row["control"] is None
    assert row["verdict"] is Verdict.SLOWER
