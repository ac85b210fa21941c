"""Small factories of valid values for tests: a run of a few variants, and the trials that it yields.

Every argument has a default, so that a test names only what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec

from bench.model.build import BuilderKind, Phases, Step, StepKind, StepStatus
from bench.model.plan import Plan, PlannedTrial
from bench.model.run import EngineInfo, EngineKind, Machine, Run, UnavailableBase
from bench.model.scenario import Family, PreparedBase, SmokeTest, SourceKind, State, Variant, base_ref
from bench.model.trial import CacheUse, ImageFacts, Proof, Reading, SmokeResult, Trial, TrialStatus

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AXES = {"base": ("debian-12", "alpine-3.23"), "stages": ("single", "multi")}


def make_variants(axes: Mapping[str, tuple[str, ...]] = AXES) -> tuple[Variant, ...]:
    return tuple(
        Variant(id="-".join(levels), levels=dict(zip(axes, levels, strict=True))) for levels in product(*axes.values())
    )


def make_plan(
    axes: Mapping[str, tuple[str, ...]] = AXES,
    *,
    rounds: int = 3,
    states: tuple[State, ...] = (State.COLD, State.WARM),
    scenario: str = "quick",
) -> Plan:
    variants = make_variants(axes)
    places = product(range(1, rounds + 1), variants, states)
    trials = tuple(
        PlannedTrial(number=number, round=round_, variant=variant.id, state=state)
        for number, (round_, variant, state) in enumerate(places, start=1)
    )
    return Plan(scenario=scenario, seed=7, rounds=rounds, states=states, variants=variants, trials=trials)


def make_engine(**changes: Any) -> EngineInfo:
    engine = EngineInfo(
        kind=EngineKind.PRIVATE,
        name="private",
        endpoint="unix:///run/buildmark/docker.sock",
        server_version="28.5.2",
        buildx_version="v0.29.1",
        storage_driver="overlay2",
        cgroup_driver="cgroupfs",
        cgroup_version=1,
        operating_system="Debian GNU/Linux 12 (bookworm)",
        architecture="x86_64",
        cpus=2,
        memory_bytes=8 * 2**30,
        data_root="/var/lib/buildmark/data",
    )
    return msgspec.structs.replace(engine, **changes)


def make_run(plan: Plan | None = None, *, axes: Mapping[str, tuple[str, ...]] = AXES, **changes: Any) -> Run:
    plan = plan or make_plan(axes)
    run = Run(
        id="20261123-090000-quick",
        title="Small assets, no network",
        buildmark_version="0.1.0",
        created_at=START,
        command=("buildmark", "run", "quick"),
        scenario_folder="/srv/scenarios/quick",
        context_sha256="ef" * 32,
        plan=plan,
        axes=dict(axes),
        args={},
        platform=None,
        smoke=SmokeTest(command=("/srv/check",)),
        timeout_s=1800.0,
        builder=BuilderKind.BUILDKIT,
        engine_requested="auto",
        engine=make_engine(),
        machine=Machine(hostname="bench", kernel="6.1.0", cpu_model="A CPU", cpus=2, memory_bytes=8 * 2**30),
        bases=tuple(make_base(name) for name in axes.get("base", ())),
        unavailable=(),
    )
    return msgspec.structs.replace(run, **changes)


def make_base(name: str = "debian-12") -> PreparedBase:
    return PreparedBase(
        name=name,
        family=Family.APK if name.startswith("alpine") else Family.APT,
        ref=base_ref(name),
        digest="sha256:" + "ab" * 32,
        size_bytes=173_000_000,
        source=SourceKind.ENGINE,
        origin=name,
    )


def make_unavailable(name: str = "ubuntu-24.04", reason: str = "no registry answers") -> UnavailableBase:
    return UnavailableBase(name=name, reason=reason)


def make_steps(*, cached: bool = False) -> tuple[Step, ...]:
    status = StepStatus.CACHED if cached else StepStatus.EXECUTED
    names = (("COPY assets /srv", StepKind.COPY), ("RUN gzip -k /srv/*", StepKind.RUN))
    return tuple(
        Step(
            digest=f"sha256:{position:064}",
            name=name,
            kind=kind,
            stage="build",
            position=position + 1,
            status=status,
            start_s=0.1 * position,
            duration_s=0.0 if cached else 0.5,
        )
        for position, (name, kind) in enumerate(names, start=1)
    )


def make_trial(planned: PlannedTrial | None = None, **changes: Any) -> Trial:
    """A valid trial of `planned`; `changes` replace its fields. Warm trials hit everything, cold ones nothing."""
    planned = planned or make_plan().trials[0]
    warm = planned.state is State.WARM
    hits = 2 if warm else 0
    trial = Trial(
        number=planned.number,
        round=planned.round,
        variant=planned.variant,
        state=planned.state,
        status=TrialStatus.VALID,
        reason=None,
        started_at=START + timedelta(seconds=5 * planned.number),
        wall_s=0.2 if warm else 1.24,
        phases=Phases(context_s=0.02, pull_s=None, steps_s=0.0 if warm else 1.0, export_s=0.1),
        steps=make_steps(cached=warm),
        cache=CacheUse(
            eligible=2,
            hits=hits,
            misses=2 - hits,
            never_started=0,
            hit_ratio=hits / 2,
            hit_ratio_by_time=float(hits / 2),
        ),
        image=ImageFacts(id="sha256:" + "cd" * 32, size_bytes=83_100_000, layers=3),
        resources={
            "cpu_user_s": Reading(value=0.8, meter="cgroup-v1"),
            "cpu_system_s": Reading(value=0.2, meter="cgroup-v1"),
            "memory_peak_bytes": Reading(value=52_428_800, meter="cgroup-v1"),
            "disk_written_bytes": Reading(value=4_194_304, meter="host-wide"),
            "cache_growth_bytes": Reading(value=1_000_000, meter="engine"),
        },
        absent={"disk_read_bytes": "this machine has no block statistics"},
        proof=Proof(
            holds=True, executed=2 - hits, cached=hits, context_bytes=None if warm else 2048, pulled_bytes=0, reasons=()
        ),
        smoke=None,
        dockerfile=f"dockerfiles/{planned.variant}/Dockerfile",
        log=f"logs/{planned.number:04}-{planned.variant}-{planned.state}.log",
        log_tail=(),
        overhead_s={"prepare": 0.1, "record": 0.01},
    )
    return msgspec.structs.replace(trial, **changes)


def make_lost_trial(planned: PlannedTrial, status: TrialStatus, reason: str) -> Trial:
    """A trial that measured nothing: failed, timed out, or its base was not to be had."""
    return make_trial(
        planned,
        status=status,
        reason=reason,
        wall_s=None,
        phases=None,
        steps=(),
        cache=None,
        image=None,
        resources={},
        absent={"cpu_user_s": reason},
        proof=None,
        log=None,
    )


def make_smoke(*, passed: bool = True) -> SmokeResult:
    return SmokeResult(
        passed=passed, exit_code=0 if passed else 1, output="ok", reason=None if passed else "exit code 1, not 0"
    )


def make_trials(plan: Plan, *, wall_s: Mapping[tuple[str, State, int], float] | None = None) -> tuple[Trial, ...]:
    """A valid trial for every planned one; `wall_s` maps (variant, state, round) to what it took."""
    given = wall_s or {}
    return tuple(_timed(planned, given) for planned in plan.trials)


def _timed(planned: PlannedTrial, wall_s: Mapping[tuple[str, State, int], float]) -> Trial:
    trial = make_trial(planned)
    return msgspec.structs.replace(
        trial, wall_s=wall_s.get((planned.variant, planned.state, planned.round), trial.wall_s)
    )


def replace_trials(trials: Iterable[Trial], *, when: Mapping[str, Any], **changes: Any) -> tuple[Trial, ...]:
    """Change the fields of those trials whose fields equal `when`."""
    return tuple(
        msgspec.structs.replace(trial, **changes)
        if all(getattr(trial, field) == value for field, value in when.items())
        else trial
        for trial in trials
    )
