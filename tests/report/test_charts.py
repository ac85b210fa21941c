"""What the specifications of pictures hold, against the summary; the schema; and what they do with bad data."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import msgspec
import pytest

from bench.errors import UsageError
from bench.model.scenario import State
from bench.model.trial import ImageFacts, Trial, TrialStatus
from bench.pure.metrics import IMAGE_COMPRESSED, IMAGE_SIZE, WALL
from bench.pure.summary import summarise
from bench.report.charts.effects import effects
from bench.report.charts.frame import MOST_ROWS
from bench.report.charts.phases import COLOURS, phases
from bench.report.charts.rows import only_variants
from bench.report.charts.themes import config_of, themed
from bench.report.charts.tradeoff import tradeoff
from bench.report.charts.trials import trials
from bench.report.charts.waterfall import CACHED, EXECUTED, FAILED, NEVER, ON_PATH, UNCOUNTED, waterfall
from bench.report.choices import PlotKind, Theme
from bench.report.export_records import RunRecords
from bench.report.plots import Wanted, plot_run
from tests.builders import make_plan, make_run, make_trials
from tests.report.drawn import AXES, Spec, checked, data, drawn, full, heights, said_in, steps, weighed
from tests.report.exported import hostile, lost, records_of, troubled, usual

FULL = full()
OF_RUNS = tuple(kind for kind in PlotKind if kind is not PlotKind.TREND)
UNBEGUN = records_of(make_run(), ())
LONE = {"base": ("debian-12",), "stages": ("single",)}


def plot(records: RunRecords, kind: PlotKind, **wanted: object) -> Spec:
    return plot_run(records, msgspec.convert({"kind": kind, **wanted}, Wanted))


def lone(*, rounds: int = 1) -> RunRecords:
    plan = make_plan(LONE, rounds=rounds)
    return records_of(make_run(plan, axes=LONE), make_trials(plan))


@pytest.mark.parametrize("kind", OF_RUNS)
@pytest.mark.parametrize("make", [full, usual, troubled, lost, hostile, lone, lambda: UNBEGUN])
def test_a_run_of_any_kind_gives_a_valid_picture(kind: PlotKind, make: Callable[[], RunRecords]) -> None:
    records = make()
    if records is UNBEGUN and kind is PlotKind.WATERFALL:
        with pytest.raises(UsageError, match="no such trial"):
            plot(records, kind)
        return
    assert drawn(checked(plot(records, kind)))
    assert drawn(plot(records, kind, width=320))


def test_the_tradeoff_has_the_numbers_of_the_summary() -> None:
    points = {point["id"]: point for point in data(tradeoff(FULL.summary), "time_s", "low_s")}
    rows = [row for row in FULL.summary.rows if row.state is State.COLD]
    assert len(rows) == len(points) == 16
    for row in rows:
        point, time, size = points[row.variant], row.metrics[WALL], row.metrics[IMAGE_SIZE]
        assert (point["time_s"], point["low_s"], point["high_s"]) == (time.median, time.low, time.high)
        assert (point["size_bytes"], point["trials"]) == (size.median, 6)


def test_the_front_is_drawn_named_and_labelled() -> None:
    spec = tradeoff(FULL.summary)
    points = data(spec, "time_s", "low_s")
    front = [point for point in points if point["on_front"]]
    assert 1 < len(front) < len(points)
    for point in front:
        assert not any(
            one["time_s"] <= point["time_s"] and one["size_bytes"] <= point["size_bytes"] and one is not point
            for one in points
        )
    words = drawn(spec)
    told = " ".join(words)
    for point in front:
        assert point["id"] in told
        assert point["variant"] in words


@pytest.mark.parametrize("apart", [0, 1, 1000, 100_000])
def test_no_two_numbers_at_the_axis_of_nearly_equal_sizes_read_alike(apart: int) -> None:
    plan = make_plan(AXES, rounds=1)
    sized = tuple(
        msgspec.structs.replace(
            one, image=ImageFacts(id="sha256:" + "cd" * 32, size_bytes=83_100_000 + apart * number, layers=1)
        )
        for number, one in enumerate(make_trials(plan))
    )
    words = drawn(tradeoff(summarise(make_run(plan, axes=AXES), sized)))
    labels = [word for word in words if word.endswith("MB")]
    assert len(labels) > 2
    assert len(labels) == len(set(labels))


def test_the_compressed_size_is_taken_where_all_variants_have_it() -> None:
    spec = tradeoff(weighed(FULL).summary)
    assert {point["size_bytes"] for point in data(spec, "time_s", "low_s")} == {12_345_678}
    assert "image size, compressed" in drawn(spec)
    summary = weighed(FULL).summary
    first, *rest = summary.rows
    bare = msgspec.structs.replace(first, metrics={k: v for k, v in first.metrics.items() if k != IMAGE_COMPRESSED})
    assert "image size, unpacked" in drawn(tradeoff(msgspec.structs.replace(summary, rows=(bare, *rest))))


def test_variants_without_a_size_are_named_and_a_run_without_any_says_so() -> None:
    named = {**FULL.run.axes, "base": FULL.run.axes["base"][:2]}
    records = full(named)
    gone = records.run.plan.variants[0].id
    part = tuple(msgspec.structs.replace(one, image=None) if one.variant == gone else one for one in records.trials)
    spec = checked(tradeoff(summarise(records.run, part)))
    assert f"Without a time or a size: {gone}." in " ".join(drawn(spec))
    bare = tuple(msgspec.structs.replace(one, image=None) for one in records.trials)
    assert said_in(checked(tradeoff(summarise(records.run, bare)))) == "No variant's image size is known."


def test_effects_have_the_numbers_of_the_summary() -> None:
    spec = effects(FULL.summary)
    dots = data(spec, "ratio", "low")
    assert len(dots) == len(FULL.summary.axes) == 5 * 3 * 2
    told = {(dot["axis"], dot["level"], dot["state"], dot["ratio"], dot["low"], dot["high"]) for dot in dots}
    assert told == {(one.axis, one.level, one.state.value, one.ratio, one.low, one.high) for one in FULL.summary.axes}
    for panel in spec["hconcat"]:
        scales = [layer["encoding"]["x"].get("scale", {}) for layer in panel["layer"]]
        (scale,) = [scale for scale in scales if scale]
        assert scale["type"] == "log"
        assert scale["domain"][0] < 1 < scale["domain"][1]
    assert {"ratio": 1} in data(spec, "ratio")


def test_intervals_of_few_rounds_are_left_out_with_a_word() -> None:
    spec = effects(full(rounds=2).summary)
    assert {dot["low"] for dot in data(spec, "ratio", "low")} == {None}
    assert "Without an interval: fewer than 3 rounds." in spec["title"]["subtitle"]


def test_phases_add_up_to_the_median_time_in_a_fixed_order_with_fixed_colours() -> None:
    spec = phases(FULL.summary)
    for panel, state in zip(spec["vconcat"], (State.COLD, State.WARM, State.EDIT_SOURCE), strict=True):
        parts = spec["datasets"][panel["layer"][0]["data"]["name"]]
        medians = [row.metrics[WALL].median for row in FULL.summary.rows if row.state is state]
        order = list(dict.fromkeys(part["id"] for part in parts))
        totals = [math.fsum(part["seconds"] for part in parts if part["id"] == name) for name in order]
        assert totals == pytest.approx(sorted(medians))
        for name in order:
            row = [part for part in parts if part["id"] == name]
            assert [part["place"] for part in row] == sorted(part["place"] for part in row)
            assert [part["begin_s"] for part in row[1:]] == [part["end_s"] for part in row[:-1]]
        assert panel["layer"][0]["encoding"]["color"]["scale"]["range"] == list(COLOURS.values())
    used = {part["name"] for part in data(spec, "part")}
    assert used == set(COLOURS) - {"run_memory_s", "run_unmetered_s"}


def one_trial(state: State, **changes: object) -> Trial:
    trial = next(trial for trial in FULL.trials if trial.state is state)
    return msgspec.structs.replace(trial, **changes)


def test_a_waterfall_has_the_steps_their_verdicts_and_the_critical_path() -> None:
    trial = one_trial(State.COLD)
    bars = data(waterfall(FULL.run, trial), "step", "cache")
    assert [bar["name"].split()[0] for bar in bars] == ["FROM", "RUN", "COPY", "RUN", "LABEL"]
    assert [bar["cache"] for bar in bars] == [UNCOUNTED, EXECUTED, EXECUTED, EXECUTED, NEVER]
    assert [bar["on_path"] for bar in bars] == [False, True, False, True, False]
    assert [bar["step"].startswith(ON_PATH) for bar in bars] == [bar["on_path"] for bar in bars]
    by_digest = {step.digest: step for step in trial.steps}
    for bar in bars[:-1]:
        step = by_digest[bar["digest"]]
        assert (bar["begin_s"], bar["seconds"]) == (step.start_s, step.duration_s)
    assert (bars[1]["cpu"], bars[1]["memory"]) == ("3.50 s", "98.0 MB")
    assert [bar["cache"] for bar in data(waterfall(FULL.run, one_trial(State.WARM)), "step", "cache")][1:4] == [
        CACHED
    ] * 3


def test_a_waterfall_of_a_failed_trial_and_of_one_without_steps() -> None:
    made = list(steps(10.0))
    made[4] = msgspec.structs.replace(made[4], status=msgspec.convert("failed", type(made[4].status)))
    failed = one_trial(State.COLD, status=TrialStatus.FAILED, reason="make: 2", steps=tuple(made), critical_path=())
    spec = checked(waterfall(FULL.run, failed))
    assert FAILED in [bar["cache"] for bar in data(spec, "step", "cache")]
    assert "failed: make: 2" in " ".join(drawn(spec))
    bare = msgspec.structs.replace(failed, steps=())
    assert "(failed: make: 2)" in said_in(checked(waterfall(FULL.run, bare)))


def test_every_trial_with_a_time_is_a_dot_and_the_others_are_counted() -> None:
    records = troubled()
    spec = trials(records.run, records.trials)
    dots = data(spec, "wall_s", "round")
    timed = [one for one in records.trials if one.wall_s is not None]
    assert sorted((dot["number"], dot["wall_s"], dot["round"]) for dot in dots) == [
        (one.number, one.wall_s, one.round) for one in timed
    ]
    kinds = [dot["kind"] for dot in dots]
    assert (kinds.count("disturbed by other work"), kinds.count("invalid")) == (1, 1)
    assert "Without a time, and so not shown: 3 trials that failed or could not begin." in spec["title"]["subtitle"]


@pytest.mark.parametrize("kind", OF_RUNS)
def test_a_run_without_a_valid_trial_says_why(kind: PlotKind) -> None:
    spec = plot(lost(), kind)
    assert said_in(spec)
    assert not data(spec, "time_s")


def test_one_variant_has_no_effects_but_every_other_picture() -> None:
    assert "one level" in said_in(effects(lone().summary))
    assert len(data(tradeoff(lone().summary), "time_s", "low_s")) == 1
    assert len(data(trials(lone().run, lone().trials), "wall_s")) == 2


def test_hostile_names_are_text_and_stay_apart() -> None:
    records = hostile()
    words = drawn(plot(records, PlotKind.TRIALS))
    assert "<b>&amp;</b> ]]> | pipe" in words
    dots = data(plot(records, PlotKind.TRADEOFF), "time_s", "low_s")
    assert len({dot["variant"] for dot in dots}) == len(dots) == 8
    assert {dot["id"] for dot in dots} <= {variant.id for variant in records.run.plan.variants}
    for kind in OF_RUNS:
        texts = drawn(plot(records, kind))
        assert all(text.isprintable() for text in texts)
        assert max(map(len, texts)) < 1_000  # of a name of 10,000 letters


def test_a_thousand_variants_are_a_sane_picture() -> None:
    axes = {"base": tuple(f"base-{number:03}" for number in range(1000))}
    plan = make_plan(axes, rounds=3)
    walls = {(one.variant, one.state, one.round): 1.0 + one.number / 1000 for one in plan.trials}
    records = records_of(make_run(plan, axes=axes), make_trials(plan, wall_s=walls))
    for kind in OF_RUNS:
        spec = checked(plot(records, kind))
        assert len(json.dumps(spec)) < 1_000_000
        assert sum(heights(spec)) < 4_000
    assert len(data(tradeoff(records.summary), "time_s", "low_s")) == 1000
    assert len({dot["id"] for dot in data(trials(records.run, records.trials), "wall_s")}) == MOST_ROWS
    assert f"Shown: the {MOST_ROWS} fastest variants of each state of 1,000." in " ".join(
        trials(records.run, records.trials)["title"]["subtitle"]
    )


@pytest.mark.parametrize("kind", OF_RUNS)
def test_zeros_make_a_picture_too(kind: PlotKind) -> None:
    plan = make_plan(rounds=3)
    empty = ImageFacts(id="sha256:" + "cd" * 32, size_bytes=0, layers=0)
    zeros = tuple(msgspec.structs.replace(one, wall_s=0.0, image=empty) for one in make_trials(plan))
    assert drawn(checked(plot(records_of(make_run(plan), zeros), kind)))


def test_an_interval_without_an_end_is_left_out() -> None:
    first, *rest = FULL.summary.axes
    endless = msgspec.structs.replace(first, low=0.0, high=math.inf)
    spec = checked(effects(msgspec.structs.replace(FULL.summary, axes=(endless, *rest))))
    assert [dot["low"] for dot in data(spec, "ratio", "low")].count(None) == 1


def test_variants_stand_by_time() -> None:
    spec = trials(FULL.run, FULL.trials)
    for panel, state in zip(spec["vconcat"], (State.COLD, State.WARM, State.EDIT_SOURCE), strict=True):
        rows = sorted(
            (row for row in FULL.summary.rows if row.state is state), key=lambda row: row.metrics[WALL].median
        )
        assert panel["layer"][1]["encoding"]["y"]["sort"] == [row.variant for row in rows]


def test_rows_of_some_variants_can_be_chosen() -> None:
    part = only_variants(FULL.summary, ["debian-12-multi-split"])
    assert {row.variant for row in part.rows} == {"debian-12-multi-split"}
    assert len(AXES["base"]) * 4 * 3 == len(only_variants(FULL.summary, []).rows)


@pytest.mark.parametrize("theme", list(Theme))
def test_texts_can_be_read_in_both_themes(theme: Theme) -> None:
    config = config_of(theme)
    inks = {config["axis"]["labelColor"], config["title"]["color"], config["style"]["ink"]["fill"]}
    assert min(contrast(ink, config["background"]) for ink in inks) > 4.5
    assert themed(tradeoff(FULL.summary), theme, paper="transparent")["config"]["background"] == "transparent"


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
