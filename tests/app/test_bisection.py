"""A bisection and a gate against measurements that are made up: what is measured, and what is said at the end."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from bench.app.asked import World
from bench.app.bisection import Bisector
from bench.app.gate import Gatekeeper, Recent
from bench.app.revision_campaign import Compared, Measuring
from bench.errors import ExitCode
from bench.model.bisection import Bisection
from bench.model.build import BuilderKind
from bench.model.gate import Passed
from bench.model.plan import Adaptive
from bench.model.scenario import Limits, Scenario, State
from bench.model.verdict import Verdict
from bench.ports.engines import EngineChoice
from bench.ports.fake_instruments import FakeClock
from bench.pure.bisecting import exit_code_of_bisection
from bench.pure.comparison import compare_axis
from bench.pure.gating import exit_code_of_gate
from bench.pure.planning import Selection
from bench.pure.sides import Question, Side
from bench.report.bisection import render_bisection
from bench.report.choices import ComparisonFormat
from bench.report.gate import render_gate
from tests.app.rig import Silent
from tests.builders import make_plan, make_run, make_trials

COMMITS = tuple(f"{number}" * 40 for number in range(1, 9))
GOOD = "a" * 40
STATES = (State.COLD, State.WARM)
HOW = Measuring(
    selection=Selection(),
    states=(),
    rounds=20,
    adaptive=Adaptive(min_rounds=6, decide=0.03),
    seed=1,
    engine=EngineChoice.PRIVATE,
    builder=BuilderKind.BUILDKIT,
    timeout_s=None,
    results=Path("/nowhere"),
    command=(),
    disturbed_above=None,
)


class Machine:
    """Measures without building: a revision takes 2 s cold, 2.4 s from the culprit on; `noise` lets a round vary.

    In the campaign of the pair `wild` it varies too much to tell anything.
    """

    def __init__(self, culprit: str | None, *, noise: float = 0.01, lucky: int = 0, wild: tuple[str, ...] = ()) -> None:
        self.culprit = culprit
        self.noise = noise
        self.lucky = lucky
        self.wild = wild
        self.asked: list[tuple[str, ...]] = []
        self.selections: list[Selection] = []
        self.questions: list[Question] = []

    def compare(
        self, scenario: Scenario, revisions: Sequence[str], how: Measuring, world: World, question: Question
    ) -> Compared:
        del scenario, world
        self.asked.append(tuple(revisions))
        self.selections.append(how.selection)
        self.questions.append(question)
        axes = {"base": ("debian-12",), "rev": tuple(one[:12] for one in revisions)}
        states = how.states or STATES
        plan = make_plan(axes, rounds=how.rounds, states=states)
        walls = {
            (f"debian-12-{revision[:12]}", state, number): self._wall_s(revision, state, number)
            for revision in revisions
            for state in states
            for number in range(1, how.rounds + 1)
        }
        run = make_run(plan, axes=axes)
        side = Side(label=run.id, run=run, trials=make_trials(plan, wall_s=walls))
        return Compared(run=run, comparison=compare_axis(side, "rev", question))

    def _wall_s(self, revision: str, state: State, number: int) -> float:
        order = (GOOD, *COMMITS)
        slow = self.culprit is not None and order.index(revision) >= order.index(self.culprit)
        if self.lucky and len(self.asked) == self.lucky and revision == COMMITS[-1]:
            slow = True
        noise = 0.2 if len(self.asked) > 1 and self.asked[-1] == self.wild else self.noise
        wobble = 1 + noise * ((number * 7 + order.index(revision)) % 5 - 2)
        return (2.4 if slow else 2.0) * wobble if state is State.COLD else 0.2 * wobble


class Row:
    """A repository of eight commits after a good one."""

    def resolve(self, revision: str) -> str:
        return GOOD if revision == "good" else revision

    def between(self, good: str, bad: str) -> tuple[str, ...]:
        assert (good, bad) == (GOOD, "bad")
        return COMMITS

    def subject(self, commit: str) -> str:
        return f"change {commit[0]}"


def world() -> World:
    return World(environment={}, clock=FakeClock(), cache=Path(), catalogue={}, watcher=Silent(), say=lambda _: None)


def scenario() -> Scenario:
    return Scenario(
        name="quick",
        title="A toy",
        description="",
        folder=Path("/nowhere"),
        template=Path("/nowhere"),
        context=Path("/nowhere"),
        axes=(),
        exclude=(),
        include=(),
        states=STATES,
        args={},
        platform=None,
        smoke=None,
        limits=Limits(),
    )


def bisect(machine: Machine) -> Bisection:
    bisector = Bisector(scenario(), HOW, world(), Question(margin=0.03), commits=Row(), compare=machine.compare)
    return bisector.find("good", "bad")


@pytest.mark.parametrize("culprit", COMMITS)
def test_bisect_finds_any_commit_and_confirms_it_against_the_one_before(culprit: str) -> None:
    machine = Machine(culprit)
    found = bisect(machine)
    assert found.culprit == culprit
    assert found.check is not None
    assert found.check.verdict is Verdict.SLOWER
    assert exit_code_of_bisection(found) == ExitCode.OK
    before = (GOOD, *COMMITS)[COMMITS.index(culprit)]
    assert machine.asked[-1] == (before, culprit)
    assert f"{culprit[:12]} made it slower: change {culprit[0]}" in render_bisection(found, width=200)


def test_bisect_counts_what_was_disturbed_in_every_campaign_where_asked() -> None:
    machine = Machine(COMMITS[3])
    question = Question(margin=0.03, keep_disturbed=True)
    Bisector(scenario(), HOW, world(), question, commits=Row(), compare=machine.compare).find("good", "bad")
    assert len(machine.questions) > 2
    assert all(one.keep_disturbed for one in machine.questions)


def test_bisect_watches_the_row_that_is_slower_and_builds_no_other() -> None:
    machine = Machine(COMMITS[3])
    found = bisect(machine)
    assert found.row == "debian-12 cold"
    assert machine.selections[0] == Selection()
    assert {tuple(one.levels.items()) for one in machine.selections[1:]} == {(("base", ("debian-12",)),)}


def test_a_commit_that_good_cannot_tell_is_held_against_bad() -> None:
    machine = Machine(COMMITS[3], wild=(GOOD, COMMITS[3]))
    found = bisect(machine)
    assert found.culprit == COMMITS[3]
    assert (COMMITS[3], COMMITS[-1]) in machine.asked


def test_bisect_has_nothing_to_search_where_bad_is_not_slower() -> None:
    machine = Machine(None)
    found = bisect(machine)
    assert (found.row, found.culprit, len(machine.asked)) == (None, None, 1)
    assert exit_code_of_bisection(found) == ExitCode.UNDECIDED
    assert "is not slower than" in render_bisection(found, width=200)


def gate(machine: Machine) -> tuple[list[Passed], ExitCode, int]:
    keeper = Gatekeeper(scenario(), HOW, world(), Question(margin=0.03), compare=machine.compare)
    answer = keeper.judge(GOOD, COMMITS[-1])
    return [row.passed for row in answer.rows], exit_code_of_gate(answer.rows), len(machine.asked)


def test_a_gate_raises_an_alarm_only_when_two_campaigns_agree() -> None:
    assert gate(Machine(COMMITS[0])) == ([Passed.REGRESSION, Passed.MEASURED], ExitCode.REGRESSION, 2)
    assert gate(Machine(None, lucky=1)) == ([Passed.NOT_CONFIRMED, Passed.MEASURED], ExitCode.OK, 2)


def test_a_gate_measures_once_where_nothing_is_slower() -> None:
    assert gate(Machine(None)) == ([Passed.MEASURED, Passed.MEASURED], ExitCode.OK, 1)


def test_a_gate_that_cannot_tell_says_so() -> None:
    passed, code, campaigns = gate(Machine(None, noise=0.2))
    assert set(passed) == {Passed.UNDECIDED}
    assert (code, campaigns) == (ExitCode.UNDECIDED, 1)


def test_a_gate_counts_one_row_as_one() -> None:
    only = msgspec.structs.replace(HOW, states=(State.COLD,))
    answer = Gatekeeper(scenario(), only, world(), Question(margin=0.03), compare=Machine(None).compare).judge(
        GOOD, COMMITS[-1]
    )
    assert "of 1 row 1 not slower" in render_gate(answer, ComparisonFormat.TABLE, width=200)


def screened(
    head_s: float, recent_s: Sequence[float], *, disturbed: str | None = None, keep_disturbed: bool = False
) -> tuple[list[Passed], list[tuple[str, ...]]]:
    """A gate with recent runs of the base branch that took so long cold, and a head that takes `head_s` alone."""
    machine = Machine(None)

    def alone(scenario: Scenario, revisions: Sequence[str], how: Measuring, world: World) -> Side:
        del scenario, world
        machine.asked.append(tuple(revisions))
        axes = {"base": ("debian-12",), "rev": ("head",)}
        plan = make_plan(axes, rounds=how.rounds, states=(State.COLD,))
        walls = {("debian-12-head", State.COLD, number): head_s for number in range(1, how.rounds + 1)}
        run = make_run(plan, axes=axes)
        made = make_trials(plan, wall_s=walls)
        trials = tuple(msgspec.structs.replace(one, disturbed=disturbed) for one in made)
        return Side(label=run.id, run=run, trials=trials)

    recent = Recent(enough=len(recent_s) >= 5, medians=lambda _: {("debian-12", State.COLD): recent_s})
    question = Question(margin=0.03, keep_disturbed=keep_disturbed)
    keeper = Gatekeeper(scenario(), HOW, world(), question, recent=recent, compare=machine.compare, measure=alone)
    answer = keeper.judge(GOOD, COMMITS[-1])
    return [row.passed for row in answer.rows], machine.asked


def test_a_head_that_takes_what_recent_runs_took_needs_no_base() -> None:
    assert screened(2.0, (2.0, 2.01, 1.99, 2.0, 2.005, 1.995)) == ([Passed.RECENT], [(COMMITS[-1],)])


def test_a_disturbed_head_is_cleared_by_recent_runs_only_when_asked() -> None:
    recent_s = (2.0, 2.01, 1.99, 2.0, 2.005, 1.995)
    assert Passed.RECENT not in screened(2.0, recent_s, disturbed="other work")[0]
    assert screened(2.0, recent_s, disturbed="other work", keep_disturbed=True)[0] == [Passed.RECENT]


@pytest.mark.parametrize(
    ("head_s", "recent_s"),
    [
        (2.1, (2.0, 2.01, 1.99, 2.0, 2.005, 1.995)),  # slower than they let expect
        (2.0, (1.8, 2.2, 1.9, 2.1, 2.0, 2.05)),  # they vary too much to tell
        (2.0, (2.0, 2.0, 2.0)),  # too few
    ],
)
def test_what_recent_runs_cannot_clear_is_measured_beside_its_base(head_s: float, recent_s: tuple[float, ...]) -> None:
    passed, asked = screened(head_s, recent_s)
    assert set(passed) == {Passed.MEASURED}
    assert asked[-1] == (GOOD, COMMITS[-1])
