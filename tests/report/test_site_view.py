"""What the site's pages show, against the runs that they are made of."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from bench.app.following import follow
from bench.model.followed import FollowedRuns
from bench.ports.history_update import open_index
from bench.report.html.model import Judgement
from bench.report.html.texts import short_name
from bench.report.site.feed import feed_of
from bench.report.site.lines import Places
from bench.report.site.model import IndexPage, SeriesView, TargetPage
from bench.report.site.plots import BOX, spark_of
from bench.report.site.render import key_of, render_feed
from bench.report.site.view import index_page, target_page
from bench.report.units import TIMES
from tests.builders import make_base, make_engine
from tests.history import AXES, COLD, REVISIONS, VARIANT, commit, record, record_all, run_id

SITE = uuid.UUID("12345678-1234-4678-9234-567812345678")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Seen:
    """The pages of a results folder."""

    def __init__(self, results: Path) -> None:
        with open_index(None, results) as index:
            self.known: FollowedRuns = follow(index, ("wall_s", "image_size_bytes"))
        self.places = Places(
            runs={key: f"runs/{entry.name}.html" for key, entry in self.known.runs.items()},
            targets={
                (one.scenario, one.target.digest): f"trends/{n}.html" for n, one in enumerate(self.known.followed)
            },
        )

    @property
    def index(self) -> IndexPage:
        return index_page("Our builds", self.known, self.places, [])

    def target(self, number: int = 0) -> TargetPage:
        return target_page(self.known.followed[number], self.known, self.places)

    def cold(self) -> SeriesView:
        return next(one for one in self.target().metrics[0].series if one.state == "cold")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path / "results"


def test_a_card_says_what_changed_last_since_when_and_by_which_commit(results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.3] * 8)
    (group,) = Seen(results).index.groups
    (card,) = group.cards
    assert card.verdict.startswith(f"{VARIANT}, cold: slower {TIMES}1.3")
    assert card.verdict.endswith("since 2026-11-23 17:00")
    assert card.judgement is Judgement.WORSE
    assert card.step.text == f"commits: after {commit(7)[:9]}, at or before {commit(8)[:9]}"
    assert (card.runs, card.latest.href) == ("16 runs", f"runs/{run_id(15)}.html")
    assert [figure.title for figure in card.figures] == ["fastest cold", "smallest image"]
    assert card.spark is not None
    assert "cold builds of all variants" in card.spark.label


def test_where_nothing_changed_or_nothing_can_be_told_a_card_says_so(results: Path) -> None:
    record_all(results, [1.0] * 3)
    few = Seen(results).index.groups[0].cards[0]
    assert (few.verdict, few.judgement) == ("3 of 6 runs that a step takes", Judgement.UNDECIDED)
    for number in range(3, 9):
        record(results, number)
    same = Seen(results).index.groups[0].cards[0]
    assert (same.verdict, same.judgement) == ("no step in 9 runs", Judgement.SAME)


def test_runs_that_compare_revisions_are_said_to_be_what_they_are_and_led_to(results: Path) -> None:
    record(results, 0, revisions=REVISIONS)
    record(results, 1, revisions=REVISIONS)
    seen = Seen(results)
    (card,) = seen.index.groups[0].cards
    assert card.verdict == "2 comparisons of revisions, each with its verdict on a page of its own"
    assert card.judgement is None
    assert (card.step.text, card.step.href) == ("the newest compares main, feature", f"runs/{run_id(1)}.html")
    assert card.commit == ""
    assert [line.subject for line in seen.index.runs] == ["compares main, feature"] * 2
    assert seen.target().notes[0].startswith("The series leave out 2 runs made to compare revisions")
    seen.places = Places(runs={}, targets=seen.places.targets)
    (card,) = seen.index.groups[0].cards
    assert (card.verdict, card.step.href) == ("2 comparisons of revisions", None)


def test_a_comparison_beside_other_runs_hides_neither_their_trend_nor_that_nothing_of_them_counts(
    results: Path,
) -> None:
    record(results, 0, revisions=REVISIONS)
    record(results, 1, rounds=0)
    (card,) = Seen(results).index.groups[0].cards
    assert card.verdict.startswith("1 comparison of revisions")
    assert card.verdict.endswith("; nothing counts of the other runs")
    assert card.judgement is Judgement.UNDECIDED
    record(results, 2)
    (card,) = Seen(results).index.groups[0].cards
    assert (card.verdict, card.step.href) == ("1 of 6 runs that a step takes", None)
    assert card.commit == commit(2)[:9]


def test_where_nothing_counts_a_card_says_so(results: Path) -> None:
    record(results, 0, rounds=0)
    (card,) = Seen(results).index.groups[0].cards
    assert (card.verdict, card.step.href) == ("nothing of it counts", None)


def test_a_second_target_is_a_card_of_its_own_that_says_what_differs(results: Path) -> None:
    record_all(results, [1.0] * 2)
    record(results, 2, engine=make_engine(server_version="29.0.1"))
    new, old = Seen(results).index.groups[0].cards
    assert new.differs == "Unlike the target before: Docker was 28.5.2, is 29.0.1."
    assert old.differs == ""
    assert (new.link.href, old.link.href) == ("trends/0.html", "trends/1.html")


def test_a_step_has_its_commits_its_run_and_what_else_changed(results: Path) -> None:
    record_all(results, [1.0] * 6)
    base = make_base("debian-12")
    for number in range(6, 12):
        record(results, number, cold_s=1.3, buildmark_version="9.9", bases=(base,))
    (change,) = Seen(results).target().changes
    assert change.log == f"git log --oneline {commit(5)[:12]}..{commit(6)[:12]}"
    assert change.run.href == f"../runs/{run_id(6)}.html"
    assert change.details == ("Buildmark was 0.1.0, is 9.9",)
    assert change.subject == "A change"
    assert change.said.startswith(f"slower {TIMES}1.")
    assert [step.word for step in change.steps] == ["slower"]


def test_steps_between_the_same_two_runs_are_one_change_the_largest_first(results: Path) -> None:
    record_all(results, [1.0] * 6)
    for number in range(6, 12):
        record(results, number, cold_s=1.3, warm_s=0.3)
    seen = Seen(results)
    (change,) = seen.target().changes
    assert [step.series.text for step in change.steps] == [f"{VARIANT}, warm", f"{VARIANT}, cold"]
    assert change.said.endswith("the largest of 2 steps")
    (card,) = seen.index.groups[0].cards
    assert card.verdict.endswith("; 1 more series changed with it")
    assert [change.id for change in seen.index.changes] == [change.id]


def test_a_picture_holds_every_run_within_its_box_and_marks_its_steps(results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.3] * 8)
    seen = Seen(results)
    plot = seen.cold().plot
    assert len(plot.points) == 16
    assert [seen.target().points[place][0] for place, *_ in plot.points] == [run_id(number) for number in range(16)]
    for _, x, y, _ in plot.points:
        assert 0 <= x <= BOX[0]
        assert 0 <= y <= BOX[1]
    assert [x for _, x, _, _ in plot.points] == sorted(x for _, x, _, _ in plot.points)
    low = max(y for _, _, y, _ in plot.points[8:])
    assert all(y > low for _, _, y, _ in plot.points[:8]), "slower is higher"
    (mark,) = plot.marks
    assert 45 < mark.place < 55
    assert mark.step == seen.target().changes[0].steps[0].id
    assert len({tick.text for tick in plot.y}) == len(plot.y) >= 2
    assert len({tick.text for tick in plot.x}) == len(plot.x) == 4
    assert plot.points[0][3].endswith("3 trials)")


@pytest.mark.parametrize("levels", [[1.0], [1.0, 1.0], [0.001, 0.002], [1e-3, 5.0, 4000.0], [12.301, 12.302, 12.303]])
def test_axes_fit_whatever_the_values_are(results: Path, levels: list[float]) -> None:
    record_all(results, levels)
    plot = Seen(results).cold().plot
    assert all(0 <= float(number) <= BOX[0] for path in (plot.line, plot.spread) for number in _NUMBER.findall(path))
    assert all(0 <= tick.place <= 100 for tick in (*plot.x, *plot.y))
    assert len({tick.text for tick in plot.y}) == len(plot.y) >= 1


def test_a_spark_of_values_that_are_all_the_same_is_level() -> None:
    assert spark_of([2.0, 2.0, 2.0], "").line == "M2 12 50 12 98 12"
    assert spark_of([2.0], "").line.endswith("h.01")


def test_a_run_without_a_page_has_no_link(results: Path) -> None:
    record_all(results, [1.0])
    seen = Seen(results)
    seen.places = Places(runs={}, targets=seen.places.targets, states={1: "cannot be shown"})
    (line,) = seen.index.runs
    assert (line.run.href, line.state) == (None, "cannot be shown")


def test_a_page_has_the_same_key_until_it_shows_something_else(results: Path) -> None:
    record_all(results, [1.0] * 2)
    before = key_of(Seen(results).target())
    assert key_of(Seen(results).target()) == before
    record(results, 2)
    assert key_of(Seen(results).target()) != before


def test_without_a_run_the_first_page_says_so(results: Path) -> None:
    page = Seen(results).index
    assert (page.lead, page.groups, page.runs) == ("There is no run yet.", (), ())


def test_the_feed_tells_of_steps_and_an_entry_keeps_its_id(results: Path) -> None:
    record_all(results, [1.0] * 8 + [1.3] * 8)
    seen = Seen(results)
    feed = feed_of("Ours <&>", seen.known, seen.places, SITE)
    (entry,) = feed.entries
    assert entry.title.startswith(f"quick: {VARIANT}, cold slower {TIMES}1.")
    assert "wall_s slower" in entry.text
    assert entry.href == f"trends/0.html#{seen.target().changes[0].id}"
    assert entry.id.startswith("urn:uuid:")
    record(results, 16, cold_s=1.3)
    again = Seen(results)
    assert [one.id for one in feed_of("Ours", again.known, again.places, SITE).entries] == [entry.id]
    text = render_feed(feed)
    assert "<title>Ours &lt;&amp;&gt;</title>" in text
    assert text.count("<entry>") == 1


def test_the_names_of_series_and_axes_are_those_of_the_records(results: Path) -> None:
    record_all(results, [1.0])
    page = Seen(results).target()
    assert [one.variant for one in page.metrics[0].series] == [short_name(VARIANT)] * 2
    assert f"quick/{'-'.join(levels[0] for levels in AXES.values())}/cold" == COLD
    assert ("Docker", "28.5.2") in page.facts
