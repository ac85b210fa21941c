"""From a plan to a finished run, and from an unfinished run to a finished one.

Each is a short list of steps over the other rooms: open the engine, get the bases, lay out the run's folder, run the
missing trials, leave the engine as it was.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import __version__
from bench.app.bases import BasesInEngine, bases_in_engine
from bench.app.campaign import missing_trials, refuse_foreign_cache_mounts, run_campaign
from bench.app.examination import warnings_before_run
from bench.app.host_keeper import HostKeeper
from bench.app.layer_scale import LayerScale
from bench.app.shelf import Shelf, publish, refuse_impossible_pull, refuse_unpullable
from bench.app.workbench import Watcher, Workbench
from bench.errors import EngineError, InputError, UsageError
from bench.model.build import BuilderKind
from bench.model.environment import Fact, Finding
from bench.model.plan import Plan
from bench.model.run import EngineInfo, EngineKind, Machine, Run
from bench.model.scenario import Axis, Base, Scenario, State, Variant
from bench.ports.builders import make_builder
from bench.ports.context_edit import check_edit
from bench.ports.engine_lock import FileEngineLock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.fingerprint import read_fingerprint, read_load
from bench.ports.git import read_source
from bench.ports.host_access import build_secrets, proxy_args
from bench.ports.host_ledger import HostLedger
from bench.ports.machine import describe_machine
from bench.ports.meters import make_meter
from bench.ports.page_cache import PageCache
from bench.ports.protocols import Clock, Engine
from bench.ports.registry import local_registry
from bench.ports.run_folder import RunFolder, RunWriter
from bench.ports.run_store import RunStore
from bench.ports.scenario_files import load_scenario
from bench.ports.scratch_context import (
    StagedContext,
    context_files,
    drop_context,
    has_context,
    keep_context,
    kept_context,
    staged_context,
)
from bench.ports.signals import endings_interrupt
from bench.pure.diagnosis import one_line
from bench.pure.fingerprint import Fingerprint, differences, fingerprint_of
from bench.pure.fingerprint_fields import Comparison

# What must be the same for the trials of one run to belong together; `bench.pure.fingerprint_fields` has the rest.
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
    drop_page_cache: bool
    local_registry: bool
    command: tuple[str, ...]
    disturbed_above: float | None = None


def start_run(asked: Campaign, world: World) -> RunFolder:
    """Run a campaign from its beginning; returns the folder of its run.

    Raises EngineError, StorageError, InputError; InterruptedRunError when the user stopped it.
    """
    load = read_load()  # first, or the run's own preparations are in it
    store = RunStore(asked.results)
    with (
        endings_interrupt(),
        store.reserved(world.clock, asked.scenario.name) as run_id,
        _staged(asked, world) as staged,
        _engine(asked.engine, run_id, world) as engine,
        _host(run_id, engine, world) as host,
    ):
        refuse_foreign_cache_mounts(asked.dockerfiles, engine.info.kind, asked.builder)
        refuse_impossible_pull(asked.plan, engine.info.kind, asked.builder)
        names, platform = _base_names(asked.plan.variants), asked.scenario.platform
        with _bases(names, engine, host, world, platform=platform) as bases:
            sha256 = staged.facts.sha256
            run = _describe(asked, world, run_id=run_id, engine=engine, bases=bases, context_sha256=sha256, load=load)
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
            refuse_other_engine(run, engine.info, read_fingerprint(engine), world)
            names = [base.name for base in run.bases]
            with _bases(names, engine, host, world, platform=run.platform) as bases:
                refuse_other_bases(run, bases)
                _run_missing(writer, engine, host, world)
        return RunFolder(writer.path)


@contextmanager
def _staged(asked: Campaign, world: World) -> Iterator[StagedContext]:
    """The staged context, on which every edit that the plan needs was tried: a wrong one must not cost a build."""
    with staged_context(asked.scenario.context, asked.results) as staged:
        for state in asked.plan.states:
            if edit := asked.scenario.edits.get(state):
                check_edit(edit, staged.folder, staged.folder.with_name("edited"), world.environment)
        yield staged


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
    asked: Campaign,
    world: World,
    *,
    run_id: str,
    engine: Engine,
    bases: BasesInEngine,
    context_sha256: str,
    load: Fingerprint,
) -> Run:
    fingerprint, findings = _look_around(asked, world, engine, load)
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
        edits=asked.scenario.edits,
        drop_page_cache=asked.drop_page_cache,
        local_registry=asked.local_registry,
        builder=asked.builder,
        engine_requested=asked.engine,
        engine=engine.info,
        machine=describe_machine(),
        bases=bases.prepared,
        unavailable=bases.unavailable,
        fingerprint=fingerprint,
        findings=findings,
        disturbed_above=asked.disturbed_above,
        git=read_source(asked.scenario.folder, world.environment),
    )


def _look_around(
    asked: Campaign, world: World, engine: Engine, load: Fingerprint
) -> tuple[dict[str, Fact], tuple[Finding, ...]]:
    """The fingerprint of where a run takes place, and what of it the user must hear before the first trial."""
    fingerprint = {**read_fingerprint(engine), **load}
    findings = warnings_before_run(
        engine, fingerprint, results=asked.results, builder=asked.builder, platform=asked.scenario.platform
    )
    for finding in findings:
        world.say(one_line(finding))
    return fingerprint, findings


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
    with _shelf(run, engine, world) as shelf:
        bench = _workbench(run, writer, engine, context=context, world=world)
        run_campaign(run, msgspec.structs.replace(bench, host=host, shelf=shelf), recorded)
    drop_context(writer)


def _scale(run: Run, engine: Engine, world: World) -> LayerScale:
    scale = LayerScale(engine, world.cache)
    scale.learn(run.bases, say=world.say)
    return scale


@contextmanager
def _shelf(run: Run, engine: Engine, world: World) -> Iterator[Shelf | None]:
    """The bases as something that can be pulled, where the plan has the state pull."""
    if State.PULL not in run.plan.states:
        yield None
    elif run.local_registry:
        with local_registry(world.cache, world.environment) as registry:
            yield publish(engine, run.bases, registry)
    else:
        refuse_unpullable(run.bases)
        yield publish(engine, run.bases, None)


def _resume_command(run_id: str, results: Path) -> str:
    """How to finish a run from where the user stands; the default results folder need not be named."""
    where = "" if results == Path("results").resolve() else f" --results {shlex.quote(str(results))}"
    return f"buildmark resume {run_id}{where}"


def _workbench(run: Run, writer: RunWriter, engine: Engine, *, context: Path, world: World) -> Workbench:
    return Workbench(
        engine=engine,
        builder=make_builder(run.builder, engine, world.clock),
        meter=make_meter(engine, builder=run.builder, clock=world.clock),
        clock=world.clock,
        scale=_scale(run, engine, world),
        recorder=writer,
        watcher=world.watcher,
        context=context,
        context_files=context_files(context),
        dockerfiles={variant.id: writer.dockerfile(variant.id) for variant in run.plan.variants},
        build_args=proxy_args(world.environment),
        secrets=build_secrets(world.environment),
        environment=world.environment,
        page_cache=PageCache(engine.info, user=os.geteuid()) if run.drop_page_cache else None,
        resume_command=_resume_command(run.id, writer.path.parent.resolve()),
    )
