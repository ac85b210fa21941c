"""Waiting for runs, with a real folder. A wait that does not end hangs, so each is in a thread that is waited for."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.ports.inotify import Inotify
from bench.ports.results_watch import LookingWatch, NotifiedWatch, ResultsWatch, watch_results
from bench.ports.run_store import RunStore
from tests.builders import make_run, make_trial
from tests.history import record, run_id

PATIENCE_S = 30.0


def hears(watch: ResultsWatch, happen: Callable[[], object]) -> None:
    heard = threading.Event()

    def wait() -> None:
        watch.wait()
        heard.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    happen()
    assert heard.wait(PATIENCE_S)
    thread.join()


@pytest.fixture(params=["notified", "looking"])
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> ResultsWatch:
    record(tmp_path, 0)
    (tmp_path / ".made").mkdir()
    if request.param == "notified":
        return NotifiedWatch(tmp_path, made=".made")
    return LookingWatch(tmp_path, made=".made", every_s=0.01)


def test_a_run_that_lands_is_heard_of_and_one_that_goes(watch: ResultsWatch, tmp_path: Path) -> None:
    hears(watch, lambda: record(tmp_path, 1))
    hears(watch, lambda: shutil.rmtree(tmp_path / run_id(1)))


def test_more_trials_of_an_old_run_are_heard_of_when_its_writer_lets_go(watch: ResultsWatch, tmp_path: Path) -> None:
    def finish() -> None:
        with RunStore(tmp_path).reopen(run_id(0)) as writer:
            writer.append(make_trial())

    hears(watch, finish)


def test_a_run_that_is_moved_in_is_heard_of(watch: ResultsWatch, tmp_path: Path) -> None:
    record(tmp_path / ".elsewhere", 1)
    hears(watch, lambda: (tmp_path / ".elsewhere" / run_id(1)).rename(tmp_path / run_id(1)))


def test_what_is_made_of_the_runs_is_missed_when_it_goes(watch: ResultsWatch, tmp_path: Path) -> None:
    (tmp_path / ".made" / "page.html").touch()
    hears(watch, lambda: shutil.rmtree(tmp_path / ".made"))


def test_looking_at_a_run_that_is_being_measured_finds_no_news_until_it_has_ended(tmp_path: Path) -> None:
    record(tmp_path, 0)
    watch = LookingWatch(tmp_path)
    with (
        RunStore(tmp_path).create(make_run(id="being-measured")) as writer,
        RunStore(tmp_path).reopen(run_id(0)) as old,
    ):
        assert watch._has_changed()  # one has begun
        for one in (writer, old, writer):
            one.append(make_trial())
            assert not watch._has_changed()
    assert watch._has_changed()
    assert not watch._has_changed()
    (tmp_path / run_id(0) / "run.json").unlink()
    assert watch._has_changed()


def test_what_is_no_run_is_no_news(tmp_path: Path) -> None:
    record(tmp_path, 0)
    watch = NotifiedWatch(tmp_path)
    (tmp_path / ".site").mkdir()
    (tmp_path / "history.sqlite").write_text("x")
    (tmp_path / run_id(0) / "report.html").write_text("x")
    with RunStore(tmp_path).create(make_run(id="being-measured")) as writer:
        watch.wait()  # it has begun
        writer.append(make_trial())
        events = list(watch._inotify.read())
    assert not any(watch._is_news(event) for event in events)
    watch.wait()  # it has ended
    watch.close()


def test_where_the_kernel_gives_no_more_watches_the_folder_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Inotify, "watch", refuse)
    with watch_results(tmp_path) as watch:
        assert isinstance(watch, LookingWatch)
