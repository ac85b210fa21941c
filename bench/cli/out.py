"""Files that commands write where the user says: whole or not at all, with failures in the words of `--out`."""

from __future__ import annotations

from pathlib import Path

from bench.errors import StorageError, UsageError


def write_out(out: Path, data: bytes) -> None:
    """Write what `--out` names. Raises UsageError for what is no file, StorageError where it cannot be written."""
    from bench.ports.disk import write_whole

    out = out.resolve()  # a link stays one, and leads to the new file
    if out.exists() and not out.is_file():
        raise UsageError(f"--out {out} is not a file that can be replaced", remedy="name another, or leave out --out")
    try:
        write_whole(out, data)
    except StorageError as error:
        error.remedy = "name another file with --out"
        raise
