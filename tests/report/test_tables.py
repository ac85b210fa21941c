from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import msgspec
import pytest

from bench.errors import UsageError
from bench.model.plan import Adaptive
from bench.model.scenario import State
from bench.model.summary import Summary
from bench.model.trial import TrialStatus
from bench.pure.summary import summarise
from bench.report.choices import SortColumn, SummaryFormat, parse_format, parse_sort
from bench.report.summaries import render_summary
from tests.builders import (
    make_lost_trial,
    make_plan,
    make_run,
    make_trial,
    make_trials,
    make_unavailable,
    replace_trials,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"
AXES = {"base": ("debian-12", "alpine-3.23", "ubuntu-24.04"), "stages": ("single", "multi"), "layers": ("merged",)}


def mixed() -> Summary:
    """A run with everything in it: two bases that differ, one that could not be had, invalid and failed trials."""
    plan = make_plan(AXES)
    trials = []
    for planned in plan.trials:
        trial = make_trial(planned)
        assert trial.wall_s is not None
        assert trial.image is not None
        slower = 1 + 0.01 * planned.round + 0.02 * (planned.number % 3)
        alpine = planned.variant.startswith("alpine")
        image = msgspec.structs.replace(trial.image, size_bytes=9_200_000 if alpine else 173_000_000)
        trials.append(msgspec.structs.replace(trial, wall_s=trial.wall_s * slower, image=image))
        if planned.variant.startswith("ubuntu"):
            trials[-1] = make_lost_trial(planned, TrialStatus.UNAVAILABLE, "no registry answers")
    trials[1] = msgspec.structs.replace(
        trials[1], status=TrialStatus.INVALID, reason="1 of 2 steps was executed: RUN gzip -k /srv/*"
    )
    trials[6] = make_lost_trial(plan.trials[6], TrialStatus.FAILED, "RUN gzip: exit\x1b[31m code\n1")
    return summarise(make_run(plan, axes=AXES, unavailable=(make_unavailable(),)), tuple(trials))


def equals_snapshot(text: str, name: str) -> bool:
    """Compare with the stored text; `BUILDMARK_SNAPSHOTS=write pytest tests/report` stores what is made now."""
    file = SNAPSHOTS / name
    if os.environ.get("BUILDMARK_SNAPSHOTS") == "write":
        file.write_text(text)
    return text == file.read_text()


@pytest.mark.parametrize("width", [120, 80, 40])
def test_the_tables_of_a_terminal_look_as_they_did(width: int) -> None:
    assert equals_snapshot(render_summary(mixed(), width=width), f"table-{width}.txt")


def test_the_markdown_looks_as_it_did() -> None:
    assert equals_snapshot(render_summary(mixed(), SummaryFormat.MARKDOWN), "summary.md")


def test_the_csv_looks_as_it_did() -> None:
    assert equals_snapshot(render_summary(mixed(), SummaryFormat.CSV), "summary.csv")


@pytest.mark.parametrize("width", [60, 70, 76, 80, 90, 100, 110, 120, 200])
def test_a_table_fits_the_terminal(width: int) -> None:
    text = render_summary(mixed(), width=width)
    table = text.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= width
    assert all(header in table for header in ("base", "state", "time", "size"))
    if width > 70:
        assert max(map(len, text.splitlines())) <= width


def test_wider_terminals_show_more() -> None:
    headers = [render_summary(mixed(), width=width).split("\n\n")[1].splitlines()[0] for width in (60, 90, 120)]
    counts = [len(header.split("  ")) for header in headers]
    assert counts == sorted(counts)
    assert "written" in headers[-1]


def test_notes_say_what_was_lost_and_why_without_control_characters() -> None:
    text = render_summary(mixed(), width=1000)
    assert "- The base ubuntu-24.04 could not be had, which cost 12 trials: no registry answers" in text
    assert "- 1 trial failed (alpine-3.23-multi-merged cold): RUN gzip: exit code 1" in text
    assert (
        "counts in no number (debian-12-single-merged warm): 1 of 2 steps was executed: RUN gzip -k /srv/* (log: "
        in text
    )
    assert "holds the true median with a probability of 50 % (2 trials) or 75 % (3 trials) only" in text
    assert "- Measured host-wide, so other programs on the machine are in it: disk writes." in text


def failed_once() -> Summary:
    plan = make_plan()
    trials = list(make_trials(plan))
    trials[2] = make_trial(
        plan.trials[2],
        status=TrialStatus.FAILED,
        reason="make: 2",
        log_tail=("#7 | E: \x1b[1moops", "#7 failed: make: 2"),
    )
    return summarise(make_run(plan), tuple(trials))


def test_a_note_has_the_last_words_below_it_and_a_log_that_can_be_pasted() -> None:
    lines = render_summary(failed_once(), width=200, folder="results/a-run").splitlines()
    note = lines.index(
        "- 1 trial failed (debian-12-multi cold): make: 2 (log: results/a-run/logs/0003-debian-12-multi-cold.log)"
    )
    assert lines[note + 1] == "    | E: oops"


def test_the_document_beside_the_logs_names_them_from_there_and_quotes_in_a_block() -> None:
    text = render_summary(failed_once(), SummaryFormat.MARKDOWN, folder="results/a-run")
    assert "(log: logs/0003-debian-12-multi-cold.log)\n\n      E: oops\n" in text


def test_meters_are_told_of_what_the_table_shows_and_in_json_of_all() -> None:
    wide, narrow = (render_summary(mixed(), width=width) for width in (1000, 60))
    assert "peak memory" in wide
    assert "disk writes" in wide
    for unseen in ("cache growth", "disk reads"):
        assert unseen not in wide
    assert "Measured" not in narrow
    told = {
        name for note in json.loads(render_summary(mixed(), SummaryFormat.JSON))["notes"] for name in note["subjects"]
    }
    assert {"cache_growth_bytes", "disk_read_bytes"} <= told


def test_a_single_trial_is_said_to_show_no_spread_and_not_a_chance_of_nothing() -> None:
    plan = make_plan(rounds=2)
    trials = replace_trials(make_trials(plan), when={"number": 1}, status=TrialStatus.INVALID, reason="no proof")
    text = render_summary(summarise(make_run(plan), trials), width=1000)
    assert "With 2 valid trials the range" in text
    assert "a probability of 50 % only: take 6 rounds or more for 95 %. One valid trial shows no spread." in text


def test_a_ratio_of_two_rounds_has_no_interval_but_in_json() -> None:
    plan = make_plan(rounds=2)
    walls = {("alpine-3.23-single", State.COLD, 1): 9.0}
    summary = summarise(make_run(plan), make_trials(plan, wall_s=walls))
    row = next(
        line for line in render_summary(summary).splitlines() if "alpine-3.23 instead" in line and "cold" in line
    )
    assert "1.64 (2 rounds)" in row
    assert json.loads(render_summary(summary, SummaryFormat.JSON))["axes"][0]["low"] is not None


def test_an_interrupted_run_says_how_to_go_on() -> None:
    plan = make_plan()
    text = render_summary(summarise(make_run(plan), make_trials(plan)[:5]), width=1000)
    assert "19 of 24 trials are missing. Finish it with: buildmark resume 20261123-090000-quick" in text


def test_a_run_that_ended_early_is_not_said_to_lack_what_it_was_never_to_take() -> None:
    plan = make_plan({"base": ("debian-12", "alpine-3.23")}, rounds=40)
    trials = make_trials(plan)[: len(plan.trials) // 40]
    run = make_run(plan, adaptive=Adaptive(min_rounds=3, budget_s=25.0))
    text = render_summary(summarise(run, trials), SummaryFormat.TABLE, width=200)
    assert "at most 40 rounds" in text
    assert "1 of at most 40" in text
    fixed = render_summary(summarise(make_run(plan), trials), SummaryFormat.TABLE, width=200)
    assert "at most" not in fixed


def test_a_run_with_no_trial_at_all_still_has_its_table() -> None:
    text = render_summary(summarise(make_run(), ()))
    assert "0 of 3" in text
    assert "Effect" not in text


def test_a_reference_that_never_ran_is_named() -> None:
    plan = make_plan()
    trials = replace_trials(
        make_trials(plan), when={"state": State.COLD}, status=TrialStatus.INVALID, reason="a step was cached"
    )
    trials = tuple(
        make_lost_trial(planned, TrialStatus.TIMEOUT, "no end after 9 s") if "debian" in planned.variant else trial
        for planned, trial in zip(plan.trials, trials, strict=True)
    )
    text = render_summary(summarise(make_run(plan), trials), width=1000)
    assert "The axis base has no effects: its first level, debian-12, has no valid trial to compare with." in text
    assert "instead of debian-12" not in text


@pytest.mark.parametrize("sort", list(SortColumn))
def test_rows_are_sorted_within_their_state_and_what_is_missing_comes_last(sort: SortColumn) -> None:
    rows = json.loads(render_summary(mixed(), SummaryFormat.JSON, sort=sort))["rows"]
    metric = {"time": "wall_s", "size": "image_size_bytes", "cpu": "cpu_s", "memory": "memory_peak_bytes"}.get(sort)
    metric = metric or {"disk": "disk_written_bytes", "hits": "hit_ratio"}.get(sort)
    assert [row["state"] for row in rows] == ["cold"] * 6 + ["warm"] * 6
    if metric is None:
        assert [row["variant"] for row in rows[:6]] == [variant.id for variant in make_plan(AXES).variants]
        return
    values = [row["metrics"][metric]["median"] if metric in row["metrics"] else None for row in rows[:6]]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (6 - len(known))
    assert known == sorted(known, reverse=sort is SortColumn.HITS)


def test_the_promised_json_keys_are_there() -> None:
    shown = json.loads(render_summary(mixed(), SummaryFormat.JSON))
    assert shown["run"]["id"] == "20261123-090000-quick"
    row = shown["rows"][0]
    assert {"variant", "levels", "state", "n_valid", "n_invalid", "n_failed", "metrics"} <= row.keys()
    assert {"median", "low", "high", "unit"} <= row["metrics"]["wall_s"].keys()
    assert {"axis", "level", "reference", "state", "metric", "ratio", "low", "high"} <= shown["axes"][0].keys()
    assert msgspec.convert(shown, Summary).run.id == shown["run"]["id"]


def test_csv_has_full_precision_and_empty_cells_for_what_is_absent() -> None:
    summary = mixed()
    lines = list(csv.DictReader(io.StringIO(render_summary(summary, SummaryFormat.CSV))))
    assert len(lines) == len(summary.rows)
    by_place = {(row.variant, row.state.value): row for row in summary.rows}
    for line in lines:
        row = by_place[line["variant"], line["state"]]
        assert line["axis_base"] == row.levels["base"]
        assert line["disk_read_bytes_median"] == ""
        wall = row.metrics.get("wall_s")
        assert line["wall_s_median"] == (repr(wall.median) if wall else "")


def test_one_variant_in_one_state_is_still_a_table() -> None:
    axes = {"base": ("debian-12",)}
    plan = make_plan(axes, rounds=1, states=(State.COLD,))
    text = render_summary(summarise(make_run(plan, axes=axes), make_trials(plan)))
    assert text.startswith("quick: Small assets, no network · run 20261123-090000-quick · base debian-12 · 1 round")
    assert "variant    state" in text


def test_an_unknown_column_or_format_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"cannot sort by 'sise' \(did you mean 'size'\?\)"):
        parse_sort("sise")
    with pytest.raises(UsageError, match=r"there is no format 'markdwon' \(did you mean 'markdown'\?\)") as caught:
        parse_format("markdwon")
    assert caught.value.remedy == "--format table|markdown|csv|json"
