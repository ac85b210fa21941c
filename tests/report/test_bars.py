"""Bars and intervals that tables are drawn into: long as their numbers, and never at the cost of the table."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.scenario import State
from bench.model.trial import TrialStatus
from bench.pure.summary import summarise
from bench.report.bars import (
    BAR_CELLS,
    BLANK,
    BLOCKS,
    CROSSING,
    DOT,
    LEFTWARDS,
    LINE,
    LINE_CELLS,
    ONE,
    PICTURE_CELLS,
    RIGHTWARDS,
    WITHIN,
    bar_text,
    interval_picture,
    scale_header,
    scale_of,
)
from bench.report.columns import BAR_HEADER
from bench.report.comparison import render_comparison_table
from bench.report.summaries import render_summary
from bench.report.units import ABSENT, TIMES
from tests.builders import make_lost_trial, make_plan, make_run, make_trials, replace_trials
from tests.report.test_comparison import revisions
from tests.report.test_tables import equals_snapshot, mixed

SHARES = st.floats(min_value=0.001, max_value=1)
RATIOS = st.floats(min_value=0.01, max_value=100)


def eighths(bar: str) -> int:
    """How long the part before the line is."""
    return sum(BLOCKS.index(letter) + 1 if letter in BLOCKS else 8 for letter in bar if letter in BLOCKS + WITHIN)


@given(SHARES)
def test_a_bar_is_as_long_as_its_value_to_an_eighth_of_a_cell_and_never_nothing(share: float) -> None:
    assert eighths(bar_text(share, full=1.0)) == max(round(share * BAR_CELLS * 8), 1)


@given(SHARES, SHARES, SHARES)
def test_a_range_changes_nothing_of_how_long_the_bar_is_and_keeps_to_the_column(
    one: float, two: float, up: float
) -> None:
    low, value = sorted((one, two))
    bar = bar_text(value, full=1.0, low=low, high=value * (1 + up))
    assert eighths(bar) == eighths(bar_text(value, full=1.0))
    assert len(bar) <= BAR_CELLS + LINE_CELLS


def test_a_range_is_dithered_before_the_median_and_a_line_after_it() -> None:
    assert bar_text(0.75, full=1.0, low=0.5, high=11 / 12) == f"{'█' * 6}{WITHIN * 2}█{LINE * 2}"
    assert bar_text(1.0, full=1.0, low=1.0, high=5.0) == f"{'█' * 12}{LINE}{RIGHTWARDS}"


@given(st.lists(RATIOS, min_size=1, max_size=5), RATIOS, RATIOS, RATIOS)
def test_an_interval_has_one_dot_or_an_arrow_and_keeps_to_its_column(
    others: list[float], one: float, two: float, three: float
) -> None:
    low, ratio, high = sorted((one, two, three))
    picture = interval_picture(ratio, low, high, scale_of([*others, low, ratio, high]))
    assert len(picture) <= PICTURE_CELLS
    drawn = picture.count(DOT)
    assert drawn == 1 or (drawn == 0 and (LEFTWARDS in picture or RIGHTWARDS in picture))
    assert drawn == 1 or not 1 / 4 <= ratio <= 4


def test_an_interval_lies_on_its_side_of_the_line() -> None:
    scale = scale_of([0.8, 1.25])
    slower, faster = interval_picture(1.2, 1.15, 1.25, scale), interval_picture(0.85, 0.8, 0.9, scale)
    assert slower.index(ONE) < slower.index(LINE) < slower.index(DOT)
    assert faster.index(LINE) < faster.index(DOT) < faster.index(ONE)
    assert CROSSING in interval_picture(1.1, 0.9, 1.2, scale)


@pytest.mark.parametrize("end", [1.0001, 1 / 1.0001])
def test_an_interval_that_just_leaves_out_1_does_not_cross_the_line(end: float) -> None:
    low, ratio, high = sorted((end, end**2, end**3))
    picture = interval_picture(ratio, low, high, scale_of([0.5, 2.0]))
    assert (CROSSING in picture, ONE in picture, DOT in picture) == (False, True, True)


def test_no_difference_at_all_is_a_dot_on_the_line_of_a_scale_of_some_width() -> None:
    scale = scale_of([1.0])
    assert interval_picture(1.0, 1.0, 1.0, scale).strip(BLANK) == DOT
    assert scale_header(scale).split() == [f"{TIMES}0.95", f"{TIMES}1", f"{TIMES}1.05"]
    assert len(scale_header(scale)) == PICTURE_CELLS


def test_the_tables_with_bars_look_as_they_did() -> None:
    assert equals_snapshot(render_summary(mixed(), width=160, bars=True), "table-160-bars.txt")
    assert equals_snapshot(render_comparison_table(revisions(), width=160, bars=True), "compare-160-bars.txt")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_bars_give_way_to_names_times_and_sizes(width: int) -> None:
    text = render_summary(mixed(), width=width, bars=True)
    table, effects = text.split("\n\n")[1:3]
    assert max(map(len, table.splitlines())) <= width
    assert all(header in table for header in ("base", "state", "time", "size"))
    assert (BAR_HEADER in table) is ("A bar ends" in text)
    if width >= 120:
        assert max(map(len, effects.splitlines())) <= width
        assert BAR_HEADER in table


def test_the_slowest_of_each_state_is_a_whole_bar_and_what_has_no_time_has_none() -> None:
    plan = make_plan()
    walls = {(one.variant, one.state, one.round): 8.0 if one.state is State.COLD else 0.2 for one in plan.trials}
    walls |= {(plan.variants[0].id, State.COLD, number): 4.0 for number in (1, 2, 3)}
    trials = replace_trials(
        make_trials(plan, wall_s=walls), when={"variant": plan.variants[1].id}, status=TrialStatus.INVALID, reason="no"
    )
    rows = render_summary(summarise(make_run(plan), trials), width=160, bars=True).splitlines()
    bars = {(line.split()[2], line.split()[3]): sum(line.count(letter) for letter in BLOCKS) for line in rows[4:13]
            if len(line.split()) > 4}  # fmt: skip
    assert bars[("cold", "4.00")] == 6
    assert bars[("cold", "8.00")] == bars[("warm", "0.20")] == 12
    assert bars[("cold", ABSENT)] == 0


def test_a_run_of_which_nothing_can_be_drawn_is_shown_all_the_same() -> None:
    plan = make_plan()
    lost = tuple(make_lost_trial(one, TrialStatus.FAILED, "exit code 1") for one in plan.trials)
    assert "exit code 1" in render_summary(summarise(make_run(plan), lost), width=160, bars=True)
    instant = tuple(msgspec.structs.replace(trial, wall_s=0.0) for trial in make_trials(plan))
    assert BAR_HEADER in render_summary(summarise(make_run(plan), instant), width=160, bars=True)
