"""Measures revisions of a scenario against each other, now, in one interleaved campaign.

`buildmark compare --rev`, `gate` and `bisect` all come here. Neighbours: `bench.app.revisions` lays the revisions out,
`bench.app.session` runs the campaign.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.app.asked import AskedRevision, Campaign, World
from bench.app.revisions import Revised, lay_out, revise
from bench.app.session import start_run
from bench.model.build import BuilderKind
from bench.model.comparison import Comparison
from bench.model.plan import Adaptive
from bench.model.run import Run
from bench.model.scenario import REVISION_AXIS, Scenario, State
from bench.ports.compared_sides import read_side
from bench.ports.engines import EngineChoice
from bench.ports.git_revisions import Repository
from bench.ports.run_folder import RunFolder
from bench.pure.canary import canaries
from bench.pure.comparison import compare_axis
from bench.pure.planning import Selection, make_plan
from bench.pure.sides import Question, Side


class Measuring(msgspec.Struct, frozen=True, kw_only=True):
    """How revisions are measured. `states` are those of the scenario where there is none; so is `timeout_s`."""

    selection: Selection
    states: tuple[State, ...]
    rounds: int
    adaptive: Adaptive | None
    seed: int
    engine: EngineChoice
    builder: BuilderKind
    timeout_s: float | None
    results: Path
    command: tuple[str, ...]
    disturbed_above: float | None
    canary: bool = False
    allow_large: bool = False


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign of revisions that has ended: its record, and what it says of the later ones."""

    run: Run
    comparison: Comparison


Measurer = Callable[[Scenario, Sequence[str], Measuring, World], Side]
"""How revisions are measured: `measure_side`, unless a test has another way."""
Comparer = Callable[[Scenario, Sequence[str], Measuring, World, Question], Compared]
"""How revisions are compared: `compare_revisions`, unless a test has another way."""


def compare_revisions(
    scenario: Scenario, revisions: Sequence[str], how: Measuring, world: World, question: Question
) -> Compared:
    """Measure revisions, and hold each after the first against the first. Raises what `measure_revisions` does."""
    side = measure_side(scenario, revisions, how, world)
    return Compared(run=side.run, comparison=compare_axis(side, REVISION_AXIS, question))


def measure_side(scenario: Scenario, revisions: Sequence[str], how: Measuring, world: World) -> Side:
    """Measure revisions, one or more, and read what was recorded. Raises what `measure_revisions` does."""
    return read_side(measure_revisions(scenario, revisions, how, world))


def measure_revisions(scenario: Scenario, revisions: Sequence[str], how: Measuring, world: World) -> RunFolder:
    """Build every variant that all revisions have, from each of them, side by side in each round; returns the run.

    Raises UsageError and InputError before anything is built, and what `start_run` raises.
    """
    with tempfile.TemporaryDirectory(prefix="buildmark-revisions-") as scratch:
        asked = lay_out(scenario, revisions, Path(scratch), environment=world.environment, known_bases=world.catalogue)
        revised = revise(asked, how.selection, world.catalogue, how.builder, allow_large=how.allow_large)
        root = Repository(scenario.folder, world.environment).root
        for one in asked:
            world.say(_which(one, root))
        for name in revised.left_out:
            world.say(f"revision: the variant {name} is not in all of them and is left out")
        return start_run(_campaign(asked, revised, how, scenario.folder), world)


def _which(revision: AskedRevision, root: Path) -> str:
    """What a revision is, and of which repository; a commit that was named by its digits is told once."""
    if revision.commit is None:
        return f"revision: {revision.name} is what lies in {root} now"
    what = revision.name if revision.name == revision.commit else f"{revision.name} is {revision.commit}"
    return f"revision: {what} of {root}"


def _campaign(asked: Sequence[AskedRevision], revised: Revised, how: Measuring, home: Path) -> Campaign:
    last = asked[-1].scenario
    plan = make_plan(last.name, revised.variants, how.states or last.states, how.rounds, how.seed, canary=how.canary)
    return Campaign(
        scenario=last,
        home=home,
        axes=revised.axes,
        plan=plan,
        dockerfiles={**revised.dockerfiles, **(canaries(revised.variants) if how.canary else {})},
        engine=how.engine,
        builder=how.builder,
        timeout_s=how.timeout_s or last.limits.timeout_s,
        results=how.results,
        drop_page_cache=False,
        local_registry=False,
        command=how.command,
        disturbed_above=how.disturbed_above,
        revisions=tuple(asked),
        adaptive=how.adaptive,
    )
