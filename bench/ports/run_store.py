"""The results folder: creates the folder of a new run, and finds the folder that a user names.

A run is named by its folder, its id, the beginning of its id, or `latest`. Neighbour: `run_folder` is one run.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.errors import StorageError, UsageError, did_you_mean
from bench.model.run import Run
from bench.ports.disk import disk_error, make_folder, read_bytes, write_whole
from bench.ports.protocols import Clock
from bench.ports.run_folder import DOCKERFILES, LOGS, RUN_FILE, TRIALS_FILE, RunFolder, RunWriter, is_run
from bench.pure.records import decode_head, encode_run

LATEST = "latest"
_ID_TIME = re.compile(r"^(\d{8}-\d{6})-")
_ID_FORMAT = "%Y%m%d-%H%M%S"
_NEWEST_SHOWN = 5


class RunListing(msgspec.Struct, frozen=True, kw_only=True):
    """A run as a list shows it. `is_adaptive`: it may stop before all trials that are `planned`.

    `problem` says why its record cannot be read; then the numbers are None.
    """

    name: str
    path: Path
    created_at: datetime
    scenario: str | None
    title: str | None
    rounds: int | None
    planned: int | None
    is_adaptive: bool
    problem: str | None


class RunStore:
    """Every run under one results folder."""

    def __init__(self, results: Path) -> None:
        self.results = results

    def new_run_id(self, clock: Clock, scenario: str) -> str:
        """An id that no run here has: the time in UTC and the scenario, with a number after it when it is taken."""
        plain = f"{clock.now().astimezone(UTC):{_ID_FORMAT}}-{scenario}"
        run_id, number = plain, 1
        while (self.results / run_id).exists():
            number += 1
            run_id = f"{plain}-{number}"
        return run_id

    @contextlib.contextmanager
    def reserved(self, clock: Clock, scenario: str) -> Iterator[str]:
        """Take an id that no other process can take too; its folder goes again when no run is made in it.

        Raises StorageError when the results folder cannot be written.
        """
        make_folder(self.results)
        while True:
            run_id = self.new_run_id(clock, scenario)
            try:
                (self.results / run_id).mkdir()
            except FileExistsError:
                continue
            except OSError as error:
                raise disk_error(error, "make the run's folder", self.results / run_id) from error
            break
        try:
            yield run_id
        finally:
            with contextlib.suppress(OSError):
                (self.results / run_id).rmdir()

    def create(self, run: Run) -> RunWriter:
        """Make the folder of a new run and write its record. Raises StorageError, and then nothing is left behind."""
        make_folder(self.results)
        path = self.results / run.id
        try:
            path.mkdir(exist_ok=True)
            if any(path.iterdir()):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        except OSError as error:
            raise disk_error(error, "make the run's folder", path) from error
        try:
            for folder in (DOCKERFILES, LOGS):
                make_folder(path / folder)
            write_whole(path / TRIALS_FILE, b"")
            write_whole(path / RUN_FILE, encode_run(run))
            return RunWriter(path)
        except BaseException:
            with contextlib.suppress(OSError):
                shutil.rmtree(path)
            raise

    def open(self, name: str) -> RunFolder:
        """Find a run to read. Raises UsageError when no run, or more than one, has that name."""
        return RunFolder(self.find(name))

    def reopen(self, name: str) -> RunWriter:
        """Find a run to append to. Raises UsageError as `open` does; StorageError when another process writes it."""
        return RunWriter(self.find(name))

    def find(self, name: str) -> Path:
        """The folder of the run called `name`: `latest`, a path, an id, or the beginning of one id."""
        if name == LATEST:
            return self._latest()
        for path in (self.results / name, Path(name), Path(name).parent if Path(name).name == RUN_FILE else None):
            if path is not None and (path / RUN_FILE).is_file():
                return path.resolve()
        names = [listing.name for listing in self.list_runs()]
        matching = [one for one in names if name and one.startswith(name)]
        if len(matching) == 1:
            return self.results / matching[0]
        if matching:
            raise UsageError(
                f"'{name}' is the beginning of {len(matching)} runs: {_some(matching)}", remedy="write more of the id"
            )
        raise UsageError(
            f"no run '{name}' in {self.results}{did_you_mean(name, [*names, LATEST])}", remedy=_what_there_is(names)
        )

    def list_runs(self) -> tuple[RunListing, ...]:
        """Every run here, the newest first, also what cannot be read of one. Raises StorageError.

        A results folder that does not exist holds none.
        """
        try:
            found = [path for path in self.results.iterdir() if not path.name.startswith(".")]  # those come or go
            folders = [path for path in found if is_run(path)]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise disk_error(error, "read the results folder", self.results) from error
        return tuple(sorted(map(_list, folders), key=lambda one: (one.created_at, one.name), reverse=True))

    def _latest(self) -> Path:
        runs = self.list_runs()
        if not runs:
            raise UsageError(f"there is no run in {self.results} yet", remedy=_what_there_is([]))
        return runs[0].path.resolve()


def _list(path: Path) -> RunListing:
    """Read a run's head; a broken record is listed with its problem, at the time that its name tells."""
    try:
        head = decode_head(read_bytes(path / RUN_FILE), path / RUN_FILE)
    except StorageError as error:
        return RunListing(
            name=path.name,
            path=path,
            created_at=time_in_name(path.name),
            scenario=None,
            title=None,
            rounds=None,
            planned=None,
            is_adaptive=False,
            problem=error.message,
        )
    return RunListing(
        name=path.name,
        path=path,
        created_at=head.created_at if head.created_at.tzinfo else head.created_at.replace(tzinfo=UTC),
        scenario=head.plan.scenario,
        title=head.title,
        rounds=head.plan.rounds,
        planned=len(head.plan.trials),
        is_adaptive=head.adaptive is not None,
        problem=None,
    )


def time_in_name(name: str) -> datetime:
    """When a run began, from the id that names its folder; the earliest time of all where that tells none."""
    found = _ID_TIME.match(name)
    with contextlib.suppress(ValueError):
        if found:
            return datetime.strptime(found[1], _ID_FORMAT).replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NEWEST_SHOWN])
    return shown if len(names) <= _NEWEST_SHOWN else f"{shown}, …"


def _what_there_is(names: list[str]) -> str:
    if not names:
        return "make one with: buildmark run quick"
    return f"one of the newest: {_some(names)}"
