from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from bench.cli.main import app
from bench.errors import BuildmarkError, ExitCode
from bench.model.trial import TrialStatus
from bench.ports.history_update import open_index
from bench.ports.run_store import RunStore
from bench.report.summaries import write_summaries
from tests.builders import START, make_lost_trial, make_plan, make_run, make_trials
from tests.history import BUDGET
from tests.history import record as record_history

PLAN = make_plan()
RUN = make_run(PLAN)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "results")


def record(store: RunStore, count: int = len(PLAN.trials)) -> None:
    with store.create(RUN) as writer:
        for trial in make_trials(PLAN)[:count]:
            writer.append(trial)


def show(store: RunStore, *arguments: str, width: int = 120) -> Result:
    return CliRunner().invoke(app, ["show", *arguments, "--results", str(store.results)], env={"COLUMNS": str(width)})


def test_the_latest_run_is_shown_when_none_is_named(store: RunStore) -> None:
    record(store)
    shown = show(store)
    assert shown.exit_code == 0
    assert "run 20261123-090000-quick" in shown.stdout
    assert "alpine-3.23 instead of debian-12" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 120


def test_every_format_can_be_had(store: RunStore) -> None:
    record(store)
    assert json.loads(show(store, "--format", "json").stdout)["run"]["n_recorded"] == 24
    assert show(store, "--format", "markdown").stdout.startswith("# 20261123-090000-quick\n")
    assert show(store, "--format", "csv").stdout.startswith("run,scenario,variant,axis_base,axis_stages,state,")


def test_disturbed_trials_are_left_out_with_a_word_and_kept_when_asked(store: RunStore) -> None:
    with store.create(RUN) as writer:
        for trial in make_trials(PLAN):
            writer.append(msgspec.structs.replace(trial, disturbed="other work" if trial.round == 2 else None))
    left_out = show(store).stdout
    assert "8 trials were disturbed and count in no number" in left_out
    assert "--keep-disturbed" in left_out
    rows = json.loads(show(store, "--keep-disturbed", "--format", "json").stdout)["rows"]
    assert {(row["n_valid"], row["n_disturbed"]) for row in rows} == {(3, 0)}


def test_states_can_be_chosen(store: RunStore) -> None:
    record(store)
    rows = json.loads(show(store, "latest", "--state", "warm", "--format", "json").stdout)["rows"]
    assert {row["state"] for row in rows} == {"warm"}


def test_a_run_that_is_being_written_can_be_shown(store: RunStore) -> None:
    with store.create(RUN) as writer:
        writer.append(make_trials(PLAN)[0])
        shown = show(store, "2026")
    assert "still under way: 23 of 24 trials are to come" in shown.stdout
    assert "This run is not finished: 23 of 24" in show(store).stdout


def test_a_record_that_was_cut_off_is_said_and_the_rest_is_shown(store: RunStore) -> None:
    record(store, 10)
    trials = store.results / RUN.id / "trials.jsonl"
    trials.write_bytes(trials.read_bytes()[:-9])
    shown = show(store)
    assert shown.exit_code == 0
    assert "trials.jsonl:10: the last record was cut off" in " ".join(shown.stdout.split())
    assert "15 of 24 trials are missing" in shown.stdout


def test_runs_are_listed_with_what_cannot_be_read(store: RunStore) -> None:
    store.results.mkdir()
    assert "There is no run in" in show(store, "--list", width=300).stdout
    record(store)
    broken = store.results / "20261124-090000-quick"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    lines = show(store, "--list", width=300).stdout.splitlines()
    assert lines[2].startswith("20261124-090000-quick")
    assert "not a readable run record" in lines[2]
    assert lines[3].split()[:9] == [
        *("20261123-090000-quick", f"{START:%Y-%m-%d}", "09:00:00"),
        *("complete", "4", "3", "24", "of", "24"),
    ]


def test_the_list_tells_how_far_a_run_has_come(store: RunStore) -> None:
    with store.create(RUN) as writer:
        assert " running " in show(store, "--list").stdout
        for trial in make_trials(PLAN)[:2]:
            writer.append(trial)
    assert " interrupted " in (listed := show(store, "--list").stdout)
    assert " 2 of 24 " in listed
    trials = store.results / RUN.id / "trials.jsonl"
    trials.write_bytes(trials.read_bytes()[:-1])
    assert " 2 of 24 " in show(store, "--list").stdout
    trials.write_bytes(trials.read_bytes()[:-9])
    assert " 1 of 24 " in show(store, "--list").stdout


def test_a_run_that_ended_because_it_knew_enough_is_complete(store: RunStore) -> None:
    ended = record_history(store.results, 0, adaptive=BUDGET, rounds=1)
    interrupted = record_history(store.results, 1, adaptive=BUDGET, rounds=0)
    lines = {line.split()[0]: " ".join(line.split()[3:10]) for line in show(store, "--list").stdout.splitlines()[2:]}
    assert lines == {ended: "complete 1 3 2 of up to", interrupted: "interrupted 1 3 0 of up to"}
    with store.reopen(interrupted):
        assert " running " in show(store, "--list").stdout


def test_the_index_spares_the_list_from_judging_runs_anew(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    record_history(store.results, 0, adaptive=BUDGET, rounds=1)
    before = show(store, "--list").stdout
    open_index(None, store.results).close()
    monkeypatch.setattr("bench.report.listing.is_complete", lambda *_: pytest.fail("judged anew"))
    assert show(store, "--list").stdout == before


def test_a_run_of_which_a_part_is_missing_is_named_and_what_is_no_run_is_not(store: RunStore) -> None:
    good, no_trials, no_record = (record_history(store.results, number) for number in range(3))
    (store.results / no_trials / "trials.jsonl").unlink()
    (store.results / no_record / "run.json").unlink()
    (store.results / "notes").mkdir()
    listed = show(store, "--list", width=300)
    assert listed.exit_code == 0
    lines = {line.split()[0]: line for line in listed.stdout.splitlines()[2:]}
    assert lines.keys() == {good, no_trials, no_record}
    assert re.search(r" unreadable .*trials\.jsonl: no such file", lines[no_trials])
    assert re.search(r" unreadable .*run\.json: no such file", lines[no_record])
    assert " complete " in lines[good]


def test_the_list_fits_the_terminal_and_cuts_nothing_off(store: RunStore) -> None:
    title = "A service of three packages as most are, and what its base image makes of it"
    store.create(make_run(PLAN, title=title)).close()
    listed = show(store, "--list", width=80).stdout
    assert max(map(len, listed.splitlines())) <= 80
    assert all(word in listed for word in title.split())


def test_a_log_is_named_as_it_can_be_typed_from_here(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.create(RUN) as writer:
        lost = make_lost_trial(PLAN.trials[0], TrialStatus.FAILED, "exit code 1")
        log = writer.write_log(PLAN.trials[0], "a line", b"")
        writer.append(msgspec.structs.replace(lost, log=log))
    monkeypatch.chdir(store.results.parent)
    named = re.search(r"\(log:\s+(\S+)\)", show(store).stdout)
    assert named is not None
    assert named[1].startswith("results/")
    assert Path(named[1]).read_text() == "a line"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["20261123-090000-quik"], "no run '20261123-090000-quik'"),
        (["--sort", "tiem"], "cannot sort by 'tiem' (did you mean 'time'?)"),
        (["--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
        (["--state", "wram"], "unknown state 'wram' (did you mean 'warm'?)"),
    ],
)
def test_a_wrong_word_is_a_usage_error_with_the_nearest_right_one(
    store: RunStore, arguments: list[str], message: str
) -> None:
    record(store)
    error = show(store, *arguments).exception
    assert isinstance(error, BuildmarkError)
    assert error.exit_code is ExitCode.USAGE
    assert message in error.message


def test_a_run_keeps_its_summaries_beside_its_records(store: RunStore) -> None:
    record(store)
    summary = write_summaries(store.open(RUN.id))
    folder = store.results / RUN.id
    assert summary.run.n_recorded == 24
    assert (folder / "summary.md").read_text() == show(store, "--format", "markdown").stdout
    assert (folder / "summary.csv").read_text() == show(store, "--format", "csv").stdout


def test_an_interrupted_campaign_writes_how_to_go_on_while_it_still_holds_the_run(store: RunStore) -> None:
    with store.create(RUN) as writer:
        writer.append(make_trials(PLAN)[0])
        write_summaries(writer)
    assert "buildmark resume 20261123-090000-quick" in (writer.path / "summary.md").read_text()


def test_failed_trials_do_not_make_showing_them_fail(store: RunStore) -> None:
    with store.create(RUN) as writer:
        for planned in PLAN.trials:
            writer.append(make_lost_trial(planned, TrialStatus.FAILED, "exit code 1"))
    shown = show(store)
    assert shown.exit_code == 0
    assert "exit code 1" in " ".join(shown.stdout.split())
