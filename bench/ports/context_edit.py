"""Applies a declared edit to a copy of the build context, and tells which files it changed.

The copy takes the context's place and name while the timed build runs; then the untouched one comes back. The user's
own files are never written. Neighbours: `bench.pure.edits` says what an edit means, `bench.ports.scratch_context` keeps
the context of a run.
"""

from __future__ import annotations

import filecmp
import os
import posixpath
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import assert_never

from bench.errors import InputError
from bench.model.scenario import Edit, EditAction
from bench.ports import process
from bench.ports.disk import disk_errors
from bench.pure.edits import for_trial

PRISTINE = ".pristine"
SHELL_TIMEOUT_S = 300.0


@contextmanager
def edited_context(context: Path, edit: Edit, trial: str, environment: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Within the block, `context` is an edited copy of itself; gives the paths whose content the edit changed.

    Raises InputError when the edit cannot be made (no such file, nothing to replace, a command that fails).
    """
    pristine = context.with_name(PRISTINE)
    with disk_errors("copy the build context", context):
        context.rename(pristine)
    try:
        with disk_errors("copy the build context", pristine):
            shutil.copytree(pristine, context, symlinks=True)
        apply_edit(edit, context, trial, environment)
        yield changed_files(pristine, context)
    finally:
        restore(context.parent, context.name)


def restore(home: Path, name: str) -> None:
    """Put the untouched context below `home` back in its place, also after a killed run."""
    pristine = home / PRISTINE
    if pristine.is_dir():
        shutil.rmtree(home / name, ignore_errors=True)
        pristine.rename(home / name)


def check_edit(edit: Edit, context: Path, scratch: Path, environment: Mapping[str, str]) -> None:
    """Try an edit on a copy of its own in `scratch`, before anything is built.

    Raises InputError when it cannot be made, or changes nothing (a touch may: that is its point).
    """
    with disk_errors("copy the build context", context):
        shutil.copytree(context, scratch, symlinks=True)
    try:
        apply_edit(edit, scratch, "trial", environment)
        if edit.action is not EditAction.TOUCH and not changed_files(context, scratch):
            raise InputError(f"the edit ({edit.action} {edit.file or edit.text!r}) changes no file of the context")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_file(edit: Edit, context: Path, files: Collection[str]) -> None:
    """Raise InputError unless the file that an edit names is in `context`, of which a builder is sent `files`."""
    # What a path leads to by a link is looked for on the disk, as a run does it.
    if edit.file and posixpath.normpath(edit.file) not in files and not _is_linked(context, edit.file):
        raise _not_there(edit)


def _is_linked(context: Path, file: str) -> bool:
    path = context / file
    return path.is_file() and any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(context))


def _not_there(edit: Edit) -> InputError:
    return InputError(
        f"the edit's file {edit.file} is not in the build context",
        remedy="name a file by its path in the context, one that .dockerignore does not leave out",
    )


def apply_edit(edit: Edit, context: Path, trial: str, environment: Mapping[str, str]) -> None:
    """Make the edit in `context`. Raises InputError when it cannot be made."""
    text, new = for_trial(edit.text, trial), for_trial(edit.new, trial)
    file = context / edit.file if edit.file else context
    if edit.file and not file.is_file():
        raise _not_there(edit)
    match edit.action:
        case EditAction.APPEND:
            _write(file, file.read_bytes() + text.encode())
        case EditAction.REPLACE:
            _replace(file, edit, text.encode(), new.encode())
        case EditAction.TOUCH:
            os.utime(file)
        case EditAction.COPY:
            (context / text).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, context / text)
        case EditAction.DELETE:
            file.unlink()
        case EditAction.SHELL:
            _run(text, context, environment)
        case _:
            assert_never(edit.action)


def changed_files(before: Path, after: Path) -> tuple[str, ...]:
    """The paths (relative, sorted) of files and links that one of two folders has not, or has with other content."""
    theirs, ours = _files(before), _files(after)
    both = (path for path in theirs & ours if _differ(before, after, path))
    return tuple(sorted([*(theirs ^ ours), *both]))


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


def _differ(before: Path, after: Path, path: str) -> bool:
    one, other = before / path, after / path
    if one.is_symlink() or other.is_symlink():
        return not (one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink())
    modes_differ = one.stat().st_mode != other.stat().st_mode
    return modes_differ or not filecmp.cmp(one, other, shallow=False)


def _replace(file: Path, edit: Edit, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    if old not in content:
        raise InputError(f"the edit's file {edit.file} does not hold {edit.text!r}", remedy="correct `replace`")
    _write(file, content.replace(old, new))


def _write(file: Path, content: bytes) -> None:
    """Write in place, so that the file keeps its mode."""
    with disk_errors("write", file):
        file.write_bytes(content)


def _run(command: str, context: Path, environment: Mapping[str, str]) -> None:
    process.run(
        ["/bin/sh", "-ec", command], cwd=context, env=environment, timeout_s=SHELL_TIMEOUT_S, failure=InputError
    )
