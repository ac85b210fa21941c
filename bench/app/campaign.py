"""A campaign: the trials of a run that are still missing, one after the other, each recorded as it ends."""

from __future__ import annotations

from bench.app.trial_runner import TrialRunner
from bench.app.workbench import Workbench
from bench.errors import EngineError, InterruptedRunError, UsageError
from bench.model.build import BuilderKind
from bench.model.plan import PlannedTrial
from bench.model.run import EngineKind, Run
from bench.model.trial import Trial
from bench.pure.cache_mounts import foreign_cache_mounts


def missing_trials(run: Run, recorded: tuple[Trial, ...]) -> tuple[PlannedTrial, ...]:
    """The planned trials that have no record yet, in the plan's order."""
    done = {trial.number for trial in recorded}
    return tuple(planned for planned in run.plan.trials if planned.number not in done)


def run_campaign(run: Run, bench: Workbench, recorded: tuple[Trial, ...] = ()) -> None:
    """Run every missing trial and append its record.

    Raises InterruptedRunError when the user stops it and EngineError when the engine fails; either way what was
    measured is recorded, and what was made in the engine is removed as far as the engine still answers.
    """
    refuse_foreign_cache_mounts(run, bench)
    missing = missing_trials(run, recorded)
    runner = TrialRunner(run, bench, recorded)
    bench.watcher.started(run, missing)
    try:
        for planned in missing:
            bench.watcher.trial_started(planned)
            trial = runner.run(planned)
            bench.recorder.append(trial)
            bench.watcher.trial_ended(trial)
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"interrupted; what was measured is kept in run {run.id}", remedy=f"buildmark resume {run.id}"
        ) from None
    except EngineError as error:
        first = f"{error.remedy}; then" if error.remedy else "when the engine is back:"
        error.remedy = f"{first} buildmark resume {run.id}"
        raise
    finally:
        bench.watcher.ended()
        _clean_up(runner, bench)


def refuse_foreign_cache_mounts(run: Run, bench: Workbench) -> None:
    """Raise UsageError where a cold build would empty a cache mount of the user's own.

    `--no-cache` empties the cache mounts that a build uses, whoever else uses them by the same id.
    """
    if bench.engine.info.kind is EngineKind.PRIVATE or run.builder is BuilderKind.CLASSIC:
        return
    for variant, path in bench.dockerfiles.items():
        if foreign := foreign_cache_mounts(path.read_text()):
            raise UsageError(
                f"{variant}: the cache mount {foreign[0]!r} may be shared with builds of yours, "
                "and a cold build on your own engine would empty it",
                remedy="give it an id that starts with 'buildmark-', or use --engine private",
            )


def _clean_up(runner: TrialRunner, bench: Workbench) -> None:
    """Remove what is ours from the engine; one that has died cannot be cleaned, and its own error is already told."""
    try:
        bench.engine.ping()
    except EngineError:
        return
    runner.clean_up()
