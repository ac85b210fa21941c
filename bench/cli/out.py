"""Files that commands write where the user says: whole or not at all, with failures in the words of `--out`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.errors import StorageError, UsageError


def check_out(out: Path) -> None:
    """Look at what `--out` names before anything takes long. Raises UsageError for what cannot become a file there."""
    out = out.resolve()
    _refuse_others(out)
    if not out.parent.is_dir():
        raise UsageError(f"--out {out} lies in a folder that does not exist", remedy="make it, or name another file")


def write_out(out: Path, data: bytes) -> None:
    """Write what `--out` names. Raises UsageError for what is no file, StorageError where it cannot be written."""
    from bench.ports.disk import write_whole

    with _named_by_out(out) as file:
        write_whole(file, data)


def write_out_with(out: Path, data: bytes, folder: Path, files: Mapping[str, bytes]) -> None:
    """Write what `--out` names and, before it, the files that it refers to into a folder; all of them or none.

    What else is in the folder stays there. Raises as `write_out`.
    """
    from bench.ports.disk import disk_errors, write_whole

    with _named_by_out(out) as file, contextlib.ExitStack() as undo:
        if not folder.is_dir():
            with disk_errors("make the folder", folder):
                folder.mkdir()
            undo.callback(folder.rmdir)
        for name, content in files.items():
            path = folder / name
            if not path.exists():
                undo.callback(path.unlink, missing_ok=True)
            write_whole(path, content)
        write_whole(file, data)
        undo.pop_all()


@contextlib.contextmanager
def _named_by_out(out: Path) -> Iterator[Path]:
    """The file that is meant, checked, and failures of the block in the words of the option."""
    file = out.resolve()  # a link stays one, and leads to the new file
    _refuse_others(file)
    try:
        yield file
    except StorageError as error:
        error.remedy = "name another file with --out"
        raise


def _refuse_others(out: Path) -> None:
    if out.exists() and not out.is_file():
        raise UsageError(f"--out {out} is not a file that can be replaced", remedy="name another, or leave out --out")
