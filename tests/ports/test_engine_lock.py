"""Two runs on one engine: the second is told who has it, and a dead one never stands in the way."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.errors import EngineError, StorageError
from bench.ports.clock import SystemClock
from bench.ports.engine_lock import FileEngineLock

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


def test_a_cache_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file is in the way")
    with pytest.raises(StorageError, match="cannot be written"), FileEngineLock(tmp_path, SystemClock()).hold("a", "r"):
        pytest.fail("held a lock that cannot be")
