"""Files that commands write where the user says: whole or not at all, with failures in the words of `--out`."""

from __future__ import annotations

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

    out = out.resolve()  # a link stays one, and leads to the new file
    _refuse_others(out)
    try:
        write_whole(out, data)
    except StorageError as error:
        error.remedy = "name another file with --out"
        raise


def _refuse_others(out: Path) -> None:
    if out.exists() and not out.is_file():
        raise UsageError(f"--out {out} is not a file that can be replaced", remedy="name another, or leave out --out")
