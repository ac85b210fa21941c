"""Labels, their places, axes, and the picture of a trend."""

from __future__ import annotations

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bench.model.history import Change, ChangeKind, Place, Point, SeriesHistory
from bench.report.charts.names import short_text, unique_labels
from bench.report.charts.placing import Corner, Labelled, _box, _overlap, place_labels
from bench.report.charts.scales import ratio_span, ratio_ticks, span_of
from bench.report.charts.trend import trend
from bench.report.units import TIMES
from tests.builders import START
from tests.report.drawn import checked, data, drawn, said_in
from tests.report.exported import HOSTILE

PLACES = st.floats(0, 600, allow_nan=False)


@given(st.lists(st.text(), max_size=30), st.integers(5, 40))
def test_labels_are_short_printable_and_no_two_are_the_same(names: list[str], most: int) -> None:
    labels = unique_labels(dict(enumerate(names)), most)
    assert len(set(labels.values())) == len(names)
    assert all(label.isprintable() and label for label in labels.values())
    assert all(len(short_text(name, most)) <= max(most, 9) for name in names)


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    label = short_text("debian-12-" + "x" * 10_000 + "-merged", 34)
    assert label.startswith("debian-12-")
    assert label.endswith("-merged")
    assert len(label) == 34


@given(st.lists(st.tuples(PLACES, PLACES, st.text("abc", min_size=1, max_size=20)), max_size=25))
def test_labels_cover_neither_each_other_nor_points(points: list[tuple[float, float, str]]) -> None:
    labelled = [Labelled(x=x, y=y, label=label, corners=tuple(Corner)) for x, y, label in points]
    boxes = [_box(labelled[place], corner) for place, corner in place_labels(labelled, width=600, height=600).items()]
    assert not any(_overlap(one, other) for one, other in itertools.combinations(boxes, 2))
    assert not any(left < x < right and top < y < bottom for x, y, _ in points for left, top, right, bottom in boxes)
    assert all(box[0] >= 0 and box[2] <= 600 for box in boxes)


def test_a_lone_point_is_always_labelled() -> None:
    point = Labelled(x=100, y=100, label="debian", corners=(Corner.BELOW_LEFT,))
    assert place_labels([point], width=200, height=200) == {0: Corner.BELOW_LEFT}


@given(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=20))
def test_an_axis_holds_all_its_values(values: list[float]) -> None:
    span = span_of(values)
    assert all(0 <= span.share(value) <= 1 for value in values)
    assert span.low < span.high


@given(st.floats(1e-3, 1e12), st.floats(0, 1e-3))
def test_an_axis_of_nearly_equal_values_is_long_enough_for_different_numbers(value: float, apart: float) -> None:
    span = span_of([value, value * (1 + apart)])
    assert span.high - span.low >= 0.02 * value
    assert 0.1 < span.share(value) < 0.9


def test_an_axis_of_nothing_but_zeros_has_a_length() -> None:
    assert span_of([0.0, 0.0]).high > 0


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=10))
def test_an_axis_of_ratios_holds_them_and_1_and_has_readable_ticks(ratios: list[float]) -> None:
    span = ratio_span(ratios, [])
    assert all(span.low < ratio < span.high for ratio in [1.0, *ratios])
    ticks = ratio_ticks(span)
    assert 1 <= len(ticks) <= 9
    assert 1.0 in ticks
    assert all(span.low <= tick <= span.high for tick in ticks)


def point(number: int, median: float, *, target: str = "aa") -> Point:
    return Point(
        run=f"run-{number}",
        created_at=START + timedelta(days=number),
        commit=f"{number:02}" + "c0ffee" * 6,
        branch="main",
        dirty=False,
        target=target,
        median=median,
        low=median * 0.98,
        high=median * 1.03,
        coverage=0.9,
        n=5,
    )


def history(*points: Point, series: str = "quick/debian-12-single/cold") -> SeriesHistory:
    return SeriesHistory(series=series, metric="wall_s", unit="s", points=points)


def place(number: int) -> Place:
    return Place(
        run=f"run-{number}", created_at=START + timedelta(days=number), commit=f"{number:02}c0ffee", dirty=False
    )


def step(number: int) -> Change:
    return Change(
        kind=ChangeKind.STEP_UP,
        after=place(number - 1),
        at=place(number),
        ratio=1.2,
        low=1.15,
        high=1.25,
        p_value=0.001,
        before_median=1.0,
        after_median=1.2,
    )


def test_a_trend_has_its_points_its_levels_and_a_rule_between_the_runs_of_a_step() -> None:
    points = [point(number, 1.0 if number < 8 else 1.2) for number in range(16)]
    spec = checked(trend(history(*points), [step(8)]))
    assert [(dot["run"], dot["median"], dot["low"], dot["high"]) for dot in data(spec, "median", "run")] == [
        (one.run, one.median, one.low, one.high) for one in points
    ]
    (rule,) = data(spec, "lane")
    assert points[7].created_at.timestamp() * 1000 < rule["at"] < points[8].created_at.timestamp() * 1000
    assert [level["level"] for level in data(spec, "until")] == [1.0, 1.2]
    assert f"{TIMES}1.20" in drawn(spec)


def test_machines_are_told_apart_and_a_change_of_machine_is_a_rule() -> None:
    points = [point(number, 1.0, target="aa" if number < 4 else "bb") for number in range(8)]
    changed = Change(kind=ChangeKind.MACHINE, after=place(3), at=place(4), detail="Docker was 28, is 29")
    spec = checked(trend(history(*points), [changed]))
    words = drawn(spec)
    assert {"machine 1", "machine 2", "another machine"} <= set(words)


def test_a_trend_of_one_run_of_none_and_of_a_hostile_name() -> None:
    assert drawn(checked(trend(history(point(1, 0.0)))))
    assert "No run" in said_in(checked(trend(history())))
    for name in HOSTILE:
        texts = drawn(checked(trend(history(point(1, 1.0), point(2, 1.1), series=f"{name}/{name}/cold"))))
        assert all(text.isprintable() for text in texts)
