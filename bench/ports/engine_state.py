"""What a private engine leaves on disk about itself, so that a later process can use it, or clean up after it.

A process is named by its pid and its start time, so that a pid that was given out again is never taken for it.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
import psutil

PROC = Path("/proc")
STATE_FILE = "state.json"
STATE_FORMAT = 1
STRAGGLER_PATIENCE_S = 2.0
# Where containerd shims listen, whatever their containerd was told.
SHIM_SOCKETS = Path("/run/containerd/s")
# Where BuildKit's runc keeps the state of RUN steps, a folder for each.
RUNC_STATE = Path("/run/runc")
# The same for dockerd's plugins. The inner ones come first.
STRAY_FOLDERS = (SHIM_SOCKETS, SHIM_SOCKETS.parent, RUNC_STATE, Path("/run/docker/plugins"), Path("/run/docker"))
# Of the programs of an engine, those whose command line holds its paths belong to it.
ENGINE_PROGRAMS = frozenset({"dockerd", "containerd", "containerd-shim", "containerd-shim-runc-v2", "runc"})


class ProcessIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one boot: `start_ticks` is field 22 of proc_pid_stat(5), `boot` the kernel's id of this boot."""

    pid: int
    start_ticks: int
    boot: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return identify(self.pid) == self


class EngineState(msgspec.Struct, frozen=True, kw_only=True):
    """The state file of a private engine. `owner` is the process whose end is also the engine's; None keeps it up.

    `folder` lies in the cache (data root, configuration), `runtime` holds sockets and pid files, `tools` the programs.
    `stray_folders`: folders outside these that were not there before, so they go when the engine goes.
    """

    format_version: int = STATE_FORMAT
    name: str
    folder: Path
    runtime: Path
    tools: Path
    created_at: datetime
    owner: ProcessIdentity | None
    daemons: tuple[ProcessIdentity, ...] = ()
    steps_cgroup: str | None = None
    daemon_cgroup: str | None = None
    stray_folders: tuple[Path, ...] = ()

    @property
    def is_up(self) -> bool:
        """Whether all its daemons run."""
        return bool(self.daemons) and all(daemon.is_alive for daemon in self.daemons)

    @property
    def socket(self) -> Path:
        """Where dockerd listens."""
        return self.runtime / "docker.sock"

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody will ever close it: its owner has gone, or it was kept up and its daemons have died."""
        return not self.owner.is_alive if self.owner else not self.is_up


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of a running process; None when there is none, or when only its exit status is left."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" else ProcessIdentity(pid=pid, start_ticks=int(fields[19]), boot=boot)


def write_state(state: EngineState) -> None:
    """Write the state file in one step: a reader sees the old one or the new one."""
    target = state.folder / STATE_FILE
    new = target.with_suffix(".new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(state, enc_hook=str)))
    new.replace(target)


def read_states(engines: Path) -> tuple[EngineState, ...]:
    """The state of every engine below the folder `engines`; files that cannot be read are passed over."""
    states = []
    for file in sorted(engines.glob(f"*/{STATE_FILE}")):
        with suppress(OSError, msgspec.MsgspecError):
            states.append(msgspec.json.decode(file.read_bytes(), type=EngineState, dec_hook=_to_path))
    return tuple(states)


def stragglers_of(state: EngineState) -> tuple[ProcessIdentity, ...]:
    """The programs of a container engine whose command line holds this engine's paths: daemons, shims, runc."""
    paths = (str(state.runtime), str(state.folder))
    pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _belongs(entry, paths)]
    return tuple(identity for identity in map(identify, pids) if identity)


def stop_processes(state: EngineState, *, patience_s: float) -> None:
    """Stop the engine: dockerd first, since it stops its containers, then containerd, then what they left."""
    for daemon in reversed(state.daemons):
        stop_process(daemon, patience_s=patience_s)
    for straggler in stragglers_of(state):
        with _sockets_removed(straggler.pid):
            stop_process(straggler, patience_s=STRAGGLER_PATIENCE_S)


def missing_stray_folders() -> tuple[Path, ...]:
    """Those folders that an engine makes outside its own, wherever it is told to live, and that are not there yet."""
    return tuple(folder for folder in STRAY_FOLDERS if not folder.exists())


def remove_stray_folders(state: EngineState) -> None:
    """Remove the folders that came with this engine, unless another one uses them by now."""
    for folder in state.stray_folders:
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def _sockets_removed(pid: int) -> Iterator[None]:
    """Remove the sockets below SHIM_SOCKETS that a process listened on: a shim that is killed leaves its own."""
    try:
        addresses = [str(socket.laddr) for socket in psutil.Process(pid).net_connections(kind="unix")]
    except psutil.Error:
        addresses = []
    yield
    for address in addresses:
        if Path(address).parent == SHIM_SOCKETS:
            Path(address).unlink(missing_ok=True)


def stop_process(process: ProcessIdentity, *, patience_s: float) -> None:
    """Ask a process to end, wait for it, and kill it when it does not; nothing happens when it has gone already."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not process.is_alive:
                return
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            _await_end(handle, patience_s)
    finally:
        os.close(handle)


def _to_path(kind: type, value: str) -> Path:
    if kind is not Path:
        raise NotImplementedError(kind)
    return Path(value)


def _await_end(handle: int, patience_s: float) -> None:
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    poller.poll(patience_s * 1000)


def _belongs(entry: Path, paths: tuple[str, ...]) -> bool:
    try:
        argv = (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    words = [os.fsdecode(word) for word in argv]
    program = Path(words[0]).name
    return program in ENGINE_PROGRAMS and any(path in word for word in words[1:] for path in paths)
