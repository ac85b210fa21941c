"""Comparisons for pages: one in which everything happens, one of two runs, one with hostile names, a large one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from bench.model.build import Step, StepKind, StepStatus
from bench.model.environment import Fact, Finding, Severity
from bench.model.image_layers import ImageLayer
from bench.model.plan import Plan, PlannedTrial
from bench.model.run import Source
from bench.model.scenario import State
from bench.model.trial import StepUse, Trial, TrialStatus
from bench.pure.comparison import compare, compare_axis
from bench.pure.sides import Question, Side
from bench.report.html.compared.held import ComparedParts
from tests.builders import START, make_lost_trial, make_plan, make_run
from tests.pages import build, make_dockerfile
from tests.sides import WEATHER

COLD, WARM = State.COLD, State.WARM
AXES = {"base": ("debian-12", "alpine-3.23"), "rev": ("main", "HEAD")}
ADDED_S = 0.3
"""What the changed step of the slower row takes more, in seconds."""


def revisions(*, metric: str = "wall_s") -> ComparedParts:
    """Two revisions in twelve rounds, cold and warm: one row is slower for one step; four of its trials are lost."""
    plan = make_plan(AXES, rounds=12)
    run = make_run(plan, axes=AXES, findings=(_finding(),), fingerprint={"cpu_model": Fact(value="A CPU")})
    levels = {variant.id: variant.levels for variant in plan.variants}
    trials = [_of_revision(planned, levels[planned.variant]) for planned in plan.trials]
    failing, invalid, disturbed = (_number(plan, "debian-12-HEAD", round_) for round_ in (2, 3, 4))
    for number, reason in ((failing, "exit code 2"), (_number(plan, "debian-12-main", 5), "exit code 1")):
        trials[number - 1] = msgspec.structs.replace(
            make_lost_trial(plan.trials[number - 1], TrialStatus.FAILED, reason),
            log=f"logs/{number:04}-x.log",
            log_tail=("#7 [build 3/3] RUN make part-2", f"#7 failed: {reason}"),
        )
    trials[invalid - 1] = msgspec.structs.replace(
        trials[invalid - 1], status=TrialStatus.INVALID, reason="2 steps came from the cache"
    )
    trials[disturbed - 1] = msgspec.structs.replace(trials[disturbed - 1], disturbed="other work took 40 % of the CPU")
    return of_axis(Side(label=run.id, run=run, trials=tuple(trials)), metric=metric)


def _number(plan: Plan, variant: str, round_: int) -> int:
    """The number of a cold trial."""
    return next(one.number for one in plan.trials if (one.variant, one.round, one.state) == (variant, round_, COLD))


def of_axis(side: Side, *, metric: str = "wall_s") -> ComparedParts:
    files = {variant.id: dockerfile_of(variant.id) for variant in side.run.plan.variants}
    comparison = compare_axis(side, "rev", Question(metric=metric))
    return ComparedParts(comparison=comparison, base=side, head=side, dockerfiles=(files, files))


def dockerfile_of(variant: str) -> str:
    text = make_dockerfile(variant.removesuffix("-main").removesuffix("-HEAD"))
    return f"{text}RUN make docs\n" if variant == "debian-12-HEAD" else text


def _finding() -> Finding:
    return Finding(check="free space", severity=Severity.WARNING, seen="4 % of the disk is free", remedy="free some")


def _of_revision(planned: PlannedTrial, levels: Mapping[str, str]) -> Trial:
    """Of debian-12, HEAD's second step has another text and takes longer, and a step is added to it."""
    changed = levels == {"base": "debian-12", "rev": "HEAD"}
    plain_s = 0.2 if planned.state is WARM else 1.0
    weather = 1 + WEATHER[planned.round % len(WEATHER)]
    trial = build(planned, plain_s * weather + (ADDED_S if changed and planned.state is COLD else 0.0))
    if not changed:
        return trial
    steps = (_from(), *map(_changed, trial.steps), _added(trial))
    own = () if trial.layers is None else (*trial.layers.layers, _layer("RUN make docs", 5_000_000))
    return msgspec.structs.replace(
        trial,
        steps=steps,
        step_use=tuple(map(_used, trial.step_use)),
        layers=None if trial.layers is None else msgspec.structs.replace(trial.layers, layers=own),
    )


def _from() -> Step:
    return Step(
        digest="sha256:" + "f" * 64,
        name="FROM buildmark.invalid/debian-12:base",
        kind=StepKind.FROM,
        stage="build",
        position=1,
        status=StepStatus.EXECUTED,
        start_s=0.0,
        duration_s=0.01,
    )


def _changed(step: Step) -> Step:
    if not step.name.endswith("part-2") or not step.duration_s:
        return step
    return msgspec.structs.replace(step, name="RUN make part-2 --with=docs", duration_s=step.duration_s + ADDED_S)


def _used(use: StepUse) -> StepUse:
    return msgspec.structs.replace(use, cpu_s=0.11) if use.digest.endswith("2") else use


def _added(trial: Trial) -> Step:
    last = trial.steps[-1]
    return msgspec.structs.replace(last, digest="sha256:" + "9" * 64, name="RUN make docs", position=5, duration_s=0.0)


def _layer(instruction: str, size_bytes: int) -> ImageLayer:
    return ImageLayer(
        diff_id="sha256:" + "9" * 64,
        instruction=instruction,
        size_bytes=size_bytes,
        compressed_bytes=size_bytes // 3,
        waste_bytes=0,
        symlink_bytes=0,
        files=3,
        in_base=False,
    )


def two_runs() -> ComparedParts:
    """Two runs of different days: the later one is slower, and was made on another kernel from another commit."""
    axes = {"base": ("debian-12",)}
    plan = make_plan(axes, rounds=8, states=(COLD,))
    base, head = (
        make_run(
            plan,
            axes=axes,
            id=name,
            created_at=START + timedelta(days=days),
            fingerprint={"kernel": Fact(value=kernel), "load_1m": Fact(value=load)},
            git=Source(commit=commit * 40, branch="main", dirty=False, subject="Compress the assets once"),
        )
        for name, days, kernel, load, commit in (
            ("20261123-090000-quick", 0, "6.1.0", 0.1, "a"),
            ("20261124-090000-quick", 1, "6.12.9", 0.2, "b"),
        )
    )
    ours, theirs = (
        Side(
            label=run.id,
            run=run,
            trials=tuple(build(planned, seconds * (1 + WEATHER[planned.round])) for planned in plan.trials),
        )
        for run, seconds in ((base, 1.0), (head, 1.4))
    )
    files = {"debian-12": make_dockerfile("debian-12")}
    return ComparedParts(
        comparison=compare(ours, theirs), base=ours, head=theirs, dockerfiles=(files, {"debian-12": "FROM scratch\n"})
    )


def hostile(text: str) -> ComparedParts:
    """A comparison in which every name that somebody else chooses is `text`."""
    axes = {"base": (text,), "rev": ("main", "HEAD")}
    plan = make_plan(axes, rounds=8, states=(COLD,), scenario=text)
    run = make_run(plan, axes=axes, title=text, id=text, bases=(), scenario_folder=f"/srv/{text}")
    trials = [_hostile_trial(planned, text) for planned in plan.trials]
    trials[1] = msgspec.structs.replace(
        trials[1], status=TrialStatus.FAILED, reason=text, log=f"logs/{text}.log", log_tail=(f"#1 [a 1/2] {text}", text)
    )
    made = of_axis(Side(label=run.id, run=run, trials=tuple(trials)))
    files = {one.id: f"FROM x\nRUN {text}\n# {one.levels['rev']}\n" for one in plan.variants}
    return msgspec.structs.replace(made, dockerfiles=(files, files))


def _hostile_trial(planned: PlannedTrial, text: str) -> Trial:
    late = 0.5 if planned.variant.endswith("HEAD") else 0.0
    trial = build(planned, 1.0 + late + 0.01 * planned.round)
    steps = tuple(
        msgspec.structs.replace(step, name=f"RUN {text}", duration_s=(step.duration_s or 0.0) + late / 3)
        for step in trial.steps
    )
    return msgspec.structs.replace(trial, steps=steps)


def large(variants: int, states: tuple[State, ...], rounds: int, *, steps: int = 12) -> ComparedParts:
    """A comparison as large as is promised: `variants` a side, each with steps of its own, 9 layers."""
    axes = {
        "base": ("debian-12", "debian-12-slim", "alpine-3.23", "ubuntu-24.04"),
        "version": tuple(f"1.{number}" for number in range(variants // 4)),
        "rev": ("main", "HEAD"),
    }
    plan = make_plan(axes, rounds=rounds, states=states)
    run = make_run(plan, axes=axes)
    trials = tuple(_large_trial(planned, steps) for planned in plan.trials)
    return of_axis(Side(label=run.id, run=run, trials=trials))


def _large_trial(planned: PlannedTrial, steps: int) -> Trial:
    order = sum(planned.variant.encode()) % 97
    trial = build(planned, 1 + order / 100 + planned.number % 13 / 1000, steps=steps)
    own = tuple(
        msgspec.structs.replace(step, name=f"{step.name} && make install-{planned.variant} --prefix=/usr/local")
        for step in trial.steps
    )
    return msgspec.structs.replace(trial, steps=own)
