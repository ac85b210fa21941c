"""Trials one at a time, the timed build in the caller's hands: for a harness with rounds and a timer of its own.

States, proofs and records are those of a campaign (`bench.app.trial_runner`). Neighbour: `bench.pytest_fixture`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bench.app.asked import Campaign, World
from bench.app.campaign import refuse_foreign_cache_mounts
from bench.app.session import base_names, describe_run, make_workbench
from bench.app.session_contexts import staged_contexts
from bench.app.session_engine import session_bases, session_host
from bench.app.trial_runner import TimedSteps, TrialRunner
from bench.app.workbench import Workbench
from bench.errors import BuildmarkError, EngineError, ExitCode, UsageError
from bench.model.build import BuildOutcome, BuildRequest
from bench.model.plan import PlannedTrial
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial, TrialStatus
from bench.ports.fingerprint import read_load
from bench.ports.protocols import Engine
from bench.ports.run_store import RunStore
from bench.ports.scratch_context import drop_contexts, keep_context
from bench.pure.last_words import last_words, short_cause


class LostTrialError(BuildmarkError):
    """A trial measured nothing that may be believed: its build failed, or its state is not proven."""

    exit_code = ExitCode.BUILD_FAILED


class TrialByTrial:
    """The trials of one run, in the plan's order: `prepare`, `build`, `finish`, again and again.

    Those beyond the plan (a profiler's own rounds) are run as well, and not recorded.
    """

    def __init__(self, run: Run, bench: Workbench) -> None:
        self.run = run
        self.trials: list[Trial] = []
        self._bench = bench
        self._runner = TrialRunner(run, bench)
        self._started = 0
        self._steps: TimedSteps | None = None
        self._request: BuildRequest | None = None
        self._outcome: BuildOutcome | None = None

    def prepare(self) -> None:
        """Bring the next trial to where its timed build begins. Raises LostTrialError where it ends before that."""
        self._steps = self._runner.steps(self._planned())
        lost: Trial | None = None
        try:
            self._request = next(self._steps)
        except StopIteration as end:
            lost = end.value
        if lost is not None:
            self._record(lost)

    def build(self) -> None:
        """The timed build, and nothing else."""
        if self._request is None:
            raise AssertionError("prepare comes first")
        self._outcome = self._bench.builder.build(self._request)

    def finish(self) -> None:
        """Prove and record what was built; does nothing where no build waits for it. Raises LostTrialError."""
        if self._steps is None or self._outcome is None:
            return
        steps, outcome = self._steps, self._outcome
        self._steps = self._request = self._outcome = None
        trial: Trial | None = None
        try:
            steps.send(outcome)
        except StopIteration as end:
            trial = end.value
        if trial is not None:
            self._record(trial)

    def close(self) -> None:
        """Give up a trial that is under way, and remove what the trials left in the engine if it still answers."""
        if self._steps is not None:
            self._steps.close()
        with contextlib.suppress(EngineError):
            self._bench.engine.ping()
            self._runner.clean_up()

    def _planned(self) -> PlannedTrial:
        planned = self.run.plan.trials
        self._started += 1
        if self._started <= len(planned):
            return planned[self._started - 1]
        return msgspec.structs.replace(planned[-1], number=self._started, round=self._started)

    def _record(self, trial: Trial) -> None:
        if trial.number <= len(self.run.plan.trials):
            self.trials.append(trial)
            self._bench.recorder.append(trial)
        if trial.status is not TrialStatus.VALID:
            raise _lost(trial)


def _lost(trial: Trial) -> LostTrialError:
    reason = short_cause(trial.reason or "")
    words = "".join(f"\n    | {line}" for line in last_words(trial))
    return LostTrialError(f"{trial.variant} {trial.state}, round {trial.round}: {trial.status}: {reason}{words}")


@contextmanager
def opened_trials(asked: Campaign, engine: Engine, world: World) -> Iterator[TrialByTrial]:
    """The trials of a campaign on an open engine, with a run's folder below `asked.results` for their records.

    Raises what `bench.app.session.start_run` raises, and UsageError for the state pull, which needs a registry.
    """
    if State.PULL in asked.plan.states:
        raise UsageError("the state pull cannot be measured one trial at a time", remedy="buildmark run --state pull")
    load = read_load()
    store = RunStore(asked.results)
    with (
        store.reserved(world.clock, asked.scenario.name) as run_id,
        staged_contexts(asked, world) as staged,
        session_host(run_id, engine, world) as host,
    ):
        refuse_foreign_cache_mounts(asked.dockerfiles, engine.info.kind, asked.builder)
        names = base_names(asked.plan.variants)
        with session_bases(names, engine, host, world, platform=asked.scenario.platform) as bases:
            run = describe_run(asked, world, run_id=run_id, engine=engine, bases=bases, staged=staged, load=load)
            with store.create(run) as writer:
                for variant, text in asked.dockerfiles.items():
                    writer.write_dockerfile(variant, text)
                contexts = {revision: keep_context(context, writer, revision) for revision, context in staged.items()}
                bench = make_workbench(run, writer, engine, contexts=contexts, world=world)
                trials = TrialByTrial(run, msgspec.structs.replace(bench, host=host))
                try:
                    yield trials
                finally:
                    trials.close()
                    drop_contexts(writer)
