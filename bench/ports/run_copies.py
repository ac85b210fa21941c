"""Brings run folders into a results folder, and takes them out of one. Neighbours: `run_store`, `run_folder`.

A folder that comes from elsewhere is not trusted: the name in its record counts only where it is a plain one, and links
and special files in it are left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.errors import StorageError, UsageError
from bench.ports.disk import disk_errors, make_folder, read_bytes
from bench.ports.run_folder import RUN_FILE, TRIALS_FILE, RunFolder

_STAGING = ".importing-"
_REMOVED = ".removed-"


def runs_in(folder: Path) -> tuple[Path, ...]:
    """The run folders that a path means: itself, or those in it, by name. Raises UsageError where there is none."""
    if (folder / RUN_FILE).is_file():
        return (folder,)
    found = tuple(sorted(path.parent for path in folder.glob(f"*/{RUN_FILE}") if path.is_file()))
    if not found:
        raise UsageError(
            f"{folder} is no run and holds none: there is no {RUN_FILE}", remedy="name a run's folder, or one of runs"
        )
    return found


def import_run(source: Path, results: Path) -> tuple[Path, bool]:
    """Copy a run folder into `results`, whole or not at all; returns its new place, and whether it was not there yet.

    Raises UsageError where another run has that id, StorageError when it cannot be read or copied, or is being written.
    """
    folder = RunFolder(source)
    run = folder.read_run()
    folder.read_trials(run)
    if folder.is_being_written():
        raise StorageError(f"the run {run.id} in {source} is still being written", remedy="import it when it has ended")
    target = results / _plain_name(run.id, source)
    if target.exists():
        _refuse_other_content(source, target)
        return target, False
    make_folder(results)
    with disk_errors("copy", source), tempfile.TemporaryDirectory(prefix=_STAGING, dir=results) as staging:
        staged = Path(staging) / target.name
        shutil.copytree(source, staged, ignore=_not_plain, symlinks=True)
        staged.rename(target)
    return target, True


def remove_run(path: Path) -> None:
    """Delete a run's folder, or the link to it. Raises StorageError when another process writes it, or it stays."""
    with disk_errors("delete", path), _held(path):
        doomed = path.with_name(f"{_REMOVED}{path.name}")
        path.rename(doomed)  # at once, so that nobody ever meets half a run
        if doomed.is_symlink():
            doomed.unlink()
        else:
            shutil.rmtree(doomed)


def _plain_name(run_id: str, source: Path) -> str:
    if not run_id or run_id.startswith(".") or Path(run_id).name != run_id or not run_id.isprintable():
        raise UsageError(
            f"{source / RUN_FILE}: '{run_id!r}' is no id of a run", remedy="see where that file comes from"
        )
    return run_id


def _refuse_other_content(source: Path, target: Path) -> None:
    for name in (RUN_FILE, TRIALS_FILE):
        if not (target / name).is_file() or read_bytes(source / name) != read_bytes(target / name):
            raise UsageError(
                f"there is a run {target.name} with another {name} already",
                remedy=f"move {target} away first, if the one in {source} is to take its place",
            )


def _not_plain(folder: str, names: list[str]) -> list[str]:
    """Everything that is neither a regular file nor a folder: a link may lead anywhere, a pipe never ends."""
    modes = {name: os.lstat(Path(folder) / name).st_mode for name in names}
    return [name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))]


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keep writers out of a run while it is being deleted. One without trials has none."""
    try:
        descriptor = os.open(path / TRIALS_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StorageError(f"the run {path.name} is being written by another process") from error
    finally:
        os.close(descriptor)
