"""The one door to other programs: logs the quoted command, keeps both streams, stops a child gradually."""

from __future__ import annotations

import logging
import os
import select
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from bench.errors import BuildmarkError, EngineError

logger = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
STOP_PATIENCE_S = (10.0, 5.0, 5.0)


class Completed(msgspec.Struct, frozen=True, kw_only=True):
    """A program that has ended. `timed_out`: it was stopped because its time was up."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False

    @property
    def text(self) -> str:
        """Standard output as text, without the white space around it."""
        return self.stdout.decode(errors="replace").strip()

    @property
    def error_text(self) -> str:
        """Standard error as text, without the white space around it."""
        return self.stderr.decode(errors="replace").strip()


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float | None = None,
    check: bool = True,
    on_stderr_line: Callable[[bytes], None] | None = None,
    on_exit: Callable[[], None] | None = None,
    failure: type[BuildmarkError] = EngineError,
) -> Completed:
    """Run a program to its end and return both of its streams.

    When `timeout_s` is over, or on KeyboardInterrupt, the program is asked to stop (interrupt, then terminate, then
    kill). With `check`, raises `failure` when it cannot be started, exits with other than 0, or its time was up.
    `on_stderr_line` sees each line of standard error as it comes; `on_exit` is called as soon as the program has ended,
    before its streams are read to their end.
    """
    logger.debug("run: %s", shlex.join(argv))
    child = start(argv, env=env, cwd=cwd, failure=failure)
    assert child.stdout is not None
    assert child.stderr is not None
    out, err = _Collector(child.stdout), _Collector(child.stderr, on_stderr_line)
    timed_out = False
    try:
        wait(child, timeout_s)
    except subprocess.TimeoutExpired:
        timed_out = True
        stop(child)
    except BaseException:
        stop(child)
        raise
    finally:
        if on_exit is not None:
            on_exit()
        stdout, stderr = out.finish(), err.finish()
    done = Completed(argv=tuple(argv), returncode=child.returncode, stdout=stdout, stderr=stderr, timed_out=timed_out)
    if check:
        _raise_on_failure(done, failure)
    return done


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: IO[bytes] | None = None,
    new_session: bool = True,
    failure: type[BuildmarkError] = EngineError,
) -> subprocess.Popen[bytes]:
    """Start a program and return at once; its streams go to `log`, or to pipes when that is None.

    A new session keeps the terminal's Ctrl-C from the child: Buildmark stops its children itself, in order. Raises
    `failure` when the program cannot be started.
    """
    sink = subprocess.PIPE if log is None else log
    try:
        return subprocess.Popen(
            list(argv),
            env=None if env is None else dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=new_session,
        )
    except OSError as error:
        raise failure(f"cannot start {argv[0]}: {error.strerror}") from error


def wait(child: subprocess.Popen[bytes], timeout_s: float | None) -> int:
    """Wait for a child's end and return its exit status; raises subprocess.TimeoutExpired when the time is over.

    With a timeout, `Popen.wait` looks only every 50 ms, which would be added to what is timed. The kernel's own notice
    (pidfd_open(2), Linux 5.3) comes at once; where there is none, the library's way has to do.
    """
    if timeout_s is None or not hasattr(os, "pidfd_open"):
        return child.wait(timeout=timeout_s)
    try:
        notice = os.pidfd_open(child.pid)
    except OSError:
        return child.wait(timeout=timeout_s)
    try:
        poll = select.poll()
        poll.register(notice, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            raise subprocess.TimeoutExpired(child.args, timeout_s)
    finally:
        os.close(notice)
    return child.wait()


def stop(child: subprocess.Popen[bytes]) -> int:
    """Stop a child gradually: interrupt, terminate, kill, with patience in between. Returns its exit status."""
    for number, patience_s in zip(STOP_SIGNALS, STOP_PATIENCE_S, strict=True):
        if child.poll() is not None:
            break
        child.send_signal(number)
        try:
            wait(child, patience_s)
        except subprocess.TimeoutExpired:
            logger.debug("%s ignored %s for %.0f s", child.args, number.name, patience_s)
    return child.wait()


class _Collector:
    """Reads a pipe to its end in a thread of its own, so that no child ever blocks on a full pipe."""

    def __init__(self, pipe: IO[bytes], on_line: Callable[[bytes], None] | None = None) -> None:
        self._pipe = pipe
        self._on_line = on_line
        self._lines: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._pipe:
            self._lines.append(line)
            if self._on_line is not None:
                self._on_line(line)

    def finish(self) -> bytes:
        """Wait until the pipe has ended, and return all of it."""
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._pipe.close()
        return b"".join(self._lines)


def _raise_on_failure(done: Completed, failure: type[BuildmarkError]) -> None:
    if done.timed_out:
        raise failure(f"{shlex.join(done.argv)} did not end in time")
    if done.returncode != 0:
        last = done.error_text.splitlines()[-3:] or done.text.splitlines()[-3:]
        raise failure(f"{shlex.join(done.argv)} exited with {done.returncode}: {' / '.join(last)}")
