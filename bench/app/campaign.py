"""A campaign: the trials of a run that are due, one after the other, each recorded as it ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bench.app.trial_runner import TrialRunner
from bench.app.workbench import Workbench
from bench.errors import EngineError, InterruptedRunError, StorageError, UsageError
from bench.model.build import BuilderKind
from bench.model.run import EngineKind, Run
from bench.model.trial import Trial
from bench.pure.cache_mounts import foreign_cache_mounts
from bench.pure.schedule import due_trials

logger = logging.getLogger(__name__)


def run_campaign(run: Run, bench: Workbench, recorded: tuple[Trial, ...] = ()) -> None:
    """Run every trial that is due, until none is, and append its record.

    Raises InterruptedRunError when the user stops it, EngineError and StorageError when the engine or the disk fails.
    Either way what was measured is recorded, and what was made in the engine is removed as far as it still answers.
    """
    known, runner = list(recorded), TrialRunner(run, bench, recorded)
    done = {trial.number for trial in recorded}
    bench.watcher.started(run, tuple(planned for planned in run.plan.trials if planned.number not in done))
    try:
        while due := due_trials(run, known):
            for planned in due:
                bench.watcher.trial_started(planned)
                trial = runner.run(planned)
                bench.recorder.append(trial)
                bench.watcher.trial_ended(trial)
                known.append(trial)
    except KeyboardInterrupt:
        raise InterruptedRunError(
            f"interrupted; what was measured is kept in run {run.id}", remedy=bench.resume_command
        ) from None
    except (EngineError, StorageError) as error:
        first = f"{error.remedy}; then" if error.remedy else "when that is mended:"
        error.remedy = f"{first} {bench.resume_command}"
        raise
    finally:
        bench.watcher.ended()
        _clean_up(runner, bench)


def refuse_foreign_cache_mounts(dockerfiles: Mapping[str, str], engine: EngineKind, builder: BuilderKind) -> None:
    """Raise UsageError where a cold build would empty a cache mount of the user's own.

    `dockerfiles` maps a variant to its Dockerfile's text. `--no-cache` empties the cache mounts that a build uses,
    whoever else uses them by the same id.
    """
    if engine is EngineKind.PRIVATE or builder is BuilderKind.CLASSIC:
        return
    for variant, text in dockerfiles.items():
        if foreign := foreign_cache_mounts(text):
            raise UsageError(
                f"{variant}: the cache mount {foreign[0]!r} may be shared with builds of yours, "
                "and a cold build on your own engine would empty it",
                remedy="give it an id that starts with 'buildmark-', or use --engine private",
            )


def _clean_up(runner: TrialRunner, bench: Workbench) -> None:
    """Remove what is ours from the engine. That it cannot be done must not hide what the campaign ended with."""
    try:
        bench.engine.ping()
        runner.clean_up()
    except EngineError as error:
        logger.warning("the engine could not be tidied up: %s", error.message)
