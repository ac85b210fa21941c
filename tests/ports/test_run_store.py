from __future__ import annotations

import ctypes
import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.errors import StorageError, UsageError
from bench.model.scenario import State
from bench.ports.disk import append_whole
from bench.ports.run_folder import RunWriter, file_name
from bench.ports.run_store import RunStore
from tests.builders import START, make_plan, make_run, make_trial, make_trials

PLAN = make_plan(rounds=1)
TRIALS = make_trials(PLAN)


class StoppedClock:
    def monotonic_s(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 10, 30, 5, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "results")


def make_runs(store: RunStore, *ids: str) -> None:
    for age, run_id in enumerate(ids):
        store.create(make_run(id=run_id, created_at=START + timedelta(hours=age))).close()


def test_what_is_appended_can_be_read_while_the_run_goes_on(store: RunStore) -> None:
    run = make_run(PLAN)
    with store.create(run) as writer:
        reader = store.open(run.id)
        for count, trial in enumerate(TRIALS[:3]):
            assert reader.read_trials(run).trials == TRIALS[:count]
            writer.append(trial)
        assert reader.read_run() == run
        assert reader.is_being_written()
    assert not reader.is_being_written()


def test_a_run_holds_its_dockerfiles_logs_and_streams(store: RunStore) -> None:
    with store.create(make_run(PLAN)) as writer:
        dockerfile = writer.write_dockerfile("debian-12-single", "FROM base\n")
        log = writer.write_log(PLAN.trials[1], "#1 RUN make\n", b'{"vertexes":[]}\n')
    assert dockerfile == "dockerfiles/debian-12-single/Dockerfile"
    assert log == "logs/0002-debian-12-single-warm.log"
    assert (writer.path / dockerfile).read_text() == "FROM base\n"
    assert (writer.path / log).read_text() == "#1 RUN make\n"
    stream = writer.path / "logs/0002-debian-12-single-warm.stream.gz"
    assert gzip.decompress(stream.read_bytes()) == b'{"vertexes":[]}\n'


def test_two_variants_with_very_long_ids_do_not_share_a_file() -> None:
    names = {file_name("é" * 200 + end) for end in "ab"}
    assert len(names) == 2
    assert all(len(name.encode()) < 200 for name in names)


def test_a_cut_off_record_is_removed_before_the_next_is_appended(store: RunStore) -> None:
    run = make_run(PLAN)
    with store.create(run) as writer:
        writer.append(TRIALS[0])
        writer.append(TRIALS[1])
    whole = writer.trials_file.read_bytes()
    writer.trials_file.write_bytes(whole[:-30])
    assert store.open(run.id).read_trials(run).warning

    with store.reopen(run.id) as again:
        again.append(TRIALS[1])

    assert writer.trials_file.read_bytes() == whole


def test_a_record_that_lost_only_its_newline_is_kept(store: RunStore) -> None:
    run = make_run(PLAN)
    with store.create(run) as writer:
        writer.append(TRIALS[0])
    writer.trials_file.write_bytes(writer.trials_file.read_bytes()[:-1])
    with store.reopen(run.id) as again:
        again.append(TRIALS[1])
    read = again.read_trials(run)
    assert read.trials == TRIALS[:2]
    assert read.warning is None


def test_a_second_writer_is_told_that_the_run_is_taken(store: RunStore) -> None:
    run = make_run(PLAN)
    with store.create(run) as writer:
        writer.append(TRIALS[0])
        with pytest.raises(StorageError, match="is being written by another process"):
            store.reopen(run.id)
        writer.append(TRIALS[1])
    assert store.open(run.id).read_trials(run).trials == TRIALS[:2]


KILLED_WRITER = """
import os, sys
from pathlib import Path
from bench.ports.run_store import RunStore
from tests.builders import make_plan, make_run, make_trials

plan = make_plan(rounds=1)
writer = RunStore(Path(sys.argv[1])).create(make_run(plan))
for trial in make_trials(plan)[:3]:
    writer.append(trial)
os.write(writer._descriptor, b'{"number":4,"rou')
print("half a record is written", flush=True)
sys.stdin.read()
"""


def test_a_killed_writer_loses_no_record_and_leaves_no_lock(store: RunStore) -> None:
    argv = [sys.executable, "-c", KILLED_WRITER, str(store.results)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half a record is written\n"
        with pytest.raises(StorageError, match="is being written by another process"):
            store.reopen("latest")
        child.kill()
    with store.reopen("latest") as again:
        again.append(TRIALS[3])
    run = again.read_run()
    assert again.read_trials(run).trials == TRIALS[:4]
    assert not store.open("latest").is_being_written()


def test_a_run_never_overwrites_another(store: RunStore) -> None:
    make_runs(store, "20261123-090000-quick")
    with pytest.raises(StorageError, match=r"cannot make the run's folder .*20261123-090000-quick: file exists"):
        store.create(make_run())


def test_ids_say_when_and_what_and_never_repeat(store: RunStore) -> None:
    assert store.new_run_id(StoppedClock(), "quick") == "20261123-103005-quick"
    make_runs(store, "20261123-103005-quick", "20261123-103005-quick-2")
    assert store.new_run_id(StoppedClock(), "quick") == "20261123-103005-quick-3"


def test_a_run_is_found_by_id_beginning_path_and_latest(store: RunStore, tmp_path: Path) -> None:
    make_runs(store, "20261123-090000-quick", "20261123-100000-c-native", "a-renamed-run")
    folder = store.results / "20261123-100000-c-native"
    named = ("20261123-100000-c-native", "20261123-10", str(folder), f"{folder}/", f"{folder}/run.json")
    for name in named:
        assert store.find(name) == folder
    assert RunStore(tmp_path / "elsewhere").find(str(folder)) == folder
    assert store.open("latest").name == "a-renamed-run"


def test_a_beginning_of_two_runs_is_refused_with_both(store: RunStore) -> None:
    make_runs(store, "20261123-090000-quick", "20261123-090500-quick")
    with pytest.raises(UsageError, match="beginning of 2 runs: 20261123-090500-quick, 20261123-090000-quick"):
        store.find("20261123-09")


def test_an_unknown_run_gets_the_nearest_and_the_newest(store: RunStore) -> None:
    make_runs(store, *(f"2026112{day}-090000-quick" for day in range(7)))
    with pytest.raises(
        UsageError, match=r"no run '20261124-090000-quik' in .*did you mean '20261124-090000-quick'"
    ) as caught:
        store.find("20261124-090000-quik")
    assert caught.value.remedy == (
        "one of the newest: 20261126-090000-quick, 20261125-090000-quick, 20261124-090000-quick, "
        "20261123-090000-quick, 20261122-090000-quick, …"
    )


@pytest.mark.parametrize("name", ["latest", "20261123-090000-quick", ""])
def test_where_there_is_no_run_the_way_to_one_is_said(store: RunStore, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        store.find(name)
    assert caught.value.remedy == "make one with: buildmark run quick"


def test_a_broken_record_is_listed_with_its_problem_in_its_place(store: RunStore) -> None:
    make_runs(store, "20261123-090000-quick")
    broken = store.results / "20991231-000000-quick"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    (store.results / "README.md").write_text("not a run")
    newest, other = store.list_runs()
    assert newest.name == broken.name
    assert newest.problem is not None
    assert (other.scenario, other.planned, other.problem) == ("quick", 24, None)


def test_a_results_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    blocker = tmp_path / "results"
    blocker.write_text("")
    with pytest.raises(StorageError, match=r"cannot make the folder .*results") as caught:
        RunStore(blocker).create(make_run())
    assert "--results" in (caught.value.remedy or "")


def test_a_results_folder_that_cannot_be_written_is_said_so() -> None:
    # /proc takes no folders from anybody, root included.
    with pytest.raises(StorageError, match="cannot make the folder /proc/results"):
        RunStore(Path("/proc/results")).create(make_run())


def test_a_full_disk_is_said_so(tmp_path: Path) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(StorageError, match="no space left on device") as caught:
            append_whole(descriptor, b"{}\n", tmp_path / "trials.jsonl")
    finally:
        os.close(descriptor)
    assert "free some space" in (caught.value.remedy or "")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB that is really full soon."""
    place = tmp_path / "tiny"
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, b"size=64k") != 0:
        pytest.skip("only root may mount a small disk; /dev/full is tried above")
    try:
        yield place
    finally:
        libc.umount2(os.fsencode(place), 0)


def test_a_disk_that_fills_in_the_middle_keeps_every_earlier_record(tiny_disk: Path) -> None:
    store = RunStore(tiny_disk)
    run = make_run(PLAN)
    with store.create(run) as writer:
        kept, message = append_until_full(writer)
        assert kept > 3
        assert "no space left on device" in message
        assert writer.trials_file.read_bytes().endswith(b"}\n")
        read = writer.read_trials(run)
        assert (len(read.trials), read.warning) == (kept, None)
        with pytest.raises(StorageError, match="no space left on device"):
            writer.write_dockerfile("debian-12-single", "#" * 70_000)
    assert not writer.dockerfile("debian-12-single").exists()


def append_until_full(writer: RunWriter) -> tuple[int, str]:
    trial = make_trial(PLAN.trials[0], log_tail=("x" * 3000,))
    for kept in range(100):
        try:
            writer.append(trial)
        except StorageError as error:
            return kept, error.message
    return 100, "the disk never filled"


def test_a_disk_too_full_for_a_new_run_is_left_as_it_was(tiny_disk: Path) -> None:
    (tiny_disk / "ballast").write_bytes(b"x" * 60_000)
    with pytest.raises(StorageError, match="no space left on device"):
        RunStore(tiny_disk).create(make_run(make_plan(rounds=20)))
    assert [path.name for path in tiny_disk.iterdir()] == ["ballast"]


def test_states_name_their_logs(store: RunStore) -> None:
    with store.create(make_run(PLAN)) as writer:
        names = {writer.write_log(planned, "") for planned in PLAN.trials}
    assert len(names) == len(PLAN.trials)
    assert sum(name.endswith(f"-{State.WARM}.log") for name in names) == len(PLAN.trials) // 2
