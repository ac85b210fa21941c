"""What a run that is resumed must find as it was: the machine, the engine, the bases."""

from __future__ import annotations

from bench.app.asked import World
from bench.app.bases import BasesInEngine
from bench.errors import UsageError
from bench.model.run import EngineInfo, EngineKind, Machine, Run
from bench.pure.fingerprint import Fingerprint, differences, fingerprint_of
from bench.pure.fingerprint_fields import Comparison

# What must be the same for the trials of one run to belong together; `bench.pure.fingerprint_fields` has the rest.
SAME_MACHINE = ("hostname", "cpu_model", "cpus")


def refuse_other_machine(begun: Machine, found: Machine) -> None:
    """Raise UsageError naming the fields in which this machine differs from the one that a run began on."""
    differing = [name for name in SAME_MACHINE if getattr(begun, name) != getattr(found, name)]
    _refuse("machine", [f"{name} was {getattr(begun, name)}, is {getattr(found, name)}" for name in differing])


def refuse_other_engine(run: Run, engine: EngineInfo, found: Fingerprint, world: World) -> None:
    """Raise UsageError naming what must be the same for trials to belong to one run, and is not; say what else differs.

    A private engine is made anew and has a new name; the user's own has to be the same one. Fields that one side does
    not know are passed over: an older record has fewer.
    """
    differing = [one for one in differences(fingerprint_of(run), found) if one.is_certain]
    grave = [one.then_and_now for one in differing if one.comparison is Comparison.MUST_MATCH]
    if run.engine.kind is EngineKind.HOST and run.engine.name != engine.name:
        grave.insert(0, f"name was {run.engine.name}, is {engine.name}")
    _refuse("engine", grave)
    for one in differing:
        if one.comparison is Comparison.WARN:
            world.say(f"warning: since the run began, this has changed: {one.then_and_now}")


def _refuse(what: str, differing: list[str]) -> None:
    if differing:
        raise UsageError(
            f"this is not the {what} that the run began with: {'; '.join(differing)}",
            remedy=f"start a new run; trials of two {what}s do not belong in one",
        )


def refuse_other_bases(run: Run, bases: BasesInEngine) -> None:
    """Raise UsageError naming a base whose content is not what the run began with, or that is gone."""
    found = {base.name: base.digest for base in bases.prepared}
    for base in run.bases:
        if found.get(base.name) != base.digest:
            raise UsageError(
                f"the base {base.name} was {base.digest} when the run began, and is {found.get(base.name, 'gone')}",
                remedy="start a new run",
            )
