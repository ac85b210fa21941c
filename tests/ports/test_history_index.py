"""The index over all runs, on SQLite and on a real PostgreSQL where there is a server to start."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine, select

from bench.errors import StorageError, UsageError
from bench.model.history import SeriesName
from bench.model.plan import Adaptive
from bench.model.run import Revision, Source
from bench.model.scenario import State
from bench.model.trial import TrialStatus
from bench.ports.history_database import index_url
from bench.ports.history_index import HistoryIndex
from bench.ports.history_queries import (
    recent_runs,
    runs,
    samples,
    samples_of_runs,
    series_names,
    targets,
)
from bench.ports.history_schema import version_table
from bench.ports.history_update import known_complete, open_index, update_index
from bench.ports.run_store import RunStore
from bench.pure.series import target_of
from tests.builders import START, make_engine, make_lost_trial, make_plan, make_run, make_trial, make_trials

AXES = {"base": ("debian-12",), "stages": ("single",)}
PLAN = make_plan(AXES, rounds=3)
COLD = SeriesName(scenario="quick", variant="debian-12-single", state=State.COLD)


def find(program: str) -> str | None:
    places = [*os.environ["PATH"].split(":"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    return shutil.which(program, path=":".join(places))


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server of our own on a socket of its own; skipped only where no server is installed.

    Its folder has a short name, for the path of a socket may not be long.
    """
    initdb, control = find("initdb"), find("pg_ctl")
    if initdb is None or control is None:
        pytest.skip("no PostgreSQL server is installed (on Debian: apt-get install postgresql)")
    who: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        who = {"user": "postgres", "group": "postgres", "extra_groups": []}

    def run(*words: str) -> None:
        with log.open("a") as output:
            subprocess.run(words, check=True, stdout=output, stderr=output, cwd="/", timeout=120, **who)

    with tempfile.TemporaryDirectory(prefix="buildmark-postgres-") as folder:
        log, data = Path(folder) / "log", f"{folder}/data"
        if who:
            shutil.chown(folder, "postgres", "postgres")
        run(initdb, "-D", data, "-U", "ada", "-A", "trust", "-N", "--no-instructions")
        run(control, "-D", data, "-w", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
        try:
            yield f"postgresql://ada@/postgres?host={folder}"
        finally:
            run(control, "-D", data, "-w", "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty index that is shared: its URL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/shared.sqlite"
        return
    address = request.getfixturevalue("postgres")
    yield address
    engine = create_engine(index_url(address, tmp_path))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def record(results: Path, number: int = 0, *, wall_s: float = 1.0, count: int | None = None, **changes: Any) -> str:
    """Write a run that began `number` hours after the first."""
    begun = START + timedelta(hours=number)
    given = {"id": f"{begun:%Y%m%d-%H%M%S}-quick", "created_at": begun, **changes}
    times = {(COLD.variant, State.COLD, round_): wall_s + round_ / 100 for round_ in (1, 2, 3)}
    with RunStore(results).create(make_run(PLAN, axes=AXES, **given)) as writer:
        for trial in make_trials(PLAN, wall_s=times)[:count]:
            writer.append(trial)
    return str(given["id"])


def values(index: HistoryIndex, name: str) -> dict[int, float]:
    return dict(samples_of_runs(index, [name], "wall_s")[name].get(COLD, {}))


def test_what_a_run_measured_comes_back(results: Path, url: str) -> None:
    source = Source(commit="a" * 40, branch="main", dirty=False, committed_at=START, subject="A 'quoted' word")
    name = record(results, git=source)
    with open_index(url, results) as index:
        (entry,) = runs(index).values()
        assert (entry.name, entry.scenario, entry.source, entry.created_at) == (name, "quick", source, START)
        assert (entry.n_planned, entry.n_recorded, entry.n_valid) == (6, 6, 6)
        assert set(series_names(index).values()) == {COLD, msgspec.structs.replace(COLD, state=State.WARM)}
        assert values(index, name) == {1: 1.01, 2: 1.02, 3: 1.03}
        assert targets(index)[entry.target] == target_of(make_run(PLAN, axes=AXES))
        sizes = {row[2:] for row in samples(index, ["image_size_bytes", "cpu_s", "disk_read_bytes"])}
        assert sizes == {(83_100_000.0, 1.0, None)}


def test_only_valid_and_undisturbed_trials_count(results: Path, url: str) -> None:
    first, second, third = (planned for planned in PLAN.trials if planned.state is State.COLD)
    with RunStore(results).create(make_run(PLAN, axes=AXES)) as writer:
        writer.append(make_trial(first, disturbed="other work"))
        writer.append(make_lost_trial(second, TrialStatus.FAILED, "exit code 1"))
        writer.append(make_trial(third, wall_s=2.0))
    with open_index(url, results) as index:
        (entry,) = runs(index).values()
        assert (entry.n_recorded, entry.n_valid) == (3, 1)
        assert values(index, entry.name) == {3: 2.0}


def test_only_runs_that_changed_are_read_again(results: Path, url: str) -> None:
    first, second = record(results, 0), record(results, 1, count=1)
    with open_index(url, results) as index:
        assert update_index(index, results, shared=True).read == ()
        with RunStore(results).reopen(second) as writer:
            writer.append(make_trials(PLAN)[1])
        assert update_index(index, results, shared=True).read == (second,)
        assert {entry.name: entry.n_recorded for entry in runs(index).values()} == {first: 6, second: 2}


def test_a_run_that_is_being_written_is_read_as_far_as_it_has_come(results: Path, url: str) -> None:
    trials = make_trials(PLAN)
    with RunStore(results).create(make_run(PLAN, axes=AXES)) as writer:
        writer.append(trials[0])
        with writer.trials_file.open("ab") as file:
            file.write(b'{"number": 2, "rou')
        with open_index(url, results) as index:
            assert [entry.n_recorded for entry in runs(index).values()] == [1]


def test_a_run_that_cannot_be_read_is_listed_with_its_problem(results: Path, url: str) -> None:
    good, broken = record(results, 0), record(results, 1)
    (results / broken / "trials.jsonl").write_text("not JSON\n{}\n")
    with open_index(url, results) as index:
        problems = {entry.name: entry.problem for entry in runs(index).values()}
        assert problems[good] is None
        assert "trials.jsonl:1" in (problems[broken] or "")
        shutil.copy(results / good / "trials.jsonl", results / broken / "trials.jsonl")
        update_index(index, results, shared=True)
        assert len(values(index, broken)) == 3


def test_the_index_beside_the_runs_forgets_a_folder_that_has_gone(results: Path) -> None:
    first, second = record(results, 0), record(results, 1)
    open_index(None, results).close()
    shutil.rmtree(results / first)
    with open_index(None, results) as index:
        assert [entry.name for entry in runs(index).values()] == [second]
    shutil.rmtree(results / second)
    with open_index(None, results) as index:
        assert not list(samples(index, ["wall_s"]))
        assert series_names(index) == {}


def test_a_shared_index_remembers_a_folder_that_has_gone(results: Path, url: str) -> None:
    first, second = record(results, 0), record(results, 1)
    open_index(url, results).close()
    shutil.rmtree(results / first)
    with open_index(url, results) as index:
        assert {entry.name: entry.present for entry in runs(index).values()} == {first: False, second: True}
        assert len(values(index, first)) == 3
        record(results, 0)
        update_index(index, results, shared=True)
        assert all(entry.present for entry in runs(index).values())


def test_a_copy_of_a_run_does_not_count_twice_and_the_fuller_one_wins(tmp_path: Path, url: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    name = record(here, count=2)
    shutil.copytree(here, there)
    with RunStore(there).reopen(name) as writer:
        for trial in make_trials(PLAN)[2:]:
            writer.append(trial)
    with open_index(url, here) as index:
        assert [entry.n_recorded for entry in runs(index).values()] == [2]
        for results in (there, here):
            update_index(index, results, shared=True)
            assert [entry.n_recorded for entry in runs(index).values()] == [6]


def test_a_copy_of_a_run_that_ended_early_is_not_read_again(tmp_path: Path, url: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    rule = Adaptive(min_rounds=1, budget_s=0.1)
    ended, interrupted = record(here, 0, count=2, adaptive=rule), record(here, 1, count=1, adaptive=rule)
    shutil.copytree(here, there)
    with open_index(url, here) as index:
        assert {entry.name: entry.is_complete for entry in runs(index).values()} == {ended: True, interrupted: False}
        assert update_index(index, there, shared=True).read == (interrupted,)


def test_an_index_is_asked_which_runs_are_complete_and_not_made_for_it(results: Path) -> None:
    rule = Adaptive(min_rounds=1, budget_s=0.1)
    ended = record(results, 0, count=2, adaptive=rule)
    record(results, 1, count=1, adaptive=rule)
    assert known_complete(results) == frozenset()
    assert not (results / "history.sqlite").exists()
    open_index(None, results).close()
    assert known_complete(results) == {ended}
    with (results / ended / "trials.jsonl").open("ab") as file:
        file.write(b"{}")
    assert known_complete(results) == frozenset()
    (results / "history.sqlite").write_bytes(b"not a database, but longer than its header " * 9)
    assert known_complete(results) == frozenset()


def test_a_run_of_which_a_part_is_missing_is_named_and_what_is_no_run_is_not(results: Path, url: str) -> None:
    good, no_trials, no_record = (record(results, number) for number in range(3))
    (results / no_trials / "trials.jsonl").unlink()
    (results / no_record / "run.json").unlink()
    (results / "notes").mkdir()
    (results / "being-created").mkdir()
    (results / "being-created" / "trials.jsonl").touch()
    with open_index(url, results) as index:
        problems = {entry.name: entry.problem for entry in runs(index).values()}
        assert problems.keys() == {good, no_trials, no_record}
        assert problems[good] is None
        assert f"{no_trials}/trials.jsonl: no such file" in (problems[no_trials] or "")
        assert f"{no_record}/run.json: no such file" in (problems[no_record] or "")
        assert update_index(index, results, shared=True).read == ()
        shutil.copy(results / good / "trials.jsonl", results / no_trials / "trials.jsonl")
        assert update_index(index, results, shared=True).read == (no_trials,)
        assert len(values(index, no_trials)) == 3


def test_the_revisions_that_a_run_compares_are_kept(results: Path, url: str) -> None:
    record(results, revisions=(Revision(name="main", commit="a" * 40, context_sha256="ab" * 32),))
    with open_index(url, results) as index:
        (entry,) = runs(index).values()
        assert (entry.revisions, entry.is_complete, entry.n_valid) == (("main",), True, 6)
        assert series_names(index) == {}


def test_runs_of_one_id_from_two_machines_both_count(tmp_path: Path, url: str) -> None:
    record(tmp_path / "here")
    record(tmp_path / "there", engine=make_engine(cpus=64))
    with open_index(url, tmp_path / "here") as index:
        update_index(index, tmp_path / "there", shared=True)
        assert len(runs(index)) == 2
        assert len({entry.target for entry in runs(index).values()}) == 2


def test_the_runs_that_a_gate_compares_with(results: Path, url: str) -> None:
    def of(number: int, commit: str, branch: str = "main", *, dirty: bool = False, **changes: Any) -> str:
        return record(results, number, git=Source(commit=commit, branch=branch, dirty=dirty), **changes)

    first, second, third = of(1, "a"), of(2, "b"), of(3, "c")
    of(4, "c", dirty=True)
    of(5, "d", "feature")
    of(6, "e", engine=make_engine(cpus=64))
    of(7, "f", count=0)
    again = of(8, "a")
    record(results, 9)
    target = target_of(make_run(PLAN, axes=AXES)).digest
    with open_index(url, results) as index:
        assert recent_runs(index, "quick", target, "main", 3) == (again, third, second)
        assert recent_runs(index, "quick", target, "main", 9) == (again, third, second, first)
        assert recent_runs(index, "other", target, "main", 9) == ()


def test_two_processes_may_update_at_once(results: Path, url: str) -> None:
    names = {record(results, number) for number in range(12)}
    failures: list[BaseException] = []

    def update() -> None:
        try:
            open_index(url, results).close()
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=update) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_index(url, results) as index:
        assert {entry.name for entry in runs(index).values()} == names
        assert len(list(samples(index, ["wall_s"]))) == 12 * 6


def change_version(url: str, results: Path, change: Callable[[int], int]) -> None:
    with HistoryIndex(index_url(url, results)) as index, index.writing() as connection:
        version = connection.scalar(select(version_table.c.version)) or 0
        connection.execute(version_table.update().values(version=change(version)))


def test_an_older_schema_is_made_anew_and_a_newer_one_refused(results: Path, url: str) -> None:
    name = record(results)
    open_index(url, results).close()
    with HistoryIndex(index_url(url, results)) as index, index.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE buildmark_trials DROP COLUMN wall_s")
        connection.exec_driver_sql("CREATE TABLE buildmark_left_over (one INTEGER)")
    change_version(url, results, lambda version: version - 1)
    with open_index(url, results) as index:
        assert len(values(index, name)) == 3
    change_version(url, results, lambda version: version + 1)
    with pytest.raises(StorageError, match="newer Buildmark") as caught:
        open_index(url, results)
    assert "upgrade" in (caught.value.remedy or "")


def test_a_results_folder_that_is_moved_takes_its_index_along(results: Path, tmp_path: Path) -> None:
    record(results)
    open_index(None, results).close()
    results.rename(tmp_path / "moved")
    with HistoryIndex(index_url(None, tmp_path / "moved")) as index:
        assert update_index(index, tmp_path / "moved", shared=False).read == ()
        assert len(runs(index)) == 1


def test_a_results_folder_that_is_not_there_is_not_made(results: Path) -> None:
    with open_index(None, results) as index:
        assert runs(index) == {}
    assert not results.exists()


def test_a_file_that_is_no_database_is_said_to_be_disposable(results: Path) -> None:
    record(results)
    (results / "history.sqlite").write_bytes(b"not a database, but longer than its header " * 9)
    with pytest.raises(StorageError, match=r"history\.sqlite cannot be used") as caught:
        open_index(None, results)
    assert "delete it" in (caught.value.remedy or "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_asks_for_another_place(results: Path) -> None:
    record(results)
    results.chmod(0o555)
    with pytest.raises(StorageError) as caught:
        open_index(None, results)
    assert "--index" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("history", "takes a URL"),
        ("mysql://host/db", "in SQLite or PostgreSQL, not in 'mysql'"),
        ("postgresql+nothing://host/db", "no database driver"),
    ],
)
def test_a_wrong_url_is_a_usage_error(word: str, message: str, results: Path) -> None:
    with pytest.raises(UsageError, match=message):
        HistoryIndex(index_url(word, results))


def test_a_password_is_not_said(results: Path) -> None:
    with pytest.raises(StorageError) as caught:
        HistoryIndex(index_url("postgresql://ada:secret@127.0.0.1:1/db", results))
    assert "secret" not in caught.value.message
    assert "cannot be used" in caught.value.message


def test_the_file_is_sound_and_small(results: Path) -> None:
    record(results)
    open_index(None, results).close()
    with sqlite3.connect(results / "history.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


CLOSED_AT_A_BAD_MOMENT = """
import sys
from pathlib import Path
from sqlalchemy.engine.default import DefaultDialect
from bench.ports.history_update import open_index

def interrupted(*_):
    raise KeyboardInterrupt

index = open_index(None, Path(sys.argv[1]))
DefaultDialect.do_close = interrupted
try:
    index.close()
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_an_interrupt_while_the_index_is_closed_prints_nothing(results: Path) -> None:
    record(results, 1)
    program = [sys.executable, "-c", CLOSED_AT_A_BAD_MOMENT, str(results)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
