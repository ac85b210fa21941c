"""What the index tells of all series, target by target, from real run folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.app.following import follow
from bench.model.followed import FollowedRuns
from bench.model.history import ChangeKind
from bench.model.run import Source
from bench.ports.history_update import open_index
from tests.builders import make_engine
from tests.history import COLD, commit, record, record_all, run_id


def followed(results: Path, *metrics: str, branch: str | None = None) -> FollowedRuns:
    with open_index(None, results) as index:
        return follow(index, metrics or ("wall_s",), branch=branch)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path / "results"


def test_each_series_has_its_points_in_time_and_its_steps(results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.2] * 8)
    known = followed(results)
    (one,) = known.followed
    assert (one.scenario, len(one.runs)) == ("quick", 16)
    cold = next(series for series in one.series if series.name.text == COLD)
    assert [point.run for point in cold.points] == [run_id(number) for number in range(16)]
    assert [known.runs[key].name for key in cold.keys] == [run_id(number) for number in range(16)]
    (step,) = cold.changes
    assert (step.kind, step.at.commit, cold.is_short) == (ChangeKind.STEP_UP, commit(8), False)


def test_each_target_is_followed_by_itself_that_of_the_newest_run_first(results: Path) -> None:
    record_all(results, [1.0] * 6)
    for number in range(6, 12):
        record(results, number, cold_s=2.0, engine=make_engine(server_version="29.0.1"))
    new, old = followed(results, "wall_s", "image_size_bytes").followed
    assert [new.target.facts["docker_version"].value, old.target.facts["docker_version"].value] == ["29.0.1", "28.5.2"]
    assert [len(one.runs) for one in (new, old)] == [6, 6]
    assert {series.metric for series in new.series} == {"wall_s", "image_size_bytes"}
    assert not any(series.changes for one in (new, old) for series in one.series)


def test_a_branch_leaves_out_the_runs_of_others(results: Path) -> None:
    record(results, 0)
    record(results, 1, git=Source(commit=commit(1), branch="feature", dirty=False))
    known = followed(results, branch="feature")
    assert [entry.name for entry in known.runs.values()] == [run_id(1)]
    assert [len(series.points) for series in known.followed[0].series] == [1, 1]


def test_a_run_that_cannot_be_read_is_known_and_belongs_to_no_scenario(results: Path) -> None:
    record(results, 0)
    record(results, 1)
    (results / run_id(1) / "run.json").write_text("{")
    known = followed(results)
    assert [entry.problem is None for entry in known.runs.values()] == [False, True]
    assert [len(one.runs) for one in known.followed] == [1]


def test_without_a_run_there_is_nothing(results: Path) -> None:
    known = followed(results)
    assert (dict(known.runs), known.followed) == ({}, ())
