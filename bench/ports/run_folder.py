"""The folder of one run: its record, its trials, the Dockerfiles, logs and streams (docs/FORMAT.md has the layout).

These files are the truth that every table is computed from. `RunFolder` reads, also while somebody else is writing;
`RunWriter` appends. Neighbour: `run_store` finds and creates folders.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.errors import StorageError
from bench.model.plan import PlannedTrial
from bench.model.run import FORMAT_VERSION, Run
from bench.model.trial import Trial
from bench.ports.disk import append_whole, disk_errors, make_folder, read_bytes, write_whole
from bench.pure.records import TrialsRead, count_trials, decode_head, decode_run, decode_trials, encode_trial

RUN_FILE = "run.json"
TRIALS_FILE = "trials.jsonl"
DOCKERFILES = "dockerfiles"
LOGS = "logs"
CONTEXT = "context"
_LONGEST_NAME = 160


def is_run(path: Path) -> bool:
    """Whether a folder holds a run, or what is left of one: a record, or trials without theirs.

    A folder of neither is somebody else's, or a run that is just being created: that has no trial before its record.
    """
    if (path / RUN_FILE).is_file():
        return True
    try:
        return (path / TRIALS_FILE).stat().st_size > 0
    except OSError:
        return False


class RunFolder:
    """Reads a run. A run under way can be read at any time: its last record may be cut off, and is then left out."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """The folder's name: the run's id, unless somebody renamed it."""
        return self.path.name

    @property
    def context(self) -> Path:
        """Where an unfinished run keeps its own copy of the build context, so that `resume` has it."""
        return self.path / CONTEXT

    def dockerfile(self, variant: str) -> Path:
        """Where the Dockerfile of a variant lies."""
        return self.path / DOCKERFILES / file_name(variant) / "Dockerfile"

    def read_run(self) -> Run:
        """The run's record. Raises StorageError when it cannot be read."""
        file = self.path / RUN_FILE
        return decode_run(read_bytes(file), file)

    def read_trials(self, run: Run) -> TrialsRead:
        """The trials recorded so far, in the order in which they ended. Raises StorageError with `FILE:LINE`."""
        file = self.path / TRIALS_FILE
        return decode_trials(read_bytes(file), file, version=run.format_version)

    def count_trials(self) -> int:
        """How many trials are recorded so far, counted and not read. Raises StorageError."""
        return count_trials(read_bytes(self.path / TRIALS_FILE))

    def count_variants(self) -> int:
        """How many variants the run's plan has. Raises StorageError."""
        file = self.path / RUN_FILE
        return len(decode_head(read_bytes(file), file).plan.variants)

    def is_being_written(self) -> bool:
        """Whether somebody else is appending to this run now."""
        try:
            descriptor = os.open(self.path / TRIALS_FILE, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def write_summary(self, name: str, text: str) -> Path:
        """Write `summary.md` or the like beside the records, whole or not at all. Raises StorageError."""
        path = self.path / name
        write_whole(path, text.encode())
        return path


class RunWriter(RunFolder):
    """Appends to a run. One process at a time: a second one is told so. Close it, or use it with `with`."""

    def __init__(self, path: Path) -> None:
        """Open the trials for appending; a record that was cut off is removed first. Raises StorageError."""
        super().__init__(path)
        self.trials_file = path / TRIALS_FILE
        with disk_errors("write", self.trials_file):
            self._descriptor = os.open(self.trials_file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock()
            self._mend()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the run; what was appended is on the disk already."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def count_trials(self) -> int:
        """How many trials are recorded so far, counted and not read. Raises StorageError."""
        return count_trials(read_bytes(self.path / TRIALS_FILE))

    def count_variants(self) -> int:
        """How many variants the run's plan has. Raises StorageError."""
        file = self.path / RUN_FILE
        return len(decode_head(read_bytes(file), file).plan.variants)

    def is_being_written(self) -> bool:
        """See RunFolder: nobody else can be, while this holds the lock."""
        return False

    def append(self, trial: Trial) -> None:
        """Append one trial and sync it to the disk. Raises StorageError, and then the file is as it was before."""
        append_whole(self._descriptor, encode_trial(trial), self.trials_file)

    def write_dockerfile(self, variant: str, text: str) -> str:
        """Keep a variant's Dockerfile; returns its path relative to the run's folder. Raises StorageError."""
        path = self.dockerfile(variant)
        make_folder(path.parent)
        write_whole(path, text.encode())
        return path.relative_to(self.path).as_posix()

    def write_log(self, planned: PlannedTrial, text: str, raw: bytes = b"") -> str:
        """Keep a trial's readable log, and beside it the builder's own stream as it came, compressed.

        Returns the log's path relative to the run's folder; the stream has the same name with `.stream.gz`. Not
        synced: the record that names them is, and it is written after them. Raises StorageError.
        """
        stem = self._log_stem(planned)
        path = stem.with_name(f"{stem.name}.log")
        make_folder(path.parent)
        with disk_errors("write", path):
            path.write_bytes(text.encode(errors="replace"))
            if raw:
                stem.with_name(f"{stem.name}.stream.gz").write_bytes(gzip.compress(raw, compresslevel=6, mtime=0))
        return path.relative_to(self.path).as_posix()

    def write_host_samples(self, planned: PlannedTrial, lines: bytes) -> str:
        """Keep the samples of the machine beside a trial's log, compressed. Not synced, as that. Raises StorageError.

        Returns the file's path relative to the run's folder.
        """
        stem = self._log_stem(planned)
        path = stem.with_name(f"{stem.name}.host.jsonl.gz")
        make_folder(path.parent)
        with disk_errors("write", path):
            path.write_bytes(gzip.compress(lines, compresslevel=6, mtime=0))
        return path.relative_to(self.path).as_posix()

    def _log_stem(self, planned: PlannedTrial) -> Path:
        return self.path / LOGS / f"{planned.number:04}-{file_name(planned.variant)}-{planned.state}"

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(
                f"the run {self.name} is being written by another process",
                remedy=f"wait for it to end, or look at it with: buildmark show {self.name}",
            ) from error

    def _mend(self) -> None:
        """Cut off what is not a whole record, so that the next one stands on a line of its own."""
        run = self.read_run()
        if run.format_version != FORMAT_VERSION:
            raise StorageError(
                f"{self.path / RUN_FILE}: the run was begun in format {run.format_version}, and this Buildmark writes"
                f" format {FORMAT_VERSION}",
                remedy="finish it with the Buildmark that began it, or start a new run",
            )
        read = self.read_trials(run)
        with disk_errors("write", self.trials_file):
            os.ftruncate(self._descriptor, read.keep_bytes)
        if read.lacks_newline:
            append_whole(self._descriptor, b"\n", self.trials_file)


def file_name(variant: str) -> str:
    """A variant's id as a file name: itself, unless it is too long for a file system, then cut and made unique."""
    if len(variant.encode()) <= _LONGEST_NAME:
        return variant
    digest = hashlib.sha256(variant.encode()).hexdigest()[:12]
    return f"{variant.encode()[:_LONGEST_NAME].decode(errors='ignore')}-{digest}"
