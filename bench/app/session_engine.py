"""The engine of a session: ours alone for a while, with the bases in it, and let go of whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from bench.app.asked import World
from bench.app.bases import BasesInEngine, bases_in_engine
from bench.app.host_keeper import HostKeeper
from bench.errors import EngineError
from bench.model.run import EngineKind
from bench.ports.engine_lock import FileEngineLock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.host_ledger import HostLedger
from bench.ports.protocols import Engine


@contextmanager
def session_engine(choice: EngineChoice, run_id: str, world: World) -> Iterator[Engine]:
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
def session_host(run_id: str, engine: Engine, world: World) -> Iterator[HostKeeper | None]:
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
def session_bases(
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
