"""The daemons of a private engine: their configuration, how they start, and what they said when they did not come up.

containerd is always started too: dockerd would attach itself to the machine's own where that runs.
"""

from __future__ import annotations

import os
import socket
import subprocess  # noqa: TID251 - for the type of a child that bench.ports.process started
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from bench.errors import EngineError
from bench.ports import cgroups
from bench.ports.engine_state import EngineState
from bench.ports.process import start, stop

READY_POLLS = 1200
READY_POLL_S = 0.05
LOG_TAIL_LINES = 12
ANSWER_TIMEOUT_S = 1.0
LONGEST_SOCKET_PATH = 107

CONTAINERD_CONFIGURATION = """\
version = 3
root = "{folder}/containerd"
state = "{runtime}/containerd"
disabled_plugins = [
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.nri.v1.nri",
]

[grpc]
  address = "{runtime}/containerd.sock"

[debug]
  level = "warn"
"""

# Joins the control groups before it becomes the daemon, so that no thread or child is ever outside.
JOIN_THEN_RUN = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 1; shift; n=$((n-1)); done; exec "$@"'


def daemon_configuration() -> bytes:
    """The configuration file of dockerd: nothing is ever collected from the build cache behind a measurement's back."""
    return msgspec.json.format(msgspec.json.encode({"builder": {"gc": {"enabled": False}}}))


def dockerd_arguments(state: EngineState, groups: cgroups.EngineGroups) -> list[str]:
    """The command line of dockerd: everything of its own, and no change to the machine's network."""
    parent = [f"--cgroup-parent=/{groups.steps}"] if groups.steps else []
    return [
        "dockerd",
        f"--config-file={state.folder / 'daemon.json'}",
        f"--data-root={state.folder / 'data'}",
        f"--exec-root={state.runtime / 'exec'}",
        f"--host=unix://{state.socket}",
        f"--pidfile={state.runtime / 'dockerd.pid'}",
        f"--containerd={state.runtime / 'containerd.sock'}",
        "--storage-driver=overlay2",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        *parent,
    ]


def containerd_arguments(state: EngineState) -> list[str]:
    """The command line of containerd."""
    return ["containerd", f"--config={state.folder / 'containerd.toml'}"]


def joined(argv: Sequence[str], join: Sequence[Path]) -> list[str]:
    """The command line that runs `argv` inside the control groups whose `cgroup.procs` files are given."""
    return ["sh", "-c", JOIN_THEN_RUN, "sh", str(len(join)), *map(str, join), *argv] if join else list(argv)


class Daemons:
    """containerd and dockerd, started as children of this process."""

    def __init__(
        self, state: EngineState, groups: cgroups.EngineGroups, *, environment: Mapping[str, str], log: Path
    ) -> None:
        self._state = state
        self._groups = groups
        self._environment = environment
        self._log = log
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> tuple[int, ...]:
        """The children's pids, containerd first."""
        return tuple(child.pid for child in self._children)

    def start(self) -> None:
        """Start both and wait until dockerd listens. Raises EngineError with their last words when one does not."""
        self._refuse_long_paths()
        state = self._state
        (state.folder / "daemon.json").write_bytes(daemon_configuration())
        words = CONTAINERD_CONFIGURATION.format(folder=state.folder, runtime=state.runtime)
        (state.folder / "containerd.toml").write_text(words)
        self._start_one(containerd_arguments(state), _listens(state.runtime / "containerd.sock"))
        self._start_one(dockerd_arguments(state, self._groups), _answers(state.socket))

    def reap(self) -> None:
        """Take the exit status of children that were stopped by pid; those that still run are stopped."""
        for child in reversed(self._children):
            stop(child)

    def _start_one(self, argv: Sequence[str], ready: Callable[[], bool]) -> None:
        with self._log.open("ab") as log:
            child = start(joined(argv, self._groups.join), env=self._environment, cwd=self._state.folder, log=log)
        self._children.append(child)
        await_ready(child, ready, name=argv[0], log=self._log)

    def _refuse_long_paths(self) -> None:
        longest = self._state.runtime / "containerd.sock.ttrpc"
        if len(os.fsencode(longest)) > LONGEST_SOCKET_PATH:
            raise EngineError(
                f"the path of a socket would be too long for Linux: {longest}",
                remedy="set BUILDMARK_RUNTIME to a folder with a short name",
            )


def await_ready(child: subprocess.Popen[bytes], ready: Callable[[], bool], *, name: str, log: Path) -> None:
    """Wait until `ready`, for a minute at most. Raises EngineError with the end of the log when it never comes."""
    for _ in range(READY_POLLS):
        if ready():
            return
        try:
            status = child.wait(timeout=READY_POLL_S)
        except subprocess.TimeoutExpired:
            continue
        raise EngineError(f"{name} ended with status {status} instead of coming up:\n{tail(log)}")
    raise EngineError(f"{name} did not come up in {READY_POLLS * READY_POLL_S:.0f} s:\n{tail(log)}")


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log file, indented; empty when there is none."""
    if not log.is_file():
        return ""
    return "\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-lines:])


def _listens(path: Path) -> Callable[[], bool]:
    return lambda: _exchange(path, b"") is not None


def _answers(path: Path) -> Callable[[], bool]:
    """Whether dockerd serves its API: it listens long before that."""
    return lambda: b" 200 " in (_exchange(path, b"GET /_ping HTTP/1.0\r\n\r\n") or b"")


def _exchange(path: Path, request: bytes) -> bytes | None:
    """Send `request` to a Unix socket and return the start of the answer; None when nothing listens or answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            connection.connect(str(path))
            if not request:
                return b""
            connection.sendall(request)
            return connection.recv(64)
        except OSError:
            return None
