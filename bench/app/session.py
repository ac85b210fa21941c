"""From a plan to a finished run, and from an unfinished run to a finished one.

Each is a short list of steps over the other rooms: open the engine, get the bases, lay out the run's folder, run the
missing trials, leave the engine as it was.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import __version__
from bench.app.bases import BasesInEngine, bases_in_engine
from bench.app.campaign import missing_trials, refuse_foreign_cache_mounts, run_campaign
from bench.app.host_keeper import HostKeeper
from bench.app.workbench import Watcher, Workbench
from bench.errors import EngineError, InputError, UsageError
from bench.model.build import BuilderKind
from bench.model.plan import Plan
from bench.model.run import EngineInfo, EngineKind, Machine, Run
from bench.model.scenario import Axis, Base, Scenario, Variant
from bench.ports.builders import make_builder
from bench.ports.engine_lock import FileEngineLock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.host_access import build_secrets, proxy_args
from bench.ports.host_ledger import HostLedger
from bench.ports.machine import describe_machine
from bench.ports.meters import make_meter
from bench.ports.protocols import Clock, Engine
from bench.ports.run_folder import RunFolder, RunWriter
from bench.ports.run_store import RunStore
from bench.ports.scenario_files import load_scenario
from bench.ports.scratch_context import (
    context_files,
    drop_context,
    has_context,
    keep_context,
    kept_context,
    staged_context,
)
from bench.ports.signals import endings_interrupt

# What must be the same for the trials of one run to belong together.
SAME_ENGINE = ("kind", "server_version", "buildx_version", "storage_driver", "cgroup_version", "cpus")
SAME_MACHINE = ("hostname", "cpu_model", "cpus")


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a session: passed in, so that nothing below reads it by itself. `say` tells the user a line."""

    environment: Mapping[str, str]
    clock: Clock
    cache: Path
    catalogue: Mapping[str, Base]
    watcher: Watcher
    say: Callable[[str], None]


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked to be run: `dockerfiles` by variant. `command` is the command line, for the record."""

    scenario: Scenario
    axes: tuple[Axis, ...]
    plan: Plan
    dockerfiles: Mapping[str, str]
    engine: EngineChoice
    builder: BuilderKind
    timeout_s: float
    results: Path
    command: tuple[str, ...]
    disturbed_above: float | None = None


def start_run(asked: Campaign, world: World) -> RunFolder:
    """Run a campaign from its beginning; returns the folder of its run.

    Raises EngineError, StorageError, InputError; InterruptedRunError when the user stopped it.
    """
    store = RunStore(asked.results)
    with (
        endings_interrupt(),
        store.reserved(world.clock, asked.scenario.name) as run_id,
        staged_context(asked.scenario.context, asked.results) as staged,
        _engine(asked.engine, run_id, world) as engine,
        _host(run_id, engine, world) as host,
    ):
        refuse_foreign_cache_mounts(asked.dockerfiles, engine.info.kind, asked.builder)
        names, platform = _base_names(asked.plan.variants), asked.scenario.platform
        with _bases(names, engine, host, world, platform=platform) as bases:
            run = _describe(asked, world, run_id=run_id, engine=engine, bases=bases, context_sha256=staged.facts.sha256)
            with store.create(run) as writer:
                for variant, text in asked.dockerfiles.items():
                    writer.write_dockerfile(variant, text)
                keep_context(staged, writer)
                _run_missing(writer, engine, host, world)
                return RunFolder(writer.path)


def resume_run(name: str, results: Path, world: World) -> RunFolder:
    """Run the trials of an earlier run that are missing; returns its folder.

    Raises UsageError where the engine or a base is no longer what the run began with, and what `start_run` raises.
    """
    with endings_interrupt(), RunStore(results).reopen(name) as writer:
        run = writer.read_run()
        if not missing_trials(run, writer.read_trials(run).trials):
            world.say(f"run {run.id} is complete: nothing to resume")
            return RunFolder(writer.path)
        refuse_other_machine(run.machine, describe_machine())
        _bring_context_back(run, writer, world)
        with (
            _engine(EngineChoice(run.engine_requested), run.id, world) as engine,
            _host(run.id, engine, world) as host,
        ):
            refuse_other_engine(run.engine, engine.info)
            names = [base.name for base in run.bases]
            with _bases(names, engine, host, world, platform=run.platform) as bases:
                refuse_other_bases(run, bases)
                _run_missing(writer, engine, host, world)
        return RunFolder(writer.path)


def refuse_other_machine(begun: Machine, found: Machine) -> None:
    """Raise UsageError naming the fields in which this machine differs from the one that a run began on."""
    _refuse_other("machine", SAME_MACHINE, begun, found)


def refuse_other_engine(begun: EngineInfo, found: EngineInfo) -> None:
    """Raise UsageError naming the fields in which the engine differs from the one that a run began with.

    A private engine is made anew and has a new name; the user's own has to be the same one.
    """
    own = ("name",) if begun.kind is EngineKind.HOST else ()
    _refuse_other("engine", (*SAME_ENGINE, *own), begun, found)


def _refuse_other(what: str, fields: tuple[str, ...], begun: msgspec.Struct, found: msgspec.Struct) -> None:
    differing = [name for name in fields if getattr(begun, name) != getattr(found, name)]
    if differing:
        words = ", ".join(f"{name} was {getattr(begun, name)}, is {getattr(found, name)}" for name in differing)
        raise UsageError(
            f"this is not the {what} that the run began with: {words}",
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


@contextmanager
def _engine(choice: EngineChoice, run_id: str, world: World) -> Iterator[Engine]:
    """An engine that is ours alone for a while, and is let go of whatever happens."""
    engine = open_engine(choice, environment=world.environment, clock=world.clock, cache=world.cache)
    try:
        info = engine.info
        world.say(
            f"engine: {info.name} ({info.kind}), Docker {info.server_version}, {info.storage_driver}, "
            f"cgroup v{info.cgroup_version}"
        )
        with FileEngineLock(world.cache, world.clock).hold(info.name, f"run {run_id}"):
            yield engine
    finally:
        engine.close()


@contextmanager
def _host(run_id: str, engine: Engine, world: World) -> Iterator[HostKeeper | None]:
    """The keeper of the user's own engine; None on a private one. An engine that has died is tidied up another time."""
    if engine.info.kind is EngineKind.PRIVATE:
        yield None
        return
    keeper = HostKeeper(engine, HostLedger(world.cache, engine.info.name), world.clock, run_id)
    try:
        yield keeper
    finally:
        with contextlib.suppress(EngineError):
            keeper.close()


@contextmanager
def _bases(
    names: list[str], engine: Engine, host: HostKeeper | None, world: World, *, platform: str | None
) -> Iterator[BasesInEngine]:
    """The bases in the engine; on the user's own, what was not there before is removed afterwards."""
    with bases_in_engine(
        names,
        world.catalogue,
        engine,
        environment=world.environment,
        clock=world.clock,
        cache=world.cache,
        platform=platform,
        say=world.say,
        note=(lambda _: None) if host is None else host.note_ref,
    ) as bases:
        for base in bases.prepared:
            world.say(f"base: {base.name} from {base.source}: {base.origin}")
        for gone in bases.unavailable:
            world.say(f"base: {gone.name} cannot be had, its variants are left out: {gone.reason}")
        yield bases


def _base_names(variants: tuple[Variant, ...]) -> list[str]:
    return list(dict.fromkeys(variant.base for variant in variants if variant.base is not None))


def _describe(
    asked: Campaign, world: World, *, run_id: str, engine: Engine, bases: BasesInEngine, context_sha256: str
) -> Run:
    return Run(
        id=run_id,
        title=asked.scenario.title,
        buildmark_version=__version__,
        created_at=world.clock.now(),
        command=asked.command,
        scenario_folder=str(asked.scenario.folder),
        context_sha256=context_sha256,
        plan=asked.plan,
        axes={axis.name: tuple(level.name for level in axis.levels) for axis in asked.axes},
        args=asked.scenario.args,
        platform=asked.scenario.platform,
        smoke=asked.scenario.smoke,
        timeout_s=asked.timeout_s,
        builder=asked.builder,
        engine_requested=asked.engine,
        engine=engine.info,
        machine=describe_machine(),
        bases=bases.prepared,
        unavailable=bases.unavailable,
        disturbed_above=asked.disturbed_above,
    )


def _bring_context_back(run: Run, writer: RunWriter, world: World) -> None:
    """See that the run has its build context: a complete one whose last record was cut off has dropped it.

    Raises InputError where the scenario's context is no longer what the run began with.
    """
    if has_context(writer):
        return
    scenario = load_scenario(run.scenario_folder, folders=(), known_bases=world.catalogue)
    with staged_context(scenario.context, writer.path.parent) as staged:
        if staged.facts.sha256 != run.context_sha256:
            raise InputError(
                f"{scenario.context}: the build context is not what the run {run.id} began with",
                remedy="bring it back to what it was, or start a new run",
            )
        keep_context(staged, writer)


def _run_missing(writer: RunWriter, engine: Engine, host: HostKeeper | None, world: World) -> None:
    run = writer.read_run()
    recorded = writer.read_trials(run).trials
    context = kept_context(writer)
    run_campaign(run, _workbench(run, writer, engine, host, context=context, world=world), recorded)
    drop_context(writer)


def _resume_command(run_id: str, results: Path) -> str:
    """How to finish a run from where the user stands; the default results folder need not be named."""
    where = "" if results == Path("results").resolve() else f" --results {shlex.quote(str(results))}"
    return f"buildmark resume {run_id}{where}"


def _workbench(
    run: Run, writer: RunWriter, engine: Engine, host: HostKeeper | None, *, context: Path, world: World
) -> Workbench:
    return Workbench(
        engine=engine,
        builder=make_builder(run.builder, engine, world.clock),
        meter=make_meter(engine, builder=run.builder, clock=world.clock),
        clock=world.clock,
        recorder=writer,
        host=host,
        watcher=world.watcher,
        context=context,
        context_files=context_files(context),
        dockerfiles={variant.id: writer.dockerfile(variant.id) for variant in run.plan.variants},
        build_args=proxy_args(world.environment),
        secrets=build_secrets(world.environment),
        resume_command=_resume_command(run.id, writer.path.parent.resolve()),
    )
