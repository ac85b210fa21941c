"""From a plan to a finished run, and from an unfinished run to a finished one.

Each is a short list of steps over the other rooms: open the engine, get the bases, lay out the run's folder, run the
missing trials, leave the engine as it was.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench import __version__
from bench.app.asked import Campaign, World
from bench.app.bases import BasesInEngine
from bench.app.campaign import refuse_foreign_cache_mounts, run_campaign
from bench.app.examination import warnings_before_run
from bench.app.host_keeper import HostKeeper
from bench.app.layer_scale import LayerScale
from bench.app.refusals import refuse_other_bases, refuse_other_engine, refuse_other_machine
from bench.app.session_contexts import bring_contexts_back, revision_names, revision_records, staged_contexts
from bench.app.session_engine import session_bases, session_engine, session_host
from bench.app.shelf import Shelf, publish, refuse_impossible_pull, refuse_unpullable
from bench.app.workbench import Workbench
from bench.model.environment import Fact, Finding
from bench.model.run import Run
from bench.model.scenario import State, Variant
from bench.ports.builders import make_builder
from bench.ports.engines import EngineChoice
from bench.ports.fingerprint import read_fingerprint, read_load
from bench.ports.git import read_source
from bench.ports.host_access import build_secrets, proxy_args
from bench.ports.machine import describe_machine
from bench.ports.meters import make_meter
from bench.ports.page_cache import PageCache
from bench.ports.protocols import Engine
from bench.ports.registry import local_registry
from bench.ports.run_folder import RunFolder, RunWriter
from bench.ports.run_store import RunStore
from bench.ports.scratch_context import StagedContext, drop_contexts, keep_context, kept_context
from bench.ports.signals import endings_interrupt
from bench.pure.diagnosis import one_line
from bench.pure.fingerprint import Fingerprint
from bench.pure.planning import built_variants
from bench.pure.schedule import due_trials


def start_run(asked: Campaign, world: World) -> RunFolder:
    """Run a campaign from its beginning; returns the folder of its run.

    Raises EngineError, StorageError, InputError; InterruptedRunError when the user stopped it.
    """
    load = read_load()  # first, or the run's own preparations are in it
    store = RunStore(asked.results)
    with (
        endings_interrupt(),
        store.reserved(world.clock, asked.scenario.name) as run_id,
        staged_contexts(asked, world) as staged,
        session_engine(asked.engine, run_id, world) as engine,
        session_host(run_id, engine, world) as host,
    ):
        refuse_foreign_cache_mounts(asked.dockerfiles, engine.info.kind, asked.builder)
        refuse_impossible_pull(asked.plan, engine.info.kind, asked.builder)
        names, platform = base_names(asked.plan.variants), asked.scenario.platform
        with session_bases(names, engine, host, world, platform=platform) as bases:
            run = describe_run(asked, world, run_id=run_id, engine=engine, bases=bases, staged=staged, load=load)
            with store.create(run) as writer:
                for variant, text in asked.dockerfiles.items():
                    writer.write_dockerfile(variant, text)
                for revision, context in staged.items():
                    keep_context(context, writer, revision)
                _run_missing(writer, engine, host, world)
                return RunFolder(writer.path)


def resume_run(name: str, results: Path, world: World) -> RunFolder:
    """Run the trials of an earlier run that are missing; returns its folder.

    Raises UsageError where the engine or a base is no longer what the run began with, and what `start_run` raises.
    """
    with endings_interrupt(), RunStore(results).reopen(name) as writer:
        run = writer.read_run()
        if not due_trials(run, writer.read_trials(run).trials):
            world.say(f"run {run.id} is complete: nothing to resume")
            return RunFolder(writer.path)
        refuse_other_machine(run.machine, describe_machine())
        bring_contexts_back(run, writer, world)
        with (
            session_engine(EngineChoice(run.engine_requested), run.id, world) as engine,
            session_host(run.id, engine, world) as host,
        ):
            refuse_other_engine(run, engine.info, read_fingerprint(engine), world)
            names = [base.name for base in run.bases]
            with session_bases(names, engine, host, world, platform=run.platform) as bases:
                refuse_other_bases(run, bases)
                _run_missing(writer, engine, host, world)
        return RunFolder(writer.path)


def base_names(variants: tuple[Variant, ...]) -> list[str]:
    """The bases that these variants stand on, each once."""
    return list(dict.fromkeys(variant.base for variant in variants if variant.base is not None))


def describe_run(
    asked: Campaign,
    world: World,
    *,
    run_id: str,
    engine: Engine,
    bases: BasesInEngine,
    staged: Mapping[str, StagedContext],
    load: Fingerprint,
) -> Run:
    """What a run that begins now records of itself. Says what of the machine the user must hear."""
    fingerprint, findings = _look_around(asked, world, engine, load)
    return Run(
        id=run_id,
        title=asked.scenario.title,
        buildmark_version=__version__,
        created_at=world.clock.now(),
        command=asked.command,
        scenario_folder=str(asked.home),
        context_sha256=tuple(staged.values())[-1].facts.sha256,
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
        revisions=revision_records(asked, staged),
        adaptive=asked.adaptive,
        git=read_source(asked.home, world.environment),
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


def _run_missing(writer: RunWriter, engine: Engine, host: HostKeeper | None, world: World) -> None:
    run = writer.read_run()
    recorded = writer.read_trials(run).trials
    contexts = {name: kept_context(writer, name) for name in revision_names(run)}
    with _shelf(run, engine, world) as shelf:
        bench = make_workbench(run, writer, engine, contexts=contexts, world=world)
        run_campaign(run, msgspec.structs.replace(bench, host=host, shelf=shelf), recorded)
    drop_contexts(writer)


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


def make_workbench(
    run: Run, writer: RunWriter, engine: Engine, *, contexts: Mapping[str, Path], world: World
) -> Workbench:
    """What the trials of a run work with, without the keeper of a user's engine and without a shelf."""
    return Workbench(
        engine=engine,
        builder=make_builder(run.builder, engine, world.clock),
        meter=make_meter(engine, builder=run.builder, clock=world.clock),
        clock=world.clock,
        scale=_scale(run, engine, world),
        recorder=writer,
        watcher=world.watcher,
        contexts=contexts,
        dockerfiles={variant: writer.dockerfile(variant) for variant in built_variants(run.plan)},
        build_args=proxy_args(world.environment),
        secrets=build_secrets(world.environment),
        environment=world.environment,
        page_cache=PageCache(engine.info, user=os.geteuid()) if run.drop_page_cache else None,
        resume_command=_resume_command(run.id, writer.path.parent.resolve()),
    )
