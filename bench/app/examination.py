"""Examinations: gathering what the checks look at, before a run (what is cheap) and for `buildmark doctor` (all)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.errors import BuildmarkError
from bench.model.build import BuilderKind
from bench.model.environment import Examination, Fact, Finding
from bench.ports.engine_lock import FileEngineLock
from bench.ports.engines import EngineChoice, open_engine
from bench.ports.fingerprint import read_fingerprint, read_load
from bench.ports.fingerprint_storage import filesystem_of, free_bytes
from bench.ports.kernel_files import Roots
from bench.ports.meter_parts import HOST_WIDE
from bench.ports.meters import make_meter, runs_elsewhere
from bench.ports.observations import (
    Pause,
    clock_facts,
    find_emulators,
    find_fanotify,
    find_watchers,
    runs_as_root,
    sample_cpu,
)
from bench.ports.protocols import Clock, Engine, Metered
from bench.pure.cgroup_files import Absent
from bench.pure.checks import CHECKS
from bench.pure.diagnosis import Evidence, Meters, Observations, diagnose, warnings_of

HOLDER = "buildmark doctor"
NO_ENGINE = Absent("there is no engine to ask")


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What an examination is given: nothing below reads these by itself."""

    environment: Mapping[str, str]
    clock: Clock
    cache: Path
    results: Path
    pause: Pause
    roots: Roots = Roots()


def examine(choice: EngineChoice, around: Surroundings, *, builder: BuilderKind, platform: str | None) -> Examination:
    """Look at everything. Opens the engine as a run would, and lets go of it; where none can be had, that is a finding.

    The CPUs are sampled before the engine is opened, since starting one is work.
    """
    roots = around.roots
    load = read_load(roots)
    is_root = runs_as_root()
    seen = msgspec.structs.replace(
        _before_a_run(around.results, roots, builder=builder, platform=platform),
        cpu=sample_cpu(roots, around.pause),
        watchers=find_watchers(roots.proc),
        fanotify=find_fanotify(roots.proc, is_root=is_root),
        clock=clock_facts(around.clock),
        is_root=is_root,
    )
    try:
        engine = open_engine(choice, environment=around.environment, clock=around.clock, cache=around.cache)
    except BuildmarkError as error:
        seen = msgspec.structs.replace(seen, engine_error=error.message, engine_remedy=error.remedy, meters=NO_ENGINE)
        return _examination(None, {**read_fingerprint(NO_ENGINE, roots=roots), **load}, seen)
    try:
        return _with_engine(engine, around, load, seen)
    finally:
        engine.close()


def warnings_before_run(
    engine: Engine,
    fingerprint: Mapping[str, Fact],
    *,
    results: Path,
    builder: BuilderKind,
    platform: str | None,
    roots: Roots | None = None,
) -> tuple[Finding, ...]:
    """The warnings and problems that can be seen without waiting, for the start of a run."""
    roots = roots or Roots()
    seen = msgspec.structs.replace(
        _before_a_run(results, roots, builder=builder, platform=platform),
        elsewhere=runs_elsewhere(engine.info, proc_root=roots.proc),
    )
    return warnings_of(diagnose(Evidence(facts=fingerprint, seen=seen), CHECKS))


def _with_engine(engine: Engine, around: Surroundings, load: Mapping[str, Fact], seen: Observations) -> Examination:
    facts = {**read_fingerprint(engine, roots=around.roots), **load}
    seen = msgspec.structs.replace(
        seen,
        elsewhere=runs_elsewhere(engine.info, proc_root=around.roots.proc),
        meters=_meters(engine, around, seen.builder),
    )
    return _examination(engine.info.name, facts, seen)


def _examination(engine: str | None, facts: Mapping[str, Fact], seen: Observations) -> Examination:
    findings = diagnose(Evidence(facts=facts, seen=seen), CHECKS)
    return Examination(engine=engine, fingerprint=facts, findings=findings)


def _before_a_run(results: Path, roots: Roots, *, builder: BuilderKind, platform: str | None) -> Observations:
    mount = filesystem_of(results, roots)
    return Observations(
        builder=builder,
        platform=platform,
        emulators=find_emulators(roots.proc),
        results_filesystem=mount if isinstance(mount, Absent) else mount.filesystem,
        results_free_bytes=free_bytes(results),
    )


def _meters(engine: Engine, around: Surroundings, builder: BuilderKind) -> Meters | Absent:
    """What the meters give over nothing. Not while a run has the engine: meters of peaks are reset when they start."""
    try:
        with FileEngineLock(around.cache, around.clock).hold(engine.info.name, HOLDER):
            meter = make_meter(engine, builder=builder, proc_root=around.roots.proc, sys_root=around.roots.sys)
            return meters_of(meter.start().stop())
    except BuildmarkError as error:
        return Absent(error.message)


def meters_of(metered: Metered) -> Meters:
    """Which metrics are host-wide, and which are absent, of what a meter gave."""
    host_wide = tuple(name for name, reading in metered.readings.items() if reading.meter == HOST_WIDE)
    return Meters(host_wide=host_wide, absent=metered.absent)
