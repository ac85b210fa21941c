"""The build contexts of a session: staged before the first trial, kept for `resume`, brought back if they are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.app.asked import Campaign, World
from bench.errors import InputError
from bench.model.run import Revision, Run
from bench.ports.context_edit import check_edit
from bench.ports.run_folder import RunWriter
from bench.ports.scenario_files import SCENARIO_FILE, load_scenario
from bench.ports.scratch_context import StagedContext, has_context, keep_context, staged_context


@contextmanager
def staged_contexts(asked: Campaign, world: World) -> Iterator[Mapping[str, StagedContext]]:
    """The staged contexts by revision, on which every edit that the plan needs was tried.

    A wrong edit must not cost a build. Raises InputError and StorageError.
    """
    with ExitStack() as stack:
        staged = {
            name: stack.enter_context(staged_context(source, asked.results)) for name, source in asked.contexts.items()
        }
        for one in staged.values():
            for state in asked.plan.states:
                if edit := asked.scenario.edits.get(state):
                    check_edit(edit, one.folder, one.folder.with_name("edited"), world.environment)
        yield staged


def revision_records(asked: Campaign, staged: Mapping[str, StagedContext]) -> tuple[Revision, ...]:
    """What the run records of the revisions that it compares."""
    return tuple(
        Revision(name=one.name, commit=one.commit, context_sha256=staged[one.name].facts.sha256)
        for one in asked.revisions
    )


def revision_names(run: Run) -> tuple[str, ...]:
    """The names that a run's contexts go by: one without a name where no revisions are compared."""
    return tuple(one.name for one in run.revisions) or ("",)


def bring_contexts_back(run: Run, writer: RunWriter, world: World) -> None:
    """See that the run has its build context: a complete one whose last record was cut off has dropped it.

    Raises InputError where the scenario's context is no longer what the run began with, or revisions were compared.
    """
    if all(has_context(writer, name) for name in revision_names(run)):
        return
    if run.revisions:
        raise InputError(f"the run {run.id} has dropped the contexts of its revisions", remedy="start a new run")
    if not (Path(run.scenario_folder) / SCENARIO_FILE).is_file():
        raise InputError(
            f"the run {run.id} has dropped its build context, and {run.scenario_folder} has no {SCENARIO_FILE} to bring"
            " it back from; a run of a Dockerfile alone has none",
            remedy="start a new run",
        )
    scenario = load_scenario(run.scenario_folder, folders=(), known_bases=world.catalogue)
    with staged_context(scenario.context, writer.path.parent) as staged:
        if staged.facts.sha256 != run.context_sha256:
            raise InputError(
                f"{scenario.context}: the build context is not what the run {run.id} began with",
                remedy="bring it back to what it was, or start a new run",
            )
        keep_context(staged, writer)
