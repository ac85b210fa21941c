"""One trial: prepare, meter, build, prove, inspect, record. Only the build lies in the timed region."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from bench.app.host_keeper import RUN_LABEL
from bench.app.states import StateKeeper, move_context
from bench.app.stopwatch import Stopwatch
from bench.app.workbench import Workbench
from bench.model.build import BuilderKind, BuildOutcome, BuildRequest, BuildStatus, StepStatus
from bench.model.plan import PlannedTrial
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import HostUse, ImageFacts, Proof, SmokeResult, Trial, TrialStatus
from bench.ports.protocols import Metered
from bench.ports.run_folder import DOCKERFILES
from bench.pure.cache_use import cache_use, step_durations
from bench.pure.context_use import least_context_bytes
from bench.pure.host_samples import disturbance, encode_samples, host_use
from bench.pure.proof import prove
from bench.pure.smoke import judge_smoke
from bench.pure.step_use import STEP_USE, cpu_remainder, step_uses

LOG_TAIL_LINES = 20


class TrialRunner:
    """Runs the trials of one run, and remembers between them what later ones need.

    That is: how long each step takes when executed (to weigh cache hits by time), and whether a variant's image
    passed its smoke test.
    """

    def __init__(self, run: Run, bench: Workbench, earlier: tuple[Trial, ...] = ()) -> None:
        self._run = run
        self._bench = bench
        self._states = StateKeeper(bench.engine, bench.builder, run.builder, bench.host)
        self._context = bench.context
        self._variants = {variant.id: variant for variant in run.plan.variants}
        self._unavailable = {base.name: base.reason for base in run.unavailable}
        self._executed_s: dict[str, dict[str, float]] = {}
        self._smoked: dict[str, SmokeResult] = {}
        for trial in earlier:
            self._remember(trial)

    def run(self, planned: PlannedTrial) -> Trial:
        """Run one trial to its record. The record is not written here, its log is.

        Raises EngineError when the engine dies and KeyboardInterrupt when the user stops it; the trial is then missing.
        """
        started_at = self._bench.clock.now()
        reason = self._unavailable.get(self._variants[planned.variant].base or "")
        if reason is not None:
            return self._unbuilt(planned, started_at, TrialStatus.UNAVAILABLE, reason)
        watch = Stopwatch(self._bench.clock)
        with watch.time("prepare"):
            request = self._request(planned)
            preparing = self._states.prepare(planned.state, request)
        if preparing is not None and preparing.status is not BuildStatus.OK:
            trial = self._failed_preparation(planned, started_at, preparing, watch)
        else:
            trial = self._measured(planned, started_at, self._states.request_for(planned.state, request), watch)
        if preparing is not None:
            self._discard(preparing)
        self._remember(trial)
        return trial

    def clean_up(self) -> None:
        """Remove what the trials left in the engine, whatever happened to them."""
        self._bench.engine.remove_labelled(f"{RUN_LABEL}={self._run.id}")
        self._states.close()

    def _request(self, planned: PlannedTrial) -> BuildRequest:
        self._context = move_context(self._context, f"buildmark-{self._run.id}-{planned.number}")
        return BuildRequest(
            dockerfile=self._bench.dockerfiles[planned.variant],
            context=self._context,
            no_cache=False,
            args={**self._bench.build_args, **self._run.args},
            secrets=self._bench.secrets,
            labels={RUN_LABEL: self._run.id},
            platform=self._run.platform,
            network=self._bench.engine.build_network,
            timeout_s=self._run.timeout_s,
        )

    def _measured(self, planned: PlannedTrial, started_at: datetime, request: BuildRequest, watch: Stopwatch) -> Trial:
        with watch.time("meter"):
            session = self._bench.meter.start()
        outcome = self._states.build(request)
        with watch.time("meter"):
            metered = session.stop()
        with watch.time("inspect"):
            proof = self._prove(planned.state, request, outcome)
            image = self._inspect(outcome)
        smoke = self._smoke(planned.variant, image, watch)
        with watch.time("clean"):
            self._discard(outcome)
        log = self._bench.recorder.write_log(planned, outcome.transcript.log, outcome.raw)
        host = self._host(planned, metered)
        uses, unused = step_uses(outcome, metered.groups)
        status, reason = _verdict(outcome, proof, smoke or self._smoked.get(planned.variant))
        return msgspec.structs.replace(
            self._unbuilt(planned, started_at, status, reason),
            wall_s=outcome.wall_s,
            phases=outcome.transcript.phases,
            steps=outcome.transcript.steps,
            cache=cache_use(outcome.transcript.steps, self._executed_s.get(planned.variant, {})),
            image=image,
            resources=metered.readings,
            absent={**metered.absent, **({STEP_USE: unused} if unused else {})},
            disturbed=disturbance(host, self._run.disturbed_above),
            step_use=uses,
            remainder=cpu_remainder(uses, metered.readings),
            host=host,
            meters_cpu_s=metered.meters_cpu_s,
            proof=proof,
            smoke=smoke,
            log=log,
            log_tail=() if status is TrialStatus.VALID else _tail(outcome),
            overhead_s=watch.spent_s,
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

    def _prove(self, state: State, request: BuildRequest, outcome: BuildOutcome) -> Proof | None:
        if outcome.status is not BuildStatus.OK:
            return None
        executed = [step for step in outcome.transcript.steps if step.status is StepStatus.EXECUTED]
        least = least_context_bytes(executed, self._bench.context_files)
        by_no_cache = request.no_cache and self._run.builder is BuilderKind.BUILDKIT
        return prove(state, outcome.transcript, least_context_bytes=max(least, 1), by_no_cache=by_no_cache)

    def _inspect(self, outcome: BuildOutcome) -> ImageFacts | None:
        return self._bench.engine.find_image(outcome.image_id) if outcome.image_id else None

    def _smoke(self, variant: str, image: ImageFacts | None, watch: Stopwatch) -> SmokeResult | None:
        test = self._run.smoke
        if test is None or image is None or variant in self._smoked:
            return None
        with watch.time("smoke"):
            labels = {RUN_LABEL: self._run.id}
            result = self._bench.engine.run_container(image.id, test.command, labels=labels, timeout_s=test.timeout_s)
        return judge_smoke(test, result.exit_code, result.output)

    def _discard(self, outcome: BuildOutcome) -> None:
        if outcome.image_id:
            self._bench.engine.remove_image(outcome.image_id)

    def _remember(self, trial: Trial) -> None:
        self._executed_s.setdefault(trial.variant, {}).update(step_durations(trial.steps))
        if trial.smoke is not None:
            self._smoked[trial.variant] = trial.smoke


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


def _tail(outcome: BuildOutcome) -> tuple[str, ...]:
    return tuple(outcome.transcript.log.splitlines()[-LOG_TAIL_LINES:])
