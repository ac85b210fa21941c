"""Where private engines live: they are made here, found again, and removed with everything that belongs to them.

In the cache folder: `docker-KEY/` (the programs), `engines/NAME/` (state, data), `engine-logs/NAME.log`. In the runtime
folder: `buildmark-NAME/` (sockets, pid files). In each cgroup hierarchy: `buildmark-NAME/`. Nowhere else.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.errors import EngineError, StorageError
from bench.ports import cgroups
from bench.ports.engine_daemons import Daemons, tail
from bench.ports.engine_lock import lock_file
from bench.ports.engine_state import (
    RUNC_STATE,
    STATE_FILE,
    EngineState,
    identify,
    missing_stray_folders,
    read_states,
    remove_stray_folders,
    stop_processes,
    write_state,
)
from bench.ports.engine_tools import fetch_engine
from bench.ports.mounts import mount_at, unmount_below
from bench.ports.private_engine import PrivateEngine, engine_environment
from bench.ports.protocols import Clock

logger = logging.getLogger(__name__)

RUNTIME_VARIABLE = "BUILDMARK_RUNTIME"
RUNTIME = "/run"
STOP_PATIENCE_S = 20.0
LOGS_KEPT = 5
# Filesystems on which overlay2 does not work, or whose speed says nothing about a build server's.
UNFIT = frozenset({"overlay", "tmpfs", "ramfs", "nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "vfat", "exfat"})


class EngineHome:
    """The private engines of one cache folder."""

    def __init__(self, cache: Path, *, environment: Mapping[str, str], clock: Clock) -> None:
        self._cache = cache
        self._engines = cache / "engines"
        self._logs = cache / "engine-logs"
        self._runtime = Path(environment.get(RUNTIME_VARIABLE) or RUNTIME)
        self._environment = environment
        self._clock = clock

    def open(self) -> PrivateEngine:
        """The engine that `engine up` keeps, else a new one that closes with this process's use of it.

        Engines that killed runs left behind are removed first. Raises EngineError when dockerd does not come up, and
        NetworkError when its packages cannot be had.
        """
        self.clean()
        for state in self.kept():
            return PrivateEngine(state, self._environment, on_close=None)
        return self._start(keep=False)

    def up(self) -> tuple[EngineState, bool]:
        """Start an engine that stays until `down`, unless one is up. Returns its state, and whether it is new."""
        self.clean()
        for state in self.kept():
            return state, False
        engine = self._start(keep=True)
        engine.close()
        return self.kept()[0], True

    def kept(self) -> tuple[EngineState, ...]:
        """The engines that stay up until `down`."""
        return tuple(state for state in read_states(self._engines) if state.owner is None and state.is_up)

    def states(self) -> tuple[EngineState, ...]:
        """Every engine that lies here: kept, in use by a run, or left behind."""
        return read_states(self._engines)

    def clean(self) -> tuple[str, ...]:
        """Remove what killed runs left behind, and return its names. Engines in use and kept ones stay."""
        if not os.access(self._engines, os.F_OK):  # no engine was ever here, and who only asks need not write here
            return ()
        with self._locked():
            abandoned = [state for state in read_states(self._engines) if state.is_abandoned]
            for state in abandoned:
                logger.warning("removing the engine %s, which a killed run left behind", state.name)
                self._remove(state)
            self._remove_nameless()
        return tuple(state.name for state in abandoned)

    def remove(self, state: EngineState) -> None:
        """Stop an engine and remove all that belongs to it."""
        with self._locked():
            self._remove(state)

    def log_of(self, name: str) -> Path:
        """Where the daemons of an engine log to; kept for a while after it."""
        return self._logs / f"{name}.log"

    def logs(self) -> tuple[Path, ...]:
        """The logs that are kept, that of the engine started last first."""
        return tuple(sorted(self._logs.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True))

    def _start(self, *, keep: bool) -> PrivateEngine:
        tools = fetch_engine(self._cache, self._environment)
        state = self._claim(tools)
        daemons: Daemons | None = None
        try:
            groups = cgroups.create(group_name(state.name))
            state = msgspec.structs.replace(state, steps_cgroup=groups.steps, daemon_cgroup=groups.daemon)
            write_state(state)
            _link_buildx(state)
            environment = engine_environment(state, self._environment)
            daemons = Daemons(state, groups, environment=environment, log=self.log_of(state.name))
            daemons.start()
            found = tuple(identity for identity in map(identify, daemons.pids) if identity)
            state = msgspec.structs.replace(state, daemons=found, owner=None if keep else state.owner)
            write_state(state)
            return self._opened(state, daemons, keep=keep)
        except BaseException:
            self._end(state, daemons)
            raise

    def _opened(self, state: EngineState, daemons: Daemons, *, keep: bool) -> PrivateEngine:
        try:
            return PrivateEngine(state, self._environment, on_close=None if keep else lambda: self._end(state, daemons))
        except EngineError as error:
            raise EngineError(f"{error.message}\n{tail(self.log_of(state.name))}", remedy=error.remedy) from error

    def _end(self, state: EngineState, daemons: Daemons | None) -> None:
        self.remove(state)
        if daemons is not None:
            daemons.reap()

    def _claim(self, tools: Path) -> EngineState:
        """Give a new engine its name and folders; written down before anything starts, so that it is found again."""
        name = f"private-{secrets.token_hex(3)}"
        state = EngineState(
            name=name,
            folder=self._engines / name,
            runtime=self._runtime / group_name(name),
            tools=tools,
            created_at=self._clock.now(),
            owner=identify(os.getpid()),
            stray_folders=missing_stray_folders(),
        )
        with self._locked():
            try:
                _refuse_unfit(self._engines)
                self._logs.mkdir(parents=True, exist_ok=True)
                self._forget_old_logs()
                state.folder.mkdir(mode=0o711)
                write_state(state)
                state.runtime.mkdir(mode=0o700, parents=True)
            except OSError as error:
                raise StorageError(f"a private engine cannot be made in {state.folder}: {error.strerror}") from error
        return state

    def _forget_old_logs(self) -> None:
        for log in self.logs()[LOGS_KEPT:]:
            log.unlink(missing_ok=True)

    def _remove(self, state: EngineState) -> None:
        cgroups.kill_steps(group_name(state.name))  # dockerd would give each container ten seconds
        stop_processes(state, patience_s=STOP_PATIENCE_S)
        steps = cgroups.step_ids(group_name(state.name))
        cgroups.remove(group_name(state.name))
        for step in steps:
            shutil.rmtree(RUNC_STATE / step, ignore_errors=True)
        remove_stray_folders(state)
        for folder in (state.runtime, state.folder):
            unmount_below(folder)
        shutil.rmtree(state.runtime, ignore_errors=True)
        lock_file(self._cache, state.name).unlink(missing_ok=True)  # of a run that was killed; the name never returns
        for entry in state.folder.iterdir() if state.folder.is_dir() else ():
            if entry.name != STATE_FILE:  # goes last, so that a clean-up that is killed is taken up again
                _remove_entry(entry)
        shutil.rmtree(state.folder, ignore_errors=True)
        if state.folder.exists() or state.runtime.exists():
            raise StorageError(f"the engine {state.name} cannot be removed wholly: {state.folder}, {state.runtime}")

    def _remove_nameless(self) -> None:
        """Remove folders without a state file: what is left of a process killed before it had started anything."""
        for folder in self._engines.iterdir():
            if folder.is_dir() and not (folder / STATE_FILE).exists():
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._engines.mkdir(parents=True, exist_ok=True)
            file = (self._engines / ".lock").open("w")
        except OSError as error:
            raise StorageError(f"{self._engines} cannot be written: {error.strerror}") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def group_name(engine_name: str) -> str:
    """The control group of an engine, in every hierarchy."""
    return f"buildmark-{engine_name}"


def _link_buildx(state: EngineState) -> None:
    plugins = state.folder / "config" / "cli-plugins"
    plugins.mkdir(parents=True)
    for found in sorted(state.tools.glob("usr/lib*/docker/cli-plugins/docker-buildx")):
        (plugins / "docker-buildx").symlink_to(found)
        return
    raise EngineError("the Docker that was fetched has no Buildx", remedy=f"remove {state.tools.parent} and try again")


def _refuse_unfit(folder: Path) -> None:
    kind = mount_at(folder).kind
    if kind in UNFIT or kind.startswith("fuse"):
        raise EngineError(
            f"a Docker engine cannot keep its data on {kind}, which is what {folder} lies on",
            remedy="set BUILDMARK_CACHE to a folder on a local disk (ext4, xfs, btrfs)",
        )


def _remove_entry(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
