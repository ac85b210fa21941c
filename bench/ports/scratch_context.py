"""The build contexts of a campaign, kept in the run's folder while trials are missing, so that `resume` has them.

A campaign has one context, or one for each revision that it compares (`bench.model.run.Run.revisions`). Each copy lies
in a folder of its own below `RUN/context/` or `RUN/contexts/REVISION/`, because it is renamed for every trial. They go
when the run is complete: `run.json` keeps their digests.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.errors import StorageError
from bench.ports.context import ContextFacts, stage_context
from bench.ports.context_edit import PRISTINE
from bench.ports.disk import disk_errors, make_folder
from bench.ports.run_folder import RunFolder
from bench.ports.scratch import make_scratch

CONTEXT, CONTEXTS = "context", "contexts"
SCRATCH = ".context-"


class StagedContext(msgspec.Struct, frozen=True, kw_only=True):
    """A filtered copy of a scenario's context, and what it holds."""

    folder: Path
    facts: ContextFacts


@contextmanager
def staged_context(source: Path, results: Path) -> Iterator[StagedContext]:
    """Stage a context beside the runs, for `keep_context` to move into one; what is not moved is removed.

    The runs themselves are never part of it, also where their folder lies in the context.
    """
    make_folder(results)
    with disk_errors("make a folder in", results):
        scratch = make_scratch(SCRATCH, results)
    try:
        folder = scratch / "context"
        yield StagedContext(folder=folder, facts=stage_context(source, folder, without=(results,)))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _home(run: RunFolder, revision: str) -> Path:
    return run.path / CONTEXTS / revision if revision else run.path / CONTEXT


def keep_context(staged: StagedContext, run: RunFolder, revision: str = "") -> Path:
    """Move a staged context into the run's folder. Raises StorageError."""
    home = _home(run, revision)
    make_folder(home)
    with disk_errors("write", home):
        return staged.folder.rename(home / "context")


def has_context(run: RunFolder, revision: str = "") -> bool:
    """Whether an unfinished run keeps a copy of its context."""
    home = _home(run, revision)
    return home.is_dir() and any(path.is_dir() for path in home.iterdir())


def kept_context(run: RunFolder, revision: str = "") -> Path:
    """The context that an unfinished run keeps, whatever its last trial called it. Raises StorageError."""
    home = _home(run, revision)
    found = [path for path in home.iterdir() if path.is_dir()] if home.is_dir() else []
    if home / PRISTINE in found:  # killed while an edited copy stood in its place
        for edited in found:
            if edited.name != PRISTINE:
                shutil.rmtree(edited)
        return (home / PRISTINE).rename(home / "context")
    if len(found) != 1:
        raise StorageError(
            f"the run {run.name} has no copy of its build context: it was stopped before its first trial",
            remedy="start a new run",
        )
    return found[0]


def drop_contexts(run: RunFolder) -> None:
    """Remove the contexts of a run that is complete."""
    for name in (CONTEXT, CONTEXTS):
        shutil.rmtree(run.path / name, ignore_errors=True)


def context_files(context: Path) -> dict[str, int]:
    """Each regular file of a context: its path relative to it, and its size in bytes."""
    files = (path for path in context.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(context).as_posix(): path.stat().st_size for path in files}
