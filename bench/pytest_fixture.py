"""What the `buildmark` fixture does: one variant in one state, as the rounds of a pytest-benchmark benchmark.

`benchmark.pedantic` calls for each round: its setup brings the state about, its target builds, its teardown proves and
records. So what pytest-benchmark times is the build alone. Neighbours: `bench.pytest_plugin` offers the fixture,
`bench.app.trial_by_trial` does the work.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.app.asked import Campaign, World
from bench.app.session_engine import session_engine
from bench.app.trial_by_trial import TrialByTrial, opened_trials
from bench.cli.selection import Chosen, choose
from bench.errors import BuildmarkError, UsageError
from bench.model.build import BuilderKind
from bench.model.run import Run
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.ports.base_catalogue import load_catalogue
from bench.ports.clock import SystemClock
from bench.ports.engines import EngineChoice
from bench.ports.paths import cache_folder
from bench.ports.protocols import Engine
from bench.ports.signals import endings_interrupt
from bench.pure.host_samples import DISTURBED_ABOVE
from bench.pure.metrics import WALL
from bench.pure.planning import DEFAULT_ROUNDS, DEFAULT_SEED, make_plan, parse_states
from bench.pure.summary import summarise
from bench.report.choices import parse_choice


class OpenEngines:
    """The engines of a test session, each opened once, when it is first needed."""

    def __init__(self) -> None:
        self.world = _make_world()
        self._stack = ExitStack()
        self._open: dict[EngineChoice, Engine] = {}

    def get(self, choice: EngineChoice) -> Engine:
        """The engine, ours alone until the session ends. Raises EngineError where it cannot be had."""
        if choice not in self._open:
            name = f"of pytest {os.getpid()}"
            self._open[choice] = self._stack.enter_context(session_engine(choice, name, self.world))
        return self._open[choice]

    def close(self) -> None:
        """Let go of all of them."""
        self._stack.close()


class VariantBenchmark:
    """The fixture's value. A test calls it once, as a benchmark can be used once."""

    def __init__(self, benchmark: Any, engines: OpenEngines, *, engine: str, results: Path, kept: bool) -> None:
        self._benchmark = benchmark
        self._engines = engines
        self._engine = engine
        self._results = results
        self._kept = kept

    def __call__(
        self,
        scenario: str,
        *,
        state: str = State.COLD.value,
        rounds: int = DEFAULT_ROUNDS,
        engine: str | None = None,
        builder: str = BuilderKind.BUILDKIT.value,
        timeout_s: float | None = None,
        levels: Mapping[str, str] | None = None,
        **axes: str,
    ) -> tuple[Trial, ...]:
        """Build the one variant that the axes leave, `rounds` times in `state`; returns the records of its trials.

        Axes are named as they are in the scenario (`base="debian-12", stages="multi"`), or in `levels` where a name is
        no keyword. Fails the test, with the reason, at the first trial that failed or whose state is not proven.
        """
        problem: BuildmarkError | None = None
        try:
            chosen = choose_variant(scenario, {**(levels or {}), **axes})
            asked = self._campaign(
                chosen, state=state, rounds=rounds, engine=engine or self._engine, builder=builder, timeout_s=timeout_s
            )
            return self._run(asked)
        except BuildmarkError as error:
            problem = error
        # Not within the handler: pytest would show where each came from, and a user's error has no place in our code.
        pytest.fail(f"{problem.message}\n  try: {problem.remedy}" if problem.remedy else problem.message, pytrace=False)

    def _run(self, asked: Campaign) -> tuple[Trial, ...]:
        with ExitStack() as stack:
            if threading.current_thread() is threading.main_thread():
                stack.enter_context(endings_interrupt())
            engine = self._engines.get(asked.engine)
            trials = stack.enter_context(opened_trials(asked, engine, self._engines.world))
            self._time(trials, asked.plan.rounds)
            return tuple(trials.trials)

    def _time(self, trials: TrialByTrial, rounds: int) -> None:
        self._benchmark.pedantic(
            trials.build, setup=trials.prepare, teardown=trials.finish, rounds=rounds, iterations=1, warmup_rounds=0
        )
        trials.finish()  # where benchmarks are disabled, there is one build and no teardown
        self._benchmark.extra_info.update(extra_info(trials.run, tuple(trials.trials)))
        if self._kept:
            self._benchmark.extra_info["results"] = str(self._results / trials.run.id)

    def _campaign(
        self, chosen: Chosen, *, state: str, rounds: int, engine: str, builder: str, timeout_s: float | None
    ) -> Campaign:
        kind = parse_choice(builder, BuilderKind, "builder=", "there is no builder")
        states = parse_states([state], ())
        if len(states) != 1:
            raise UsageError(f"a benchmark is of one state, not of {state}", remedy='state="cold"')
        rounds = rounds if self._benchmark.enabled else 1
        return Campaign(
            scenario=chosen.scenario,
            home=chosen.scenario.folder,
            axes=chosen.axes,
            plan=make_plan(chosen.scenario.name, chosen.variants, states, rounds, DEFAULT_SEED),
            dockerfiles=chosen.dockerfiles(kind),
            engine=parse_choice(engine, EngineChoice, "--buildmark-engine", "there is no engine"),
            builder=kind,
            timeout_s=timeout_s or chosen.scenario.limits.timeout_s,
            results=self._results,
            drop_page_cache=False,
            local_registry=False,
            command=("pytest", self._benchmark.fullname),
            disturbed_above=DISTURBED_ABOVE,
        )


def choose_variant(scenario: str, levels: Mapping[str, str]) -> Chosen:
    """The one variant that the levels leave. Raises UsageError where they leave more, with the axes to be named."""
    chosen = choose(scenario, [f"{axis}={level}" for axis, level in levels.items()], ())
    open_axes = [axis for axis in chosen.axes if len(axis.levels) > 1]
    if len(chosen.variants) > 1:
        raise UsageError(
            f"{scenario} has {len(chosen.variants)} variants here, and a benchmark is of one",
            remedy=", ".join(f'{axis.name}="{axis.levels[0].name}"' for axis in open_axes),
        )
    return chosen


def extra_info(run: Run, trials: tuple[Trial, ...]) -> dict[str, Any]:
    """What a saved benchmark keeps beside the times: medians by the metrics' names, and where they were taken.

    Trials that other work disturbed are in pytest-benchmark's times, so they are in these; `n_disturbed` counts them.
    """
    (row,) = summarise(run, trials, keep_disturbed=True).rows
    return {
        "run": run.id,
        "scenario": run.plan.scenario,
        "variant": row.variant,
        "state": row.state.value,
        "engine": f"{run.engine.kind} {run.engine.server_version}",
        "storage_driver": run.engine.storage_driver,
        "builder": run.builder.value,
        "n_disturbed": sum(trial.disturbed is not None for trial in trials),
        **{name: metric.median for name, metric in row.metrics.items() if name != WALL},
    }


class _Quiet:
    """A watcher of nothing: pytest tells how far it is."""

    def started(self, run: object, missing: object) -> None:
        """See Watcher."""

    def trial_started(self, planned: object) -> None:
        """See Watcher."""

    def trial_ended(self, trial: object) -> None:
        """See Watcher."""

    def ended(self) -> None:
        """See Watcher."""


def _make_world() -> World:
    return World(
        environment=os.environ,
        clock=SystemClock(),
        cache=cache_folder(os.environ),
        catalogue=load_catalogue(),
        watcher=_Quiet(),
        say=lambda line: print(line, file=sys.stderr),  # noqa: T201  (pytest shows it when a test fails)
    )
