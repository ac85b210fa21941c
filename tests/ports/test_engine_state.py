"""Which engines are whose: a pid that was given out again is another's, and an engine without owner is left behind."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bench.ports.engine_state import (
    EngineState,
    ProcessIdentity,
    identify,
    read_states,
    stop_process,
    write_state,
)
from bench.ports.mounts import mount_at, read_mounts


def this_process() -> ProcessIdentity:
    found = identify(os.getpid())
    assert found is not None
    return found


def make_state(folder: Path, *, owner: ProcessIdentity | None, daemons: tuple[ProcessIdentity, ...]) -> EngineState:
    return EngineState(
        name="private-x",
        folder=folder / "private-x",
        runtime=Path("/run/x"),
        tools=Path("/tools"),
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        owner=owner,
        daemons=daemons,
    )


@pytest.fixture
def gone() -> ProcessIdentity:
    """A process of the past."""
    return msgspec.structs.replace(this_process(), start_ticks=1)


def test_a_pid_that_was_given_out_again_is_another_process(gone: ProcessIdentity) -> None:
    assert this_process().is_alive
    assert not gone.is_alive
    assert not msgspec.structs.replace(this_process(), boot="another boot").is_alive


def test_a_process_of_the_past_is_never_stopped(gone: ProcessIdentity) -> None:
    stop_process(gone, patience_s=0)  # it has this process's pid: a signal would end the tests


def test_an_ended_child_is_not_alive_before_its_status_is_taken() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        identity = identify(child.pid)
        assert identity is not None
        stop_process(identity, patience_s=30)
        assert not identity.is_alive
    assert child.returncode == -15


def test_who_is_left_behind(tmp_path: Path, gone: ProcessIdentity) -> None:
    me = this_process()
    assert not make_state(tmp_path, owner=me, daemons=()).is_abandoned  # just starting
    assert make_state(tmp_path, owner=gone, daemons=(me,)).is_abandoned  # its run was killed
    assert not make_state(tmp_path, owner=None, daemons=(me, me)).is_abandoned  # kept up
    assert make_state(tmp_path, owner=None, daemons=(me, gone)).is_abandoned  # kept up, but it died


def test_the_state_file_says_it_all_and_broken_ones_are_passed_over(tmp_path: Path) -> None:
    state = make_state(tmp_path, owner=this_process(), daemons=(this_process(),))
    state.folder.mkdir()
    write_state(state)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "state.json").write_text("{")
    assert read_states(tmp_path) == (state,)


def test_a_folder_lies_on_the_nearest_mount_and_the_newest_of_those(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    table.write_text("/dev/a / ext4 rw 0 0\nt /my\\040cache tmpfs rw 0 0\no /my\\040cache overlay rw 0 0\n")
    assert [mount.path for mount in read_mounts(table)] == [Path("/"), Path("/my cache"), Path("/my cache")]
    assert mount_at(Path("/my cache/engines/none-yet"), table).kind == "overlay"
    assert mount_at(Path("/my"), table).kind == "ext4"
