"""What the page of a comparison holds, against the comparison and the records that it was made from."""

from __future__ import annotations

import msgspec
import pytest

from bench.model.build import StepStatus
from bench.model.comparison import ComparedRow
from bench.model.run import Revision
from bench.model.scenario import State
from bench.model.trial import Trial
from bench.model.verdict import Verdict
from bench.pure.comparison import compare, compare_axis
from bench.pure.sides import Question, Side
from bench.report.blame import blame_columns, blamed_rows
from bench.report.comparison import render_comparison_table
from bench.report.html.compared.held import ComparedParts
from bench.report.html.compared.model import ComparedPage
from bench.report.html.compared.model_details import RowView, StepPairView
from bench.report.html.compared.page import compared_page
from bench.report.html.compared.render import render_compared
from bench.report.html.compared.times import MOST_ROWS
from bench.report.html.model import Judgement
from bench.report.units import DASH, TIMES
from tests.compared_pages import ADDED_S, hostile, large, of_axis, revisions, two_runs
from tests.pages import HOSTILE, SEEN
from tests.pure.test_blame import timed
from tests.pure.test_step_alignment import dockerfile
from tests.report.test_html_model import parsed
from tests.sides import REVISIONS, WEATHER, make_side, slower_head, with_trials

SLOWER = 0
"""The place of the row that is slower: debian-12, cold."""


def page(parts: ComparedParts | None = None) -> ComparedPage:
    return compared_page(parts or revisions())


def row_of(place: int = SLOWER, parts: ComparedParts | None = None) -> ComparedRow:
    return (parts or revisions()).comparison.rows[place]


def step(view: RowView, shown: ComparedPage, text: str) -> StepPairView:
    names = shown.details.texts
    return next(one for one in view.steps for side in (one.head, one.base) if side and names[side.name] == text)


def test_the_answer_says_what_is_slower_by_how_much_and_what_is_to_blame() -> None:
    answer = page().answer
    lead = "".join(phrase.text for phrase in answer.lead)
    assert lead.startswith(
        "Of 4 rows, 1 is slower and 3 are the same within 3 %. The largest change: debian-12, cold is "
    )
    first = answer.outcomes[0]
    assert (first.row.text, first.row.variant, first.judgement) == ("debian-12, cold", SLOWER, Judgement.WORSE)
    assert "% slower (+" in first.text
    assert first.medians.startswith("1.00 s → 1.3")
    assert first.blame[0].startswith("[build 3] RUN make part-2 --with=docs: +0.3")
    assert "changed: its text" in first.blame[0]
    assert answer.exit_text == "buildmark compare ends with exit code 1: something is slower."


def test_only_what_is_slower_for_sure_has_something_to_blame() -> None:
    def titles(head_s: float, rounds: int = 10) -> list[str]:
        side = with_trials(make_side(axes=REVISIONS, rounds=rounds), lambda trial: _worked(trial, head_s))
        comparison = compare_axis(side, "rev")
        shown = page(ComparedParts(comparison=comparison, base=side, head=side)).answer.outcomes[0]
        assert shown.blame
        return [shown.blame_title, *(column.header for column in blame_columns(next(blamed_rows(comparison))))][:2]

    assert titles(+0.5) == ["To blame:", "to blame"]
    assert titles(-0.5) == ["Where the time was saved:", "where the time was saved"]
    assert titles(+0.5, rounds=3) == ["Where the difference lies, if it is no chance:", "where the difference lies"]


def test_steps_that_the_cache_tells_apart_are_called_so_where_no_difference_is_worth_a_word() -> None:
    def missed(trial: Trial) -> Trial:
        worked = _worked(trial, 0.0)
        if trial.variant.endswith("HEAD"):
            return worked
        cached = msgspec.structs.replace(worked.steps[0], status=StepStatus.CACHED)
        return msgspec.structs.replace(worked, steps=(cached, *worked.steps[1:]))

    side = with_trials(make_side(axes=REVISIONS, rounds=3), missed)
    comparison = compare_axis(side, "rev")
    assert comparison.rows[0].verdict is Verdict.UNDECIDED
    outcome = page(ComparedParts(comparison=comparison, base=side, head=side)).answer.outcomes[0]
    assert outcome.blame_title == "Steps that the cache or their layers tell apart:"
    assert outcome.blame[0].startswith("[2] COPY assets /srv")


def _worked(trial: Trial, head_s: float) -> Trial:
    """A step that takes a second, and so much more in HEAD."""
    took_s = 1.0 + (head_s if trial.variant.endswith("HEAD") else 0.0)
    wander = 1 + WEATHER[trial.round % len(WEATHER)]
    made = timed(dockerfile("COPY assets /srv", "RUN make"), [0.1 * wander, took_s * wander], engine_s=0.1 * wander)
    return msgspec.structs.replace(trial, wall_s=made.wall_s, time=made.time, steps=made.steps)


def test_what_is_undecided_comes_with_what_would_decide_it() -> None:
    few = make_side(slower_head(0.1), axes={"base": ("debian-12",), "rev": ("main", "HEAD")}, rounds=3)
    answer = page(of_axis(few)).answer
    assert answer.outcomes[0].judgement is Judgement.UNDECIDED
    assert answer.outcomes[0].decide == "3 rounds could not show any difference; it takes 3 more at the least."
    noisy = make_side(
        lambda variant, _, round_: 1.0 + (0.05 * (round_ % 3) if variant.endswith("HEAD") else 0.0),
        axes={"base": ("debian-12",), "rev": ("main", "HEAD")},
        rounds=6,
    )
    assert "more rounds would decide it" in page(of_axis(noisy)).answer.outcomes[0].decide
    apart = ComparedParts(
        comparison=compare(make_side(1.0, id="one", rounds=3), make_side(1.02, id="two", rounds=3)),
        base=make_side(1.0, id="one", rounds=3),
        head=make_side(1.02, id="two", rounds=3),
    )
    assert "buildmark compare --rev BASE --rev HEAD" in page(apart).answer.outcomes[0].decide


def test_every_row_has_the_comparisons_own_ratio_and_interval_drawn_on_one_scale() -> None:
    parts = revisions()
    forest = page(parts).forest
    scale = forest.columns[0].scale
    assert scale is not None
    assert scale.margin is not None
    assert len(forest.rows) == len(parts.comparison.rows) == 4
    for row, drawn in zip(parts.comparison.rows, forest.rows, strict=True):
        cell = drawn.cells[0]
        assert row.ratio is not None
        assert f"{TIMES}{row.ratio:.3f} ({row.low:.3f}{DASH}{row.high:.3f})" == cell.text
        assert cell.value == row.ratio
        assert cell.lane is not None
        assert cell.lane.reach is not None
        assert cell.lane.reach[0] <= cell.lane.at <= cell.lane.reach[1]
        assert (cell.lane.at > scale.one) is (row.ratio > 1)
        inside = scale.margin[0] <= cell.lane.reach[0] and cell.lane.reach[1] <= scale.margin[1]
        assert inside is (row.verdict is Verdict.SAME)
    assert forest.verdicts == ("slower", "same")
    assert [tick.text for tick in scale.ticks].count(f"{TIMES}1") == 1


def test_the_other_metrics_stand_beside_the_one_that_is_judged() -> None:
    parts = revisions()
    forest = page(parts).forest
    headers = [column.header for column in forest.columns]
    at = headers.index("CPU")
    change = next(one for one in row_of(SLOWER, parts).changes if one.metric == "cpu_s")
    assert forest.rows[SLOWER].cells[at].value == change.ratio
    assert {"size", "peak mem", "written"} <= {*headers}
    sized = page(revisions(metric="image_size_bytes")).forest
    assert "time" in [column.header for column in sized.columns]
    assert sized.rows[SLOWER].verdict.text == "same"


def test_steps_are_matched_with_both_times_and_what_became_of_them() -> None:
    shown = page()
    view = shown.details.rows[SLOWER]
    same, changed, added = (
        step(view, shown, name) for name in ("RUN make part-1", "RUN make part-2 --with=docs", "RUN make docs")
    )
    assert (same.change, changed.change, added.change) == ("same", "changed", "added")
    assert changed.base is not None
    assert changed.head is not None
    assert shown.details.texts[changed.base.name] == "RUN make part-2"
    assert [changed.was, changed.took] == pytest.approx([0.1, 0.1 + ADDED_S])
    assert (changed.base.cpu, changed.head.cpu) == (0.09, 0.11)
    assert changed.blamed
    assert added.base is None
    assert not same.blamed
    blame = row_of().blame
    assert blame is not None
    of_steps = sum((one.took or 0.0) - (one.was or 0.0) for one in view.steps)
    beside = sum(one.took - one.was for one in view.beside)
    assert of_steps + beside == pytest.approx(blame.difference_s, abs=1e-3)
    assert view.steps[0].change == "added", "a FROM that only one side tells"


def test_the_cache_is_told_on_both_sides() -> None:
    shown = page()
    warm = next(row for row in shown.details.rows if row.state == "warm")
    assert {side.cache for one in warm.steps for side in (one.base, one.head) if side} >= {"hit"}


def test_every_trial_of_both_sides_is_there_whatever_became_of_it() -> None:
    parts = revisions()
    view = page(parts).details.rows[SLOWER]
    assert view.base is not None
    assert view.head is not None
    assert view.paired
    assert [trial.round for trial in view.head.trials] == [*range(1, 13)]
    assert [trial.counts for trial in view.head.trials] == [True, False, False, False, *[True] * 8]
    walls = {trial.number: trial.wall_s for trial in parts.base.trials}
    assert [trial.wall for trial in view.base.trials if trial.wall] == pytest.approx(
        [wall for trial in view.base.trials if (wall := walls[trial.number])], rel=1e-4
    )
    judged = row_of().head
    assert judged is not None
    assert view.head.median == pytest.approx(judged.median, rel=1e-4)


def test_another_metric_is_in_the_dots_too() -> None:
    view = page(revisions(metric="cpu_s")).details.rows[SLOWER]
    assert view.head is not None
    assert view.head.values[0] == pytest.approx(1.0)
    assert view.head.values[1] is None


def test_layers_are_matched_as_the_steps_are() -> None:
    shown = page()
    images = shown.details.images[shown.details.rows[SLOWER].images]
    assert [layer.change for layer in images.layers] == ["same", "same", "same", "added"]
    assert images.layers[-1].head is not None
    assert images.layers[-1].head.size == 5_000_000
    assert shown.details.rows[0].images == shown.details.rows[1].images, "cold and warm are of one image"
    assert len(shown.details.images) == 2


def test_the_dockerfiles_of_both_sides_are_there() -> None:
    shown = page()
    files = {shown.details.texts[one.name]: one.lines for one in shown.details.variants}
    assert list(files) == ["debian-12-main", "debian-12-HEAD", "alpine-3.23-main", "alpine-3.23-HEAD"]
    lines = files["debian-12-HEAD"]
    assert lines is not None
    assert shown.details.texts[lines[-1]] == "RUN make docs"
    apart = page(two_runs())
    assert [apart.details.texts[one.name] for one in apart.details.variants] == ["base: debian-12", "head: debian-12"]


def test_where_the_time_went_is_on_one_scale_for_both_sides() -> None:
    cold = page().times[0]
    assert (cold.state, len(cold.rows), cold.left_out) == ("cold", 2, 0)
    bars = cold.rows[0].bars
    assert [bar.side for bar in bars] == ["base", "head"]
    assert sum(part.share for part in bars[1].parts) == pytest.approx(1, abs=0.01)
    assert sum(part.share for part in bars[0].parts) < 0.85


def test_trials_that_count_in_no_number_are_listed_once_with_their_side() -> None:
    base, failed, invalid, disturbed = page().besides.lost
    assert (base.where.split(",")[0], base.reason) == ("base: cold", "exit code 1")
    assert (failed.where.split(",")[0], failed.status, failed.reason) == ("head: cold", "failed", "exit code 2")
    assert (invalid.status, invalid.reason) == ("invalid", "2 steps came from the cache")
    assert (disturbed.status, disturbed.variant.variant) == ("disturbed", SLOWER)
    kept = page(msgspec.structs.replace(revisions(), keep_disturbed=True))
    assert [one.status for one in kept.besides.lost] == ["failed", "failed", "invalid"]


def test_two_runs_have_their_environments_beside_each_other_with_what_differs_marked() -> None:
    besides = page(two_runs()).besides
    facts = {row.title: row for table in besides.pairs for row in table.rows}
    assert (facts["kernel"].base, facts["kernel"].head) == ("6.1.0", "6.12.9")
    assert (facts["kernel"].differs, facts["kernel"].may) == (True, "may matter")
    assert facts["load over the minute before"].may == "does not matter"
    assert not facts["storage driver"].differs
    assert (facts["commit"].base[:3], facts["commit"].head[:3]) == ("aaa", "bbb")
    assert facts["branch"].base == "main"
    assert besides.may_compare == "Two runs of different times: of what may matter, 1 field differs."
    assert besides.facts == ()


def test_two_sides_of_one_run_share_their_environment() -> None:
    besides = page().besides
    assert besides.pairs == ()
    assert [caption for caption, _ in besides.facts] == ["The run", "Base images", "The machine and the engine"]
    assert besides.may_compare.startswith("Both sides are of one run")
    assert besides.findings[0].findings[0].seen == "4 % of the disk is free"


def test_each_side_says_when_it_was_and_of_which_commit() -> None:
    ours, theirs = page(two_runs()).sides
    assert ours == ("base", "20261123-090000-quick · begun 2026-11-23 09:00 UTC · commit aaaaaaaaaaaa (main)")
    assert theirs[1].endswith("begun 2026-11-24 09:00 UTC · commit bbbbbbbbbbbb (main)")
    parts = revisions()
    told = (
        Revision(name="main", commit="c" * 40, context_sha256="0" * 64),
        Revision(name="HEAD", commit=None, context_sha256="1" * 64),
    )
    side = msgspec.structs.replace(parts.base, run=msgspec.structs.replace(parts.base.run, revisions=told))
    shown = page(msgspec.structs.replace(parts, base=side, head=side))
    assert [text.split(" · ")[-1] for _, text in shown.sides] == ["commit cccccccccccc", "the working tree"]
    assert shown.headline.startswith("run 20261123-090000-quick · wall time · paired by round")
    assert "Revisions" in [caption for caption, _ in shown.besides.facts]


def test_what_other_work_disturbed_can_be_counted_all_the_same() -> None:
    side = make_side(slower_head(0.1), axes={"base": ("debian-12",), "rev": ("main", "HEAD")}, rounds=6)
    busy = with_trials(side, lambda trial: msgspec.structs.replace(trial, disturbed="other work"))
    outcome = page(of_axis(busy)).answer.outcomes[0]
    assert outcome.text.startswith("not judged: the base and the head measured nothing that counts")
    assert f"buildmark compare {busy.run.id} --axis rev --keep-disturbed" in outcome.decide


def test_the_notes_are_the_terminals() -> None:
    parts = two_runs()
    terminal = " ".join(render_comparison_table(parts.comparison, width=200).replace("\n  ", " ").split())
    notes = page(parts).besides.notes
    assert notes
    assert all(note.text in terminal for note in notes)


def test_what_only_one_side_has_and_what_nobody_measured_has_a_page() -> None:
    one = make_side(1.0, id="one", axes={"base": ("debian-12", "alpine-3.23")}, rounds=6)
    two = make_side(1.0, id="two", rounds=6)
    alone = page(ComparedParts(comparison=compare(one, two), base=one, head=two))
    lonely = next(row for row in alone.details.rows if row.head is None)
    assert {pair.change for pair in lonely.steps} == {""}
    assert alone.answer.outcomes[1].text == "not judged: only the base has it"
    empty = msgspec.structs.replace(two, trials=())
    text = render_compared(page(ComparedParts(comparison=compare(one, empty), base=one, head=empty)))
    assert "not judged" in text


def test_a_head_that_breaks_is_the_first_thing_that_is_said() -> None:
    side = make_side(1.0, axes={"base": ("debian-12",), "rev": ("main", "HEAD")}, rounds=6)
    broken = with_trials(
        side,
        lambda trial: (
            msgspec.structs.replace(trial, status="failed", reason="exit code 1", wall_s=None, steps=(), image=None)
            if trial.variant.endswith("HEAD")
            else trial
        ),
    )
    broken = msgspec.convert(msgspec.to_builtins(broken), Side)
    parts = ComparedParts(comparison=compare_axis(broken, "rev"), base=broken, head=broken)
    answer = page(parts).answer
    assert answer.lead[0].text == "Builds of the head failed where none of the base's did: "
    assert answer.outcomes[0].judgement is Judgement.WORSE
    assert answer.exit_text.startswith("buildmark compare ends with exit code 4")


def test_of_many_rows_the_bars_are_those_that_changed_most() -> None:
    times = page(large(24, (State.COLD,), 2)).times
    assert (len(times[0].rows), times[0].left_out) == (MOST_ROWS, 24 - MOST_ROWS)


def test_an_adaptive_run_keeps_the_interval_of_the_look_that_decided() -> None:
    from bench.model.plan import Adaptive  # noqa: PLC0415

    side = make_side(
        slower_head(0.1),
        axes={"base": ("debian-12",), "rev": ("main", "HEAD")},
        rounds=10,
        adaptive=Adaptive(min_rounds=6, decide=0.03),
    )
    parts = of_axis(side)
    row = parts.comparison.rows[0]
    assert row.coverage is not None
    assert row.coverage > 0.95
    assert page(parts).forest.rows[0].cells[0].text == f"{TIMES}{row.ratio:.3f} ({row.low:.3f}{DASH}{row.high:.3f})"
    assert parts.comparison == compare_axis(side, "rev", Question())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_text_and_leave_the_document_as_it_was(text: str) -> None:
    harmless, hurt = (parsed(render_compared(page(hostile(one)))) for one in ("harmless", text))
    assert hurt.tags == harmless.tags
    assert hurt.attributes == harmless.attributes


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_whole_in_the_data_of_the_page(kind: str) -> None:
    texts = page(hostile(HOSTILE[kind])).details.texts
    assert f"RUN {SEEN[kind]}" in texts
    assert SEEN[kind] in texts
    assert f"logs/{SEEN[kind]}.log" in texts
