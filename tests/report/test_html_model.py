"""What a page holds, against the records that it was made from; and what it does with texts of whatever origin."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model.scenario import State
from bench.report.html.details import details_of
from bench.report.html.model import Details, Grid, RunView, VariantView
from bench.report.html.page import page_of, run_view
from bench.report.html.render import content_policy, inline_json, render_page
from bench.report.html.rows import MOST_BARS
from bench.report.html.texts import Texts, visible, visible_lines
from bench.report.tables import render_table
from tests.pages import HOSTILE, SEEN, everything, hostile, large

FIRST = "debian-12-single-split"


def view() -> RunView:
    return run_view(everything(), "r1")


def rows_of(grid: Grid) -> dict[str, str]:
    return {cells[0]: cells[1] for cells in grid.rows}


def variant_of(details: Details, name: str) -> VariantView:
    return next(one for one in details.variants if details.texts[one.name] == name)


def test_the_table_has_the_cells_of_the_terminal_and_numbers_to_sort_by() -> None:
    table = view().table
    assert len(table.rows) == 16
    assert table.headers[:3] == ("time", "range", "vs best")
    row = table.rows[0]
    assert (row.name, row.state) == ("debian-12-single-merged", "cold")
    assert row.cells[0].text == "1.52 s"
    assert row.cells[0].value == pytest.approx(1.515)
    shown = render_table(everything().summary, width=200)
    assert all(cell.text in shown for cell in row.cells)


def test_the_title_says_what_was_built_and_the_line_under_it_what_the_title_does_not() -> None:
    shown = view()
    assert shown.title == "quick: Small assets, no network"
    assert shown.headline.startswith("run 20261123-090000-quick · 6 rounds · ")


def test_trials_that_do_not_count_are_listed_with_their_reason_and_last_words() -> None:
    failed, invalid, disturbed = view().surroundings.lost
    assert (failed.variant.text, failed.where, failed.status) == (FIRST, "cold, round 2 (trial 17)", "failed")
    assert failed.reason == "exit code 2"
    assert failed.output == ("make: *** no rule to make target",)
    assert (invalid.status, invalid.reason) == ("invalid", "2 steps came from the cache")
    assert (disturbed.status, disturbed.reason) == ("disturbed", "other work took 40 % of the machine's CPU time")


def test_the_environment_says_what_is_known_and_why_the_rest_is_not() -> None:
    surroundings = view().surroundings
    facts = rows_of(surroundings.facts)
    assert facts["processor"] == "A CPU"
    assert "the hypervisor sets it" in facts["frequency governor"]
    assert rows_of(surroundings.plan)["command"] == "buildmark run quick"
    assert surroundings.bases.rows[0][:2] == ("debian-12", "173 MB")
    assert surroundings.findings[0].seen == "4 % of the disk is free"
    assert any("1 trial failed" in note.text for note in surroundings.notes)


def test_the_parts_of_a_bar_add_up_to_its_time_and_the_longest_fills_its_lane() -> None:
    cold, warm = view().times
    assert (cold.state, warm.state) == ("cold", "warm")
    assert len(cold.bars) == 8
    assert sum(part.share for part in cold.bars[-1].parts) == pytest.approx(1, abs=0.01)
    assert [one.key for one in view().legend] == [part.key for part in cold.bars[0].parts]


def test_a_detail_has_the_steps_of_the_median_trial_with_what_each_used() -> None:
    details = view().details
    assert details.texts[details.variants[details.first].name] == "debian-12-single-merged"
    variant = variant_of(details, FIRST)
    cold = variant.states[0]
    trial = next(one for one in everything().trials if one.number == cold.shown)
    assert [details.texts[step.name] for step in cold.steps] == [step.name for step in trial.steps]
    assert [step.took for step in cold.steps] == [step.duration_s for step in trial.steps]
    assert (cold.steps[0].cpu, cold.steps[0].memory) == (0.09, 50_000_000)
    assert [step.path for step in cold.steps] == [False, False, True]
    assert details.texts[cold.steps[0].why or -1] == "nothing was cached yet"
    assert "nearest to the median of 4" in details.texts[cold.title]


def test_a_detail_has_every_trial_whatever_became_of_it() -> None:
    details = view().details
    cold = variant_of(details, FIRST).states[0]
    assert [trial.round for trial in cold.trials] == [1, 2, 3, 4, 5, 6]
    assert [trial.counts for trial in cold.trials] == [True, False, False, False, True, True]
    failed = cold.trials[1]
    assert [details.texts[line] for line in failed.tail][-1] == "#7 failed: exit code: 2"
    assert details.texts[failed.log or -1].startswith("logs/0017")


def test_a_detail_has_the_layers_and_the_dockerfile() -> None:
    details = view().details
    variant = variant_of(details, FIRST)
    assert [layer.base for layer in variant.layers] == [True, False, False]
    assert sum(layer.size for layer in variant.layers) <= 137_000_000
    assert details.texts[variant.worst[0].path] == "/srv/cache/"
    assert [details.texts[line] for line in variant.lines or ()] == everything().dockerfiles[FIRST].splitlines()


def test_a_dockerfile_that_is_gone_and_an_image_that_nobody_weighed_are_said() -> None:
    parts = msgspec.structs.replace(
        everything(),
        dockerfiles={},
        trials=tuple(msgspec.structs.replace(trial, layers=None) for trial in everything().trials),
    )
    details = run_view(parts, "r1").details
    assert all(one.lines is None and not one.layers for one in details.variants)
    assert details.texts[details.variants[0].image].startswith("Not weighed: ")


def test_a_run_without_a_trial_has_a_page() -> None:
    parts = everything()
    text = render_page(page_of([msgspec.structs.replace(parts, trials=())]))
    assert "Every variant" in text
    assert details_of(parts.run, (), {}, None).variants[0].states == ()


def test_many_bars_are_cut_and_counted() -> None:
    times = run_view(large(40, (State.COLD,), 1), "r1").times
    assert (len(times[0].bars), times[0].left_out) == (MOST_BARS, 40 - MOST_BARS)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_text_and_leave_the_document_as_it_was(text: str) -> None:
    harmless, page = (parsed(render_page(page_of([hostile(one)]))) for one in ("harmless", text))
    assert page.tags == harmless.tags
    assert page.attributes == harmless.attributes


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_whole_in_the_data_of_the_page(kind: str) -> None:
    details = run_view(hostile(HOSTILE[kind]), "r1").details
    assert f"debian-12-{SEEN[kind]}".removeprefix("debian-12-") in details.texts
    assert f"RUN {SEEN[kind]}" in details.texts
    assert f"/srv/{SEEN[kind]}" in details.texts
    assert f"logs/{SEEN[kind]}.log" in details.texts


class parsed(HTMLParser):  # noqa: N801  (it is used as a function)
    """The elements of a document and the names of their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


@given(st.text())
def test_a_visible_text_has_one_line_and_nothing_that_cannot_be_seen(text: str) -> None:
    seen = visible(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", seen)
    assert visible(seen) == seen


def test_lines_keep_their_tabs_and_show_their_carriage_returns() -> None:
    assert visible_lines("RUN\tmake\r\n\x1b[31mred\x1b[0m\n") == ("RUN\tmake␍", "red")


def test_a_text_is_kept_once() -> None:
    texts = Texts()
    assert [texts.place(one) for one in ("a", "b", "a")] == [0, 1, 0]
    assert texts.all == ("a", "b")


@given(
    st.recursive(
        st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_inline_json_says_the_same_and_ends_no_element(value: object) -> None:
    text = inline_json(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_the_policy_names_every_script_by_its_digest_and_allows_nothing_from_anywhere() -> None:
    policy = content_policy(["", "let x = 1;"])
    assert policy.startswith("default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' ")
    assert "script-src 'unsafe" not in policy
    assert "http" not in policy


def test_the_page_names_no_other_address() -> None:
    text = render_page(page_of([everything()]))
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<]*", text))
    assert {one for one in outside if "www.w3.org/2000/svg" not in one} == set()


def test_two_runs_share_a_page_with_ids_of_their_own() -> None:
    text = render_page(page_of([everything(), everything()]))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert "<h1><bdi>Buildmark: 2 runs</bdi></h1>" in text


def test_a_long_answer_shows_the_largest_effects_and_keeps_the_others_at_hand() -> None:
    parts = large(160, (State.COLD,), 3)
    choices = run_view(parts, "r1").answer.choices
    assert len(choices) == 3 + 1 + 19
    assert "15 more that change less" in render_page(page_of([parts]))
    largest = max(parts.summary.axes, key=lambda effect: abs(math.log(effect.ratio)))
    assert choices[0].text == f"{largest.level} instead of {largest.reference}"
