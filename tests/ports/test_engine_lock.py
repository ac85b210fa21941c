"""Two runs on one engine: the second is told who has it, and a dead one never stands in the way."""

import fcntl
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from bench.errors import EngineError, StorageError
from bench.ports.clock import SystemClock
from bench.ports.engine_lock import FileEngineLock, lock_file

HOLDER = """
import sys
from pathlib import Path
from bench.ports.clock import SystemClock
from bench.ports.engine_lock import FileEngineLock
with FileEngineLock(Path(sys.argv[1]), SystemClock()).hold("host/one", "run-7"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> FileEngineLock:
    return FileEngineLock(tmp_path, SystemClock())


def test_the_second_is_told_who_holds_it_until_the_holder_is_killed(tmp_path: Path, lock: FileEngineLock) -> None:
    argv = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(EngineError) as caught, lock.hold("host/one", "run-8"):
            pytest.fail("two hold one lock")
        assert f"host/one is in use by run-7 (process {other.pid}, since 20" in caught.value.message
        other.kill()
        other.wait()
        with lock.hold("host/one", "run-8"):
            pass


def test_other_engines_are_free_and_a_lock_can_be_taken_again(lock: FileEngineLock) -> None:
    with lock.hold("a", "run-1"), lock.hold("b", "run-2"):
        pass
    with lock.hold("a", "run-3"):
        pass


def test_an_error_in_the_run_lets_go(lock: FileEngineLock) -> None:
    with pytest.raises(KeyError), lock.hold("a", "run-1"):
        raise KeyError
    with lock.hold("a", "run-2"):
        pass


def test_nothing_stays_of_a_lock_that_was_let_go(tmp_path: Path, lock: FileEngineLock) -> None:
    with lock.hold("private-1", "run-1"):
        assert lock_file(tmp_path, "private-1").is_file()
    with pytest.raises(KeyError), lock.hold("private-2", "run-2"):
        raise KeyError
    assert list((tmp_path / "locks").iterdir()) == []


def test_a_file_that_its_holder_removed_while_we_opened_it_is_no_lock(
    lock: FileEngineLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between opening and locking, in which the holder lets go and a third one takes the lock anew."""
    first, third = lock.hold("a", "run-1"), lock.hold("a", "run-3")
    first.__enter__()
    flock = fcntl.flock

    def late(file: IO[str], how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        first.__exit__(None, None, None)
        third.__enter__()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(EngineError, match="in use by run-3"), lock.hold("a", "run-2"):
        pytest.fail("two hold one lock")
    third.__exit__(None, None, None)
    with lock.hold("a", "run-4"):
        pass


def test_a_cache_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file is in the way")
    with pytest.raises(StorageError, match="cannot be written"), FileEngineLock(tmp_path, SystemClock()).hold("a", "r"):
        pytest.fail("held a lock that cannot be")
