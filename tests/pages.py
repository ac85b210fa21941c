"""Runs for pages: a small one in which everything happens, one with hostile names, and one as large as is promised."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bench.model.build import Step, StepKind, StepStatus
from bench.model.cache import MissKind, MissReason
from bench.model.environment import Fact, Finding, Severity
from bench.model.image_layers import ImageLayer, ImageLayers, WastedPath, WasteKind
from bench.model.plan import Plan, PlannedTrial
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.timeline import ActivityKind, PathStep, TimeShares
from bench.model.trial import Proof, StepUse, Trial, TrialStatus
from bench.pure.summary import summarise
from bench.report.html.page import RunParts
from tests.builders import make_lost_trial, make_plan, make_run, make_trial

COLD, WARM = State.COLD, State.WARM
AXES = {"base": ("debian-12", "alpine-3.23"), "stages": ("single", "multi"), "layers": ("split", "merged")}
HOSTILE = {
    "script": "<script>window.pwned = 1</script>",
    "image": "\"'><img src=x onerror=window.pwned=1>",
    "ending": "</script><script>window.pwned = 1</script><!--",
    "template": "{{ 7 * 7 }}${7*7}",
    "right-to-left": "مرحبا \N{RIGHT-TO-LEFT OVERRIDE}txt.exe",
    "control": "a\x00b\x07c\x1bd\x7f\x85e",
    "long": "x" * 10_000,
}
"""Names by what is nasty in them."""
SEEN = {
    **HOSTILE,
    "right-to-left": "مرحبا [U+202E]txt.exe",
    "control": "a␀b␇c␛d␡[U+0085]e",
}
"""What a page has to show of each."""


def make_steps(count: int, *, cached: bool = False, name: str = "RUN make part-{}") -> tuple[Step, ...]:
    status = StepStatus.CACHED if cached else StepStatus.EXECUTED
    return tuple(
        Step(
            digest=f"sha256:{number:064}",
            name=name.format(number),
            kind=StepKind.RUN,
            stage="build",
            position=number + 1,
            status=status,
            start_s=0.1 * number,
            duration_s=0.0 if cached else 0.1,
            why=None if cached else MissReason(kind=MissKind.NOTHING_CACHED),
        )
        for number in range(1, count + 1)
    )


def make_times(wall_s: float) -> TimeShares:
    return TimeShares(
        context_s=0.05 * wall_s,
        pull_s=0.0,
        run_cpu_s=0.6 * wall_s,
        run_disk_s=0.1 * wall_s,
        run_memory_s=None,
        run_other_s=0.05 * wall_s,
        run_unmetered_s=0.0,
        copy_s=0.05 * wall_s,
        engine_s=0.1 * wall_s,
        idle_gaps_s=0.03 * wall_s,
        idle_client_s=0.02 * wall_s,
    )


def make_layers(count: int = 3, *, size_bytes: int = 30_000_000) -> ImageLayers:
    layers = tuple(
        ImageLayer(
            diff_id=f"sha256:{number:064}",
            instruction=None if number == 0 else f"RUN make part-{number}",
            size_bytes=size_bytes // count,
            compressed_bytes=size_bytes // count // 3,
            waste_bytes=4000 * number,
            symlink_bytes=0,
            files=10 * number,
            in_base=number == 0,
        )
        for number in range(count)
    )
    return ImageLayers(
        image_id="sha256:" + "cd" * 32,
        codec="gzip -6",
        size_bytes=size_bytes,
        compressed_bytes=size_bytes // 3,
        waste_bytes=12_000,
        base_bytes=size_bytes // count,
        base_compressed_bytes=size_bytes // count // 3,
        layers=layers,
        worst=(WastedPath(path="/srv/cache/", size_bytes=12_000, kind=WasteKind.DELETED, layer=2),),
    )


def make_dockerfile(variant: str, lines: int = 8) -> str:
    body = "".join(f"RUN make part-{number} --with=options-{number % 7}\n" for number in range(1, lines))
    return f"FROM buildmark.invalid/{variant.split('-', maxsplit=1)[0]}:base\n{body}# {variant}\n"


def build(planned: PlannedTrial, wall_s: float, *, steps: int = 3, size_bytes: int = 83_100_000) -> Trial:
    """A valid trial with steps, what each used, a critical path and a layered image."""
    warm = planned.state is WARM
    made = make_steps(steps, cached=warm)
    trial = make_trial(planned, wall_s=wall_s, steps=made, time=make_times(wall_s))
    assert trial.image is not None
    return msgspec.structs.replace(
        trial,
        image=msgspec.structs.replace(trial.image, size_bytes=size_bytes),
        step_use=()
        if warm
        else tuple(
            StepUse(digest=step.digest, meter="cgroup-v1", joined_by="digest", cpu_s=0.09, memory_peak_bytes=50_000_000)
            for step in made
        ),
        critical_path=(PathStep(digest=made[-1].digest, name=made[-1].name, kind=ActivityKind.RUN, duration_s=0.1),),
        layers=make_layers(size_bytes=size_bytes) if planned.round == 1 and planned.state is COLD else None,
    )


def wall_of(planned: PlannedTrial, levels: Mapping[str, str]) -> float:
    """Seconds that differ by what was chosen: alpine is slower by a tenth, merged layers are faster by a quarter."""
    slow = 1.1 if levels["base"].startswith("alpine") else 1.0
    merged = 0.75 if levels["layers"] == "merged" else 1.0
    wander = 1 + 0.01 * (planned.round % 3)
    return 0.2 * wander if planned.state is WARM else 2.0 * slow * merged * wander


def everything() -> RunParts:
    """Eight variants, six rounds, cold and warm: one trial failed, one is invalid, one was disturbed."""
    plan = make_plan(AXES, rounds=6)
    run = make_run(
        plan,
        axes=AXES,
        fingerprint={"cpu_model": Fact(value="A CPU"), "governor": Fact(absent="the hypervisor sets it")},
        findings=(
            Finding(
                check="free space",
                severity=Severity.WARNING,
                seen="4 % of the disk is free",
                why="writes get slower",
                remedy="free some",
            ),
        ),
    )
    levels = {variant.id: variant.levels for variant in plan.variants}
    trials = [
        build(
            planned,
            wall_of(planned, levels[planned.variant]),
            size_bytes=29_500_000 if levels[planned.variant]["base"].startswith("alpine") else 137_000_000,
        )
        for planned in plan.trials
    ]
    failing, invalid, disturbed = (_at(plan, AXES, round_, COLD) for round_ in (2, 3, 4))
    trials[failing.number - 1] = msgspec.structs.replace(
        make_lost_trial(failing, TrialStatus.FAILED, "exit code 2"),
        log=f"logs/{failing.number:04}-x.log",
        log_tail=("#7 [build 3/3] RUN make part-2", "#7 | make: *** no rule to make target", "#7 failed: exit code: 2"),
    )
    trials[invalid.number - 1] = msgspec.structs.replace(
        trials[invalid.number - 1],
        status=TrialStatus.INVALID,
        reason="2 steps came from the cache",
        proof=Proof(holds=False, executed=1, cached=2, context_bytes=0, pulled_bytes=0, reasons=("2 steps cached",)),
    )
    trials[disturbed.number - 1] = msgspec.structs.replace(
        trials[disturbed.number - 1], disturbed="other work took 40 % of the machine's CPU time"
    )
    return parts(run, tuple(trials))


def _at(plan: Plan, axes: Mapping[str, tuple[str, ...]], round_: int, state: State) -> PlannedTrial:
    """The planned trial of the first variant in a round."""
    name = "-".join(levels[0] for levels in axes.values())
    return next(one for one in plan.trials if one.variant == name and one.round == round_ and one.state is state)


def parts(run: Run, trials: tuple[Trial, ...], *, lines: int = 8) -> RunParts:
    return RunParts(
        run=run,
        trials=trials,
        summary=summarise(run, trials),
        dockerfiles={variant.id: make_dockerfile(variant.id, lines) for variant in run.plan.variants},
    )


def hostile(text: str) -> RunParts:
    """A run in which every name that somebody else chooses is `text`."""
    axes = {"base": ("debian-12", text)}
    plan = make_plan(axes, rounds=2, scenario=text)
    run = make_run(plan, axes=axes, title=text, id=text, bases=(), scenario_folder=f"/srv/{text}")
    trials = [_hostile_trial(planned, text) for planned in plan.trials]
    trials[0] = msgspec.structs.replace(
        trials[0], status=TrialStatus.FAILED, reason=text, log=f"logs/{text}.log", log_tail=(f"#1 [a 1/2] {text}", text)
    )
    made = parts(run, tuple(trials))
    return msgspec.structs.replace(made, dockerfiles={one.id: f"FROM x\nRUN {text}\n" for one in plan.variants})


def _hostile_trial(planned: PlannedTrial, text: str) -> Trial:
    trial = build(planned, 1.0 + 0.1 * planned.round)
    steps = tuple(msgspec.structs.replace(step, name=f"RUN {text}") for step in trial.steps)
    layers = make_layers()
    worst = (WastedPath(path=f"/srv/{text}", size_bytes=9000, kind=WasteKind.DELETED, layer=2),)
    return msgspec.structs.replace(
        trial, steps=steps, layers=msgspec.structs.replace(layers, worst=worst) if planned.round == 1 else None
    )


def large(variants: int, states: tuple[State, ...], rounds: int, *, steps: int = 12) -> RunParts:
    """A run as large as somebody's: each variant with steps of its own, a Dockerfile of 40 lines, 9 layers."""
    axes = {
        "base": ("debian-12", "debian-12-slim", "alpine-3.23", "ubuntu-24.04"),
        "layers": ("split", "merged"),
        "version": tuple(f"1.{number}" for number in range(variants // 8)),
    }
    plan = make_plan(axes, rounds=rounds, states=states)
    trials = tuple(_large_trial(planned, steps) for planned in plan.trials)
    return parts(make_run(plan, axes=axes), trials, lines=40)


def _large_trial(planned: PlannedTrial, steps: int) -> Trial:
    order = sum(planned.variant.encode()) % 97
    trial = build(
        planned, 1 + order / 100 + planned.number % 13 / 1000, steps=steps, size_bytes=90_000_000 - 10_000 * order
    )
    own = tuple(
        msgspec.structs.replace(step, name=f"{step.name} && make install-{planned.variant} --prefix=/usr/local")
        for step in trial.steps
    )
    return msgspec.structs.replace(
        trial,
        steps=own,
        layers=make_layers(9, size_bytes=90_000_000 - 10_000 * order) if trial.layers else None,
    )
