"""What can be asked of many runs, on real run folders and a real index."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bench.app.history import import_runs, list_history, old_runs, prune, rebuild_index, show_series
from bench.app.trends import Search, find_trends
from bench.errors import StorageError, UsageError
from bench.model.history import ChangeKind
from bench.model.scenario import State
from bench.ports.history_update import open_index
from bench.ports.run_store import RunStore
from tests.builders import make_engine
from tests.history import COLD, begun, commit, record, record_all, run_id


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def test_a_series_is_followed_run_by_run(results: Path) -> None:
    record_all(results, [1.0, 2.0])
    with open_index(None, results) as index:
        (series,) = show_series(index, COLD, ["wall_s"]).series
        assert (series.series, series.unit) == (COLD, "s")
        assert [(point.run, point.commit, point.n) for point in series.points] == [
            (run_id(0), commit(0), 3),
            (run_id(1), commit(1), 3),
        ]
        assert [point.low <= point.median <= point.high for point in series.points] == [True, True]
        both = show_series(index, "quick/*", ["wall_s", "image_size_bytes"], branch="main").series
        assert [(one.series, one.metric) for one in both] == [
            (name, metric) for name in (COLD, COLD.replace("cold", "warm")) for metric in ("wall_s", "image_size_bytes")
        ]
        assert show_series(index, COLD, ["wall_s"], branch="feature").series == ()
        with pytest.raises(UsageError, match="did you mean 'quick/debian-12-single/cold'"):
            show_series(index, "quick/debian-12-singel/cold", ["wall_s"])


def test_a_regression_is_found_between_its_commits(results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.15] * 8)
    with open_index(None, results) as index:
        trends = find_trends(index, Search(metrics=("wall_s", "image_size_bytes")))
    assert (trends.n_searched, trends.n_short) == (4, 0)
    ((series, metric, change),) = [(one.series, one.metric, change) for one in trends.series for change in one.changes]
    assert (series, metric, change.kind) == (COLD, "wall_s", ChangeKind.STEP_UP)
    assert (change.after.commit, change.at.commit) == (commit(7), commit(8))


def test_a_new_machine_is_no_regression(results: Path) -> None:
    record_all(results, [1.0] * 8)
    for number in range(8, 16):
        record(results, number, cold_s=2.0, engine=make_engine(server_version="29.0.1"))
    with open_index(None, results) as index:
        trends = find_trends(index, Search(metrics=("wall_s",)))
    assert {change.kind for one in trends.series for change in one.changes} == {ChangeKind.MACHINE}


def test_a_search_is_narrowed(results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.15] * 8)
    with open_index(None, results) as index:

        def found(**choices: object) -> tuple[int, int]:
            trends = find_trends(index, Search(metrics=("wall_s",), **choices))  # type: ignore[arg-type]
            return trends.n_searched, len(trends.series)

        assert found() == (2, 1)
        assert found(pattern="*/cold") == (1, 1)
        assert found(states=(State.WARM,)) == (1, 0)
        assert found(scenarios=("other",)) == (0, 0)
        assert found(variants=("debian-12-single",)) == (2, 1)
        assert found(branch="feature") == (0, 0)
        assert found(since=begun(9)) == (2, 0)
        assert found(since=begun(8)) == (2, 1)


def test_runs_come_in_from_elsewhere(results: Path, tmp_path: Path) -> None:
    record_all(tmp_path / "artefacts", [1.0, 1.0])
    record(results, 5)
    shutil.copytree(tmp_path / "artefacts" / run_id(0), results / run_id(0))
    done = import_runs([tmp_path / "artefacts"], results)
    assert (done.new, done.known) == ((run_id(1),), (run_id(0),))
    with open_index(None, results) as index:
        assert [entry.name for entry in list_history(index).runs] == [run_id(5), run_id(1), run_id(0)]


def test_old_runs_go_and_the_index_forgets_them(results: Path) -> None:
    record_all(results, [1.0, 1.0, 1.0])
    with open_index(None, results) as index:
        old = old_runs(index, results, begun(2), shared=False)
        assert [path.name for path in old.folders] == [run_id(0), run_id(1)]
        assert len(RunStore(results).list_runs()) == 3
        assert prune(index, results, old, shared=False) == ()
        assert [entry.name for entry in list_history(index).runs] == [run_id(2)]
    assert [listing.name for listing in RunStore(results).list_runs()] == [run_id(2)]


def test_what_is_written_or_cannot_be_read_is_not_pruned(results: Path) -> None:
    record_all(results, [1.0, 1.0, 1.0])
    (results / run_id(1) / "run.json").write_text("{")
    with RunStore(results).reopen(run_id(0)), open_index(None, results) as index:
        old = old_runs(index, results, begun(9), shared=False)
        assert [path.name for path in old.folders] == [run_id(2)]
        assert {name for name, _ in old.kept} == {run_id(0), run_id(1)}


def test_a_shared_index_forgets_pruned_runs_whose_folders_have_gone_before(results: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.sqlite"
    record_all(results, [1.0, 1.0])
    record(tmp_path / "other", 0, buildmark_version="another")
    for folder in (results, tmp_path / "other"):
        open_index(url, folder).close()
    shutil.rmtree(results / run_id(0))
    with open_index(url, results) as index:
        old = old_runs(index, results, begun(1) + timedelta(minutes=1), shared=True)
        assert ([path.name for path in old.folders], old.remembered) == ([run_id(1)], (run_id(0),))
        prune(index, results, old, shared=True)
        assert [entry.name for entry in list_history(index).runs] == [run_id(0)]  # the other folder's


@pytest.mark.parametrize("content", [b"", b"no database " * 99])
def test_an_index_is_made_anew_whatever_is_there(content: bytes, results: Path) -> None:
    record_all(results, [1.0, 1.0])
    (results / "history.sqlite").write_bytes(content)
    assert rebuild_index(None, results) == (run_id(0), run_id(1))
    with open_index(None, results) as index:
        assert len(list_history(index).runs) == 2


def test_rebuilding_does_not_delete_the_index_of_a_newer_buildmark(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(results, 0)
    open_index(None, results).close()
    monkeypatch.setattr("bench.ports.history_database.SCHEMA_VERSION", 0)
    with pytest.raises(StorageError, match="newer Buildmark"):
        rebuild_index(None, results)
