"""The build context of a campaign, kept in the run's folder while trials are missing, so that `resume` has it.

The copy lies in a folder of its own below `RUN/context/`, because it is renamed for every trial. It goes when the run
is complete: `run.json` keeps its digest.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.errors import StorageError
from bench.ports.context import ContextFacts, stage_context
from bench.ports.disk import disk_errors, make_folder
from bench.ports.run_folder import RunFolder
from bench.ports.scratch import make_scratch

CONTEXT = "context"
SCRATCH = ".context-"


class StagedContext(msgspec.Struct, frozen=True, kw_only=True):
    """A filtered copy of a scenario's context, and what it holds."""

    folder: Path
    facts: ContextFacts


@contextmanager
def staged_context(source: Path, results: Path) -> Iterator[StagedContext]:
    """Stage a context beside the runs, for `keep_context` to move into one; what is not moved is removed."""
    make_folder(results)
    with disk_errors("make a folder in", results):
        scratch = make_scratch(SCRATCH, results)
    try:
        folder = scratch / "context"
        yield StagedContext(folder=folder, facts=stage_context(source, folder))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _home(run: RunFolder) -> Path:
    return run.path / CONTEXT


def keep_context(staged: StagedContext, run: RunFolder) -> Path:
    """Move a staged context into the run's folder. Raises StorageError."""
    make_folder(_home(run))
    with disk_errors("write", _home(run)):
        return staged.folder.rename(_home(run) / "context")


def has_context(run: RunFolder) -> bool:
    """Whether an unfinished run keeps a copy of its context."""
    return _home(run).is_dir() and any(path.is_dir() for path in _home(run).iterdir())


def kept_context(run: RunFolder) -> Path:
    """The context that an unfinished run keeps, whatever its last trial called it. Raises StorageError."""
    found = [path for path in _home(run).iterdir() if path.is_dir()] if _home(run).is_dir() else []
    if len(found) != 1:
        raise StorageError(
            f"the run {run.name} has no copy of its build context: it was stopped before its first trial",
            remedy="start a new run",
        )
    return found[0]


def drop_context(run: RunFolder) -> None:
    """Remove the context of a run that is complete."""
    shutil.rmtree(_home(run), ignore_errors=True)


def context_files(context: Path) -> dict[str, int]:
    """Each regular file of a context: its path relative to it, and its size in bytes."""
    files = (path for path in context.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(context).as_posix(): path.stat().st_size for path in files}
