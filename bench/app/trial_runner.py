"""One trial: prepare, meter, build, prove, inspect, record. Only the build lies in the timed region."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from bench.app.host_keeper import RUN_LABEL
from bench.app.image_checks import ImageChecks
from bench.app.states import StateKeeper
from bench.app.stopwatch import Stopwatch
from bench.app.trial_context import TrialContext
from bench.app.workbench import Workbench
from bench.model.build import BuilderKind, BuildOutcome, BuildRequest, BuildStatus, StepStatus
from bench.model.plan import PlannedTrial
from bench.model.run import Run
from bench.model.scenario import State, base_ref
from bench.model.trial import HostUse, ImageFacts, Proof, SmokeResult, StepUse, Trial, TrialStatus
from bench.ports.context_edit import edited_context
from bench.ports.protocols import Metered
from bench.ports.run_folder import DOCKERFILES
from bench.pure.attribution import StepLoad
from bench.pure.cache_reasons import BuildEvidence, explain_misses
from bench.pure.cache_use import cache_use, step_durations
from bench.pure.host_samples import disturbance, encode_samples, host_use
from bench.pure.planning import built_variants
from bench.pure.proof import Edited, prove
from bench.pure.step_use import STEP_USE, cpu_remainder, step_uses
from bench.pure.time_use import time_use

LOG_TAIL_LINES = 20

TimedSteps = Generator[BuildRequest, BuildOutcome, Trial]
"""A trial under way: it asks for its timed build, is sent what came of it, and returns its record."""


class TimedBuild(msgspec.Struct, frozen=True, kw_only=True):
    """The build that is timed, and what its proof has to take into account."""

    request: BuildRequest
    edited: Edited | None = None
    least_pulled_bytes: int = 1


class TrialRunner:
    """Runs the trials of one run, and remembers between them what later ones need.

    That is: how long each step takes when executed (to weigh cache hits by time), and what was found out about each
    variant's image.
    """

    def __init__(self, run: Run, bench: Workbench, earlier: tuple[Trial, ...] = ()) -> None:
        self._run = run
        self._bench = bench
        self._states = StateKeeper(bench.engine, bench.builder, run.builder, bench.host)
        self._contexts = {name: TrialContext(folder, run.builder) for name, folder in bench.contexts.items()}
        self._variants = built_variants(run.plan)
        self._images = ImageChecks(run, bench)
        self._unavailable = {base.name: base.reason for base in run.unavailable}
        self._executed_s: dict[str, dict[str, float]] = {}
        for trial in earlier:
            self._remember(trial)

    def run(self, planned: PlannedTrial) -> Trial:
        """Run one trial to its record. The record is not written here, its log is.

        Raises EngineError when the engine dies and KeyboardInterrupt when the user stops it; the trial is then missing.
        """
        with closing(self.steps(planned)) as steps:
            try:
                steps.send(self._bench.builder.build(next(steps)))
            except StopIteration as end:
                trial: Trial = end.value
                return trial
        raise AssertionError("a trial has one timed build")

    def steps(self, planned: PlannedTrial) -> TimedSteps:
        """The same with the timed build left to the caller; a trial that cannot come to it returns without asking."""
        started_at = self._bench.clock.now()
        reason = self._unavailable.get(self._variants[planned.variant].base or "")
        if reason is not None:
            return self._unbuilt(planned, started_at, TrialStatus.UNAVAILABLE, reason)
        watch = Stopwatch(self._bench.clock)
        with watch.time("prepare"):
            request = self._request(planned)
            preparing = self._states.prepare(planned.state, request, self._run.edits.get(planned.state))
        if preparing is not None and preparing.status is not BuildStatus.OK:
            trial = self._failed_preparation(planned, started_at, preparing, watch)
        else:
            context = self._context_of(planned)
            previous = None if preparing is None else context.evidence(request, preparing, edited=False)
            with self._ready(planned, request, watch) as timed:
                trial = yield from self._measured(planned, started_at, timed, watch, previous)
        if preparing is not None:
            self._discard(preparing)
        self._remember(trial)
        return trial

    def clean_up(self) -> None:
        """Remove what the trials left in the engine, whatever happened to them."""
        self._bench.engine.remove_labelled(f"{RUN_LABEL}={self._run.id}")
        self._states.close()

    @contextmanager
    def _ready(self, planned: PlannedTrial, request: BuildRequest, watch: Stopwatch) -> Iterator[TimedBuild]:
        """The last things that a state needs, for as long as the timed build lasts: an edit, a base that is away."""
        request = self._states.request_for(planned.state, request)
        edit, base = self._run.edits.get(planned.state), self._variants[planned.variant].base
        context = self._context_of(planned)
        context.read()
        with ExitStack() as stack:
            if planned.state is State.PULL and self._bench.shelf is not None and base is not None:
                with watch.time("prepare"):
                    published = stack.enter_context(self._bench.shelf.without(base))
                request = msgspec.structs.replace(request, base_images={base_ref(base): published.ref})
                yield TimedBuild(request=request, least_pulled_bytes=published.compressed_bytes)
            elif edit is not None:
                with watch.time("prepare"):
                    name, environment = f"{self._run.id}-{planned.number}", self._bench.environment
                    files = stack.enter_context(edited_context(context.folder, edit, name, environment))
                yield TimedBuild(request=request, edited=Edited(files=files, dockerfile=request.dockerfile.read_text()))
            else:
                yield TimedBuild(request=request)

    def _request(self, planned: PlannedTrial) -> BuildRequest:
        return BuildRequest(
            dockerfile=self._bench.dockerfiles[planned.variant],
            context=self._context_of(planned).move(f"buildmark-{self._run.id}-{planned.number}"),
            no_cache=False,
            args={**self._bench.build_args, **self._run.args},
            secrets=self._bench.secrets,
            labels={RUN_LABEL: self._run.id},
            platform=self._run.platform,
            network=self._bench.engine.build_network,
            timeout_s=self._run.timeout_s,
        )

    def _context_of(self, planned: PlannedTrial) -> TrialContext:
        return self._contexts[self._variants[planned.variant].revision or ""]

    def _measured(
        self,
        planned: PlannedTrial,
        started_at: datetime,
        timed: TimedBuild,
        watch: Stopwatch,
        previous: BuildEvidence | None,
    ) -> TimedSteps:
        with watch.time("prepare"):
            self._states.before(timed.request)
            if self._bench.page_cache is not None:
                self._bench.page_cache.drop()
        with watch.time("meter"):
            session = self._bench.meter.start()
        outcome = yield timed.request
        with watch.time("meter"):
            metered = session.stop()
        with watch.time("inspect"):
            self._states.after(outcome)
            context = self._context_of(planned)
            proof = self._prove(planned.state, outcome, timed, context)
            image = self._inspect(outcome)
            steps = explain_misses(
                previous,
                context.evidence(timed.request, outcome, edited=timed.edited is not None),
                cache_ignored=timed.request.no_cache,
            )
            uses, unused = step_uses(outcome, metered.groups)
            used = time_use(msgspec.structs.replace(outcome.transcript, steps=steps), outcome.wall_s, _loads(uses))
        smoke = self._images.smoke(planned.variant, image, watch)
        status, reason = _verdict(outcome, proof, smoke or self._images.known_smoke(planned.variant))
        is_valid = status is TrialStatus.VALID
        layers, unweighed = self._images.weigh(planned.variant, image, watch) if is_valid else (None, {})
        with watch.time("clean"):
            self._discard(outcome)
        log = self._bench.recorder.write_log(planned, outcome.transcript.log, outcome.raw)
        host = self._host(planned, metered)
        return msgspec.structs.replace(
            self._unbuilt(planned, started_at, status, reason),
            wall_s=outcome.wall_s,
            phases=outcome.transcript.phases,
            steps=used.steps,
            cache=cache_use(outcome.transcript.steps, self._executed_s.get(planned.variant, {})),
            image=image,
            resources=metered.readings,
            absent={**metered.absent, **unweighed, **({STEP_USE: unused} if unused else {})},
            disturbed=disturbance(host, self._run.disturbed_above),
            step_use=uses,
            remainder=cpu_remainder(uses, metered.readings),
            host=host,
            meters_cpu_s=metered.meters_cpu_s,
            proof=proof,
            smoke=smoke,
            log=log,
            log_tail=() if is_valid else _tail(outcome),
            overhead_s=watch.spent_s,
            time=used.time,
            critical_path=used.critical_path,
            layers=layers,
        )

    def _host(self, planned: PlannedTrial, metered: Metered) -> HostUse | None:
        if metered.host is None:
            return None
        samples = self._bench.recorder.write_host_samples(planned, encode_samples(metered.host))
        return host_use(metered.host, metered.readings, samples=samples)

    def _failed_preparation(
        self, planned: PlannedTrial, started_at: datetime, outcome: BuildOutcome, watch: Stopwatch
    ) -> Trial:
        status = TrialStatus.TIMEOUT if outcome.status is BuildStatus.TIMEOUT else TrialStatus.FAILED
        return msgspec.structs.replace(
            self._unbuilt(planned, started_at, status, f"the build that prepares the state failed: {outcome.error}"),
            log=self._bench.recorder.write_log(planned, outcome.transcript.log, outcome.raw),
            log_tail=_tail(outcome),
            overhead_s=watch.spent_s,
        )

    def _unbuilt(self, planned: PlannedTrial, started_at: datetime, status: TrialStatus, reason: str | None) -> Trial:
        dockerfile = self._bench.dockerfiles[planned.variant]
        return Trial(
            number=planned.number,
            round=planned.round,
            variant=planned.variant,
            state=planned.state,
            status=status,
            reason=reason,
            started_at=started_at,
            wall_s=None,
            phases=None,
            steps=(),
            cache=None,
            image=None,
            resources={},
            absent={},
            proof=None,
            smoke=None,
            dockerfile=str(Path(DOCKERFILES, *dockerfile.parts[-2:])),
            log=None,
            log_tail=(),
            overhead_s={},
        )

    def _prove(self, state: State, outcome: BuildOutcome, timed: TimedBuild, context: TrialContext) -> Proof | None:
        if outcome.status is not BuildStatus.OK:
            return None
        executed = [step for step in outcome.transcript.steps if step.status is StepStatus.EXECUTED]
        return prove(
            state,
            outcome.transcript,
            least_context_bytes=max(context.least_bytes(executed), 1),
            least_pulled_bytes=timed.least_pulled_bytes,
            by_no_cache=timed.request.no_cache and self._run.builder is BuilderKind.BUILDKIT,
            edited=timed.edited,
        )

    def _inspect(self, outcome: BuildOutcome) -> ImageFacts | None:
        return self._bench.engine.find_image(outcome.image_id) if outcome.image_id else None

    def _discard(self, outcome: BuildOutcome) -> None:
        if outcome.image_id:
            self._bench.engine.remove_image(outcome.image_id)

    def _remember(self, trial: Trial) -> None:
        self._executed_s.setdefault(trial.variant, {}).update(step_durations(trial.steps))
        self._images.remember(trial)


def _verdict(outcome: BuildOutcome, proof: Proof | None, smoke: SmokeResult | None) -> tuple[TrialStatus, str | None]:
    match outcome.status:
        case BuildStatus.TIMEOUT:
            return TrialStatus.TIMEOUT, outcome.error
        case BuildStatus.FAILED | BuildStatus.INTERRUPTED:
            return TrialStatus.FAILED, outcome.error
        case BuildStatus.OK:
            pass
    if proof is not None and not proof.holds:
        return TrialStatus.INVALID, "; ".join(proof.reasons)
    if smoke is not None and not smoke.passed:
        return TrialStatus.INVALID, f"the image failed its smoke test: {smoke.reason}"
    return TrialStatus.VALID, None


def _loads(uses: tuple[StepUse, ...]) -> dict[str, StepLoad]:
    """What the meters told of each step, as the attribution of its time reads it."""
    return {
        use.digest: StepLoad(
            cpu_s=use.cpu_s,
            stall_cpu_s=use.stall_cpu_s,
            stall_memory_s=use.stall_memory_s,
            stall_io_s=use.stall_io_s,
        )
        for use in uses
    }


def _tail(outcome: BuildOutcome) -> tuple[str, ...]:
    return tuple(outcome.transcript.log.splitlines()[-LOG_TAIL_LINES:])
