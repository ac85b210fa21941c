"""Reads a fingerprint: every field of the registry, as its value or as the reason why it cannot be had.

Takes a tenth of a second where an engine is asked, so it is read once, before the first trial. Neighbours:
`fingerprint_machine`, `fingerprint_limits` and `fingerprint_storage` read their parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.errors import EngineError
from bench.model.environment import Fact
from bench.model.run import EngineInfo, EngineKind
from bench.ports.fingerprint_limits import limit_values
from bench.ports.fingerprint_machine import Values, load_values, machine_values
from bench.ports.fingerprint_storage import storage_values
from bench.ports.kernel_files import Roots
from bench.ports.meters import NO_GROUP, runs_elsewhere
from bench.ports.process import run
from bench.ports.protocols import Engine
from bench.pure.builder_facts import BuilderFacts, parse_builder
from bench.pure.cgroup_files import Absent
from bench.pure.fingerprint import engine_facts, fact_of
from bench.pure.fingerprint_fields import FIELDS

INSPECT = ("docker", "buildx", "inspect", "default")
INSPECT_TIMEOUT_S = 20.0
NOT_READ = Absent("nothing here reads it")
NO_VERSION = Absent("the engine was built without the version of its BuildKit")

AskBuilder = Callable[[Mapping[str, str]], BuilderFacts | Absent]


def ask_builder(environment: Mapping[str, str]) -> BuilderFacts | Absent:
    """Ask Buildx what it knows of the engine's own builder. `environment` is the engine's."""
    try:
        done = run(INSPECT, env=environment, timeout_s=INSPECT_TIMEOUT_S, check=False)
    except EngineError as error:
        return Absent(error.message)
    if done.returncode != 0 or done.timed_out:
        return Absent(f"`{' '.join(INSPECT)}` gave no answer: {done.error_text or 'no end in time'}")
    return parse_builder(done.text + "\n")


def read_fingerprint(
    engine: Engine | Absent, *, roots: Roots | None = None, ask: AskBuilder = ask_builder
) -> dict[str, Fact]:
    """Every field of the registry, in its order. Without an engine `engine` says why there is none.

    What belongs to this machine is absent for an engine that runs elsewhere: it would be the wrong machine's.
    """
    roots = roots or Roots()
    facts = {name: fact_of(value) for name, value in _machine(engine, roots).items()} | _engine(engine, ask)
    return {name: facts.get(name, fact_of(NOT_READ)) for name in FIELDS}


def read_load(roots: Roots | None = None) -> dict[str, Fact]:
    """The fields that must be read before a run's own work begins."""
    return {name: fact_of(value) for name, value in load_values(roots or Roots()).items()}


def _machine(engine: Engine | Absent, roots: Roots) -> Values:
    if isinstance(engine, Absent):
        return {**machine_values(roots), **limit_values(roots, engine), **storage_values(engine, roots)}
    if elsewhere := runs_elsewhere(engine.info, proc_root=roots.proc):
        return {name: Absent(elsewhere) for name, field in FIELDS.items() if field.of_machine}
    return {
        **machine_values(roots),
        **limit_values(roots, engine.cgroup_parent or Absent(NO_GROUP)),
        **storage_values(Path(engine.info.data_root), roots),
    }


def _engine(engine: Engine | Absent, ask: AskBuilder) -> dict[str, Fact]:
    if isinstance(engine, Absent):
        return {name: fact_of(engine) for name, field in FIELDS.items() if not field.of_machine}
    told = engine_facts(engine.info)
    if engine.info.buildx_version is None:
        return {**told, **_builder(Absent("there is no Buildx to ask"), engine.info)}
    return {**told, **_builder(ask(engine.environment), engine.info)}


def _builder(found: BuilderFacts | Absent, info: EngineInfo) -> dict[str, Fact]:
    if isinstance(found, Absent):
        # The configuration of a private engine is Buildmark's own, whether Buildx answers or not.
        gc = fact_of(found) if info.kind is EngineKind.HOST else Fact(value=False)
        unknown = dict.fromkeys(("buildkit_version", "build_platforms", "build_cache_gc_rules"), fact_of(found))
        return {**unknown, "build_cache_gc": gc}
    return {
        "buildkit_version": fact_of(found.buildkit_version or NO_VERSION),
        "build_platforms": fact_of(found.platforms or Absent("Buildx names no platforms")),
        "build_cache_gc": Fact(value=bool(found.gc_rules)),
        "build_cache_gc_rules": Fact(value=found.gc_rules),
    }
