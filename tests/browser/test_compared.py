"""The page of a comparison in a real browser: each part against the comparison, every interaction, no request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from bench.model.scenario import State
from bench.report.html.compared.held import ComparedParts
from bench.report.html.compared.page import compared_page
from bench.report.html.compared.render import render_compared
from bench.report.units import ABSENT
from tests.browser.conftest import DESKTOP, PHONE, Shown
from tests.compared_pages import dockerfile_of, hostile, large, revisions, two_runs
from tests.pages import HOSTILE, SEEN

pytestmark = pytest.mark.browser

SERIOUS = {"serious", "critical"}
MEGABYTE = 1_000_000
Show = Callable[..., Shown]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Shows a comparison as a page; it may complain of nothing and ask for nothing until the test is over."""
    opened: list[Shown] = []

    def go(parts: ComparedParts, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> Shown:
        path = tmp_path / "compare.html"
        path.write_text(render_compared(compared_page(parts)))
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        opened.append(Shown(page, path))
        return opened[-1]

    yield go
    for one in opened:
        one.page.close()
        assert one.errors == []
        assert one.requests == []


def cells(page: Page, table: str, name: str) -> list[str]:
    row = page.locator(f"{table} tbody tr").filter(has=page.locator("th", has_text=name)).first
    return [" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()]


def test_every_part_is_there_and_says_what_the_comparison_says(show: Show) -> None:
    parts = revisions()
    page = show(parts).page
    assert page.title().startswith("rev HEAD against rev main")
    assert page.locator("h2").all_inner_texts() == [
        "The answer",
        "Every row, head over base",
        "Where the time goes",
        "One row in detail",
        "Two Dockerfiles side by side",
        "Warnings, and trials that do not count",
        "Environment",
    ]
    expect(page.locator(".lead")).to_contain_text("Of 4 rows, 1 is slower")
    expect(page.locator(".blame li").first).to_contain_text("RUN make part-2 --with=docs: +0.3")
    assert page.locator("#c-rows tbody tr").count() == 4
    drawn = page.locator("#c-rows tbody tr").first
    row = parts.comparison.rows[0]
    assert f"{row.ratio:.3f}" in drawn.inner_text()
    boxes = [drawn.locator(f".axis-lane .{part}").first.bounding_box() for part in ("one", "reach", "dot")]
    assert all(boxes)
    one, reach, dot = (box for box in boxes if box)
    assert one["x"] < reach["x"] < dot["x"] + dot["width"] / 2 < reach["x"] + reach["width"] + 1
    expect(page.locator("#c-times table.bars")).to_have_count(2)
    assert page.locator("#c-times tbody").first.locator("td.side-base, td.side-head").all_inner_texts() == [
        "base",
        "head",
    ]
    expect(page.locator("table.lost tbody tr")).to_have_count(4)
    expect(page.locator("#c-environment")).to_contain_text("Both sides are of one run")


def test_the_steps_of_both_sides_stand_beside_each_other(show: Show) -> None:
    page = show(revisions()).page
    page.locator("#c-rows").get_by_role("link", name="debian-12").first.click()
    title = page.locator("#c-detail h3")
    expect(title).to_be_focused()
    expect(title).to_have_text("debian-12, cold")
    changed = cells(page, "table.steps", "--with=docs")
    assert changed[0].startswith("matters changed [build 3] RUN make part-2 --with=docs")
    text = page.locator("table.steps .changed-text")
    expect(text).to_have_count(1)
    assert text.text_content() == "RUN make part-2added:  --with=docs"
    assert changed[1].startswith("miss")
    assert changed[2:5] == ["0.10 s", "0.40 s", "+0.30 s"]
    assert changed[6] == "90 ms → 0.11 s"
    added = cells(page, "table.steps", "RUN make docs")
    assert added[0].startswith("matters only the head has it")
    assert added[2] == ABSENT
    total = cells(page, "table.steps", "altogether")
    assert total[4] == "+0.30 s"
    lanes = page.locator("table.steps tbody tr").nth(2).locator(".two > div > span")
    assert [lane.bounding_box() is not None for lane in lanes.all()] == [True, True]


def test_every_trial_of_both_sides_is_a_dot_and_pairs_are_joined(show: Show) -> None:
    page = show(revisions()).page
    dots = page.locator("#c-detail svg.dots")
    assert dots.locator(".of-base").count() == dots.locator(".of-head").count() == 11, "one of each failed"
    assert dots.locator(".of-head.out").count() == 2
    assert dots.locator("line.pairing").count() == 8
    page.get_by_text("All 24 trials").click()
    expect(page.locator("table.every tbody tr")).to_have_count(24)
    expect(page.locator("#c-detail details.failed").nth(1)).to_contain_text("#7 failed: exit code 2")
    apart = show(two_runs()).page
    assert apart.locator("#c-detail line.pairing").count() == 0
    assert apart.locator("#c-detail .of-base").count() == apart.locator("#c-detail .of-head").count() == 8


def test_layers_are_matched_and_sized(show: Show) -> None:
    page = show(revisions()).page
    added = cells(page, "table.both-layers", f"{ABSENT} → 4")
    assert added[1] == "only the head has it RUN make docs"
    assert added[2:5] == [ABSENT, "5.00 MB", "+5.00 MB"]
    assert page.locator("table.both-layers tbody tr").count() == 4


def test_the_dockerfiles_follow_the_row_that_is_shown(show: Show) -> None:
    page = show(revisions()).page
    part = page.locator("#c-diff")
    expect(part.get_by_role("status")).to_have_text("0 lines only on the left, 1 only on the right.")
    expect(part.locator("td.added")).to_contain_text("RUN make docs")
    assert dockerfile_of("debian-12-HEAD").endswith("RUN make docs\n")
    page.locator("#c-detail .pick").select_option(label="alpine-3.23, cold")
    expect(part.get_by_role("status")).to_have_text("The two are the same.")


def test_the_table_is_sorted_and_filtered(show: Show) -> None:
    page = show(revisions()).page
    status = page.locator("#c-table").get_by_role("status")
    headers = page.locator("#c-rows thead tr").first.locator("th")
    headers.nth(3).get_by_role("button").click()
    expect(headers.nth(3)).to_have_attribute("aria-sort", "ascending")
    headers.nth(3).get_by_role("button").click()
    first = page.locator("#c-rows tbody tr").first
    expect(first.locator("td").nth(1)).to_have_text("slower")
    page.get_by_label("Variant contains").fill("ALPINE")
    expect(status).to_have_text("2 of 4 rows")
    page.get_by_role("button", name="Clear").click()
    page.locator("#c-table").get_by_label("Verdict").select_option("slower")
    expect(status).to_have_text("1 of 4 rows")
    page.get_by_role("button", name="Clear").click()
    page.locator("#c-table select[name=state]").select_option("warm")
    expect(status).to_have_text("2 of 4 rows")


def test_an_address_leads_to_its_row(show: Show) -> None:
    page = show(revisions()).page
    page.goto(f"{page.url}#c-v3")
    expect(page.locator("#c-detail h3")).to_have_text("alpine-3.23, warm")


def test_two_runs_have_their_environments_side_by_side(show: Show) -> None:
    page = show(two_runs()).page
    assert cells(page, "#c-environment table", "kernel") == ["kernel", "6.1.0", "6.12.9", "differs: may matter"]
    expect(page.locator("#c-warnings")).to_contain_text("The two runs began 24 hours apart")


def test_the_theme_is_the_systems_until_somebody_chooses(show: Show) -> None:
    page = show(revisions(), dark=True).page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Use light colours").click()
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark


def test_the_keyboard_reaches_every_part_and_what_has_the_focus_is_seen(show: Show) -> None:
    page = show(revisions()).page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the answer")).to_be_focused()
    reached: set[str] = set()
    for _ in range(300):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.tagName, e.closest('section')?.id ?? '', s.outlineStyle]; })()"
        )
        if place[0] == "BODY":
            break
        assert place[2] != "none", place
        reached.add(place[1])
    assert {
        f"c-{part}" for part in ("answer", "table", "times", "detail", "diff", "warnings", "environment")
    } <= reached
    page.locator("#c-rows thead").get_by_role("button", name="verdict").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#c-rows thead th").nth(2)).to_have_attribute("aria-sort", "ascending")


@pytest.mark.parametrize(
    ("make", "size", "dark"),
    [
        (revisions, DESKTOP, False),
        (revisions, PHONE, True),
        (two_runs, DESKTOP, True),
        (two_runs, PHONE, False),
    ],
    ids=["one run, desktop, light", "one run, phone, dark", "two runs, desktop, dark", "two runs, phone, light"],
)
def test_axe_finds_nothing_serious_and_no_window_scrolls_sideways(
    show: Show, make: Callable[[], ComparedParts], size: tuple[int, int], *, dark: bool
) -> None:
    page = show(make(), size, dark=dark).page
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text_wherever_they_stand(show: Show, kind: str) -> None:
    page = show(hostile(HOSTILE[kind])).page
    seen = SEEN[kind]
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    detail = page.locator("#c-detail")
    assert detail.locator("h3").text_content() == f"{seen}, cold"
    assert f"[build 2] RUN {seen}" in (detail.locator("table.steps .step").first.text_content() or "")
    assert seen in (detail.locator("details.failed").first.text_content() or "")
    assert seen in (page.locator("#c-diff .sides").text_content() or "")
    assert seen in (page.locator("#c-environment").text_content() or "")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_it_prints_in_light_on_a_sheet_of_paper_without_its_controls(show: Show) -> None:
    page = show(revisions(), (794, 1123), dark=True).page  # A4 at 96 dots an inch
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("#c-rows")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 794


def test_without_scripts_the_tables_are_there(show: Show, tmp_path: Path) -> None:
    browser = show(revisions()).page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "compare.html").as_uri())
    expect(page.locator("#c-rows tbody tr").last).to_be_visible()
    expect(page.locator(".blame li").first).to_be_visible()
    context.close()


def test_a_large_comparison_stays_within_what_is_promised(show: Show) -> None:
    states = (State.COLD, State.WARM, State.EDIT_SOURCE, State.EDIT_DEPS)
    shown = show(large(48, states, 10))
    assert shown.path.stat().st_size < 5 * MEGABYTE
    shown.page.goto(f"{shown.page.url}#c-v191")
    expect(shown.page.locator("#c-detail table.steps")).to_be_visible()


def test_much_data_is_packed_and_the_page_is_the_same(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.report.html.render.PACKED_FROM", 0)
    page = show(revisions()).page
    expect(page.locator("script#c-data")).to_have_attribute("type", "application/gzip")
    expect(page.locator("#c-detail h3")).to_have_text("debian-12, cold")
    page.goto(f"{page.url}#c-v3")
    expect(page.locator("#c-detail h3")).to_have_text("alpine-3.23, warm")
    expect(page.locator("#c-diff").get_by_role("status")).to_have_text("The two are the same.")
    page.get_by_label("Variant contains").fill("ALPINE")
    expect(page.locator("#c-table").get_by_role("status")).to_have_text("2 of 4 rows")


def test_a_browser_that_cannot_unpack_says_so_and_shows_the_rest(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.report.html.render.PACKED_FROM", 0)
    page = show(revisions()).page
    page.add_init_script("delete window.DecompressionStream")
    page.reload()
    expect(page.locator("#c-detail")).to_contain_text("This browser cannot unpack the details")
    expect(page.locator("#c-diff")).to_contain_text("This browser cannot unpack the details")
    expect(page.locator("#c-rows tbody tr").last).to_be_visible()
    expect(page.locator(".blame li").first).to_be_visible()
