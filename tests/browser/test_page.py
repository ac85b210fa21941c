"""The page of a run in a real browser: each part against the records, every interaction, and nothing from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from bench.model.scenario import State
from bench.report.units import DASH, bytes_text, seconds_text
from tests.browser.conftest import PHONE, Show
from tests.pages import HOSTILE, SEEN, everything, hostile, large

pytestmark = pytest.mark.browser

FIRST = "debian-12-single-split"
SERIOUS = {"serious", "critical"}
MEGABYTE = 1_000_000


def row_names(page: Page) -> list[str]:
    return page.locator("#r1-rows tbody tr:visible th").all_inner_texts()


def column(page: Page, place: int) -> list[str]:
    return page.locator(f"#r1-rows tbody tr:visible > :nth-child({place})").all_inner_texts()


def test_every_part_is_there_under_a_heading_of_its_own(show: Show) -> None:
    page = show(everything()).page
    assert page.title() == "quick: Small assets, no network · Buildmark"
    assert page.locator("h2").all_inner_texts() == [
        "The answer",
        "Size against time",
        "Effects",
        "Where the time goes",
        "Every variant",
        "One variant in detail",
        "Two Dockerfiles side by side",
        "Warnings, and trials that do not count",
        "Environment",
    ]
    assert page.locator(".best .value").all_inner_texts() == [
        f"1.52 s (1.50{DASH}1.53)",
        f"0.20 s (0.20{DASH}0.20)",
        "29.5 MB",
    ]
    assert page.locator("#r1-rows tbody tr").count() == 16
    expect(page.locator("#r1-times table.bars")).to_have_count(2)
    expect(page.locator("table.lost tbody tr")).to_have_count(3)


def test_the_table_sorts_by_every_column_up_and_down_and_says_so(show: Show) -> None:
    page = show(everything()).page
    headers = page.locator("#r1-rows thead th")
    time_header = headers.nth(2)
    time_header.get_by_role("button").click()
    expect(time_header).to_have_attribute("aria-sort", "ascending")
    expect(headers.nth(0)).to_have_attribute("aria-sort", "none")
    walls = [
        float(one) for one in page.eval_on_selector_all("#r1-rows td:nth-child(3)", "all => all.map(e => e.dataset.n)")
    ]
    assert walls == sorted(walls)
    time_header.get_by_role("button").click()
    expect(time_header).to_have_attribute("aria-sort", "descending")
    assert column(page, 3)[0] == "2.22 s"
    headers.nth(0).get_by_role("button").click()
    assert row_names(page) == sorted(row_names(page))


def test_the_table_is_filtered_by_text_state_and_level_and_says_how_many_are_left(show: Show) -> None:
    page = show(everything()).page
    status = page.locator("#r1-table").get_by_role("status")
    expect(status).to_have_text("16 rows")
    page.get_by_label("Variant contains").fill("ALPINE")
    expect(status).to_have_text("8 of 16 rows")
    page.locator("#r1-table select[name=state]").select_option("cold")
    expect(status).to_have_text("4 of 16 rows")
    page.locator("#r1-table").get_by_label("layers").select_option("merged")
    expect(status).to_have_text("2 of 16 rows")
    assert sorted(row_names(page)) == ["alpine-3.23-multi-merged", "alpine-3.23-single-merged"]
    page.get_by_role("button", name="Clear").click()
    expect(status).to_have_text("16 rows")


def test_a_variants_link_leads_to_its_steps_trials_layers_and_dockerfile(show: Show) -> None:
    page = show(everything()).page
    page.locator("#r1-rows").get_by_role("link", name=FIRST).first.click()
    title = page.get_by_role("heading", name=FIRST, exact=True)
    expect(title).to_be_focused()
    assert page.url.endswith("#r1-v0")
    detail = page.locator("#r1-detail")
    expect(detail.locator("table.fall").first.locator("tbody tr")).to_have_count(3)
    cells = detail.locator("table.fall").first.locator("tbody tr").last.locator("th, td").all_inner_texts()
    assert cells[0] == "[build 4] RUN make part-3"
    assert cells[1].startswith("miss, critical path")
    assert cells[2:5] == ["0.10 s", "90 ms", "50.0 MB"]
    assert detail.locator("svg.dots").first.locator("circle").count() == 5
    expect(detail.get_by_text("#7 failed: exit code: 2")).to_be_visible()
    expect(detail.get_by_text("2 steps came from the cache").first).to_be_attached()
    expect(detail.get_by_text("the base", exact=True)).to_be_visible()
    expect(detail.get_by_text("/srv/cache/")).to_be_visible()
    code = detail.get_by_role("region", name="Dockerfile").locator("code").all_inner_texts()
    assert code == everything().dockerfiles[FIRST].splitlines()


def test_a_small_spread_of_trials_looks_small(show: Show) -> None:
    page = show(everything()).page
    page.goto(f"{page.url}#r1-v1")
    dots = page.locator("#r1-detail svg.dots").first
    across = dots.locator("circle").evaluate_all("all => all.map(one => one.cx.baseVal.value)")
    walls = [2.0 * 0.75 * (1 + 0.01 * (round_ % 3)) for round_ in range(1, 7)]
    assert (max(across) - min(across)) / 576 == pytest.approx((max(walls) - min(walls)) / (0.1 * max(walls)), rel=0.01)
    assert dots.locator("text").all_text_contents() == ["1.44 s", "1.59 s"]


def test_an_address_leads_to_its_variant_and_the_list_to_others(show: Show) -> None:
    page = show(everything()).page
    page.goto(f"{page.url}#r1-v5")
    expect(page.get_by_role("heading", name="alpine-3.23-single-merged", exact=True)).to_be_visible()
    page.locator("#r1-detail .pick").select_option(label=FIRST)
    expect(page.get_by_role("heading", name=FIRST, exact=True)).to_be_visible()


def test_two_dockerfiles_stand_side_by_side_with_what_differs_marked_in_words(show: Show) -> None:
    page = show(everything()).page
    part = page.locator("#r1-diff")
    part.get_by_label("Left").select_option(label=FIRST)
    part.get_by_label("Right").select_option(label="alpine-3.23-single-split")
    expect(part.get_by_role("status")).to_have_text("2 lines only on the left, 2 only on the right.")
    assert [" ".join(cell.split()) for cell in part.locator("td.removed").all_inner_texts()] == [
        "removed: FROM buildmark.invalid/debian:base",
        f"removed: # {FIRST}",
    ]
    expect(part.locator("td.added").first).to_contain_text("FROM buildmark.invalid/alpine:base")
    assert part.locator("tbody tr").count() == 9
    part.get_by_role("button", name="Swap").click()
    expect(part.locator("td.added").first).to_contain_text("debian")
    part.get_by_label("Left").select_option(label=FIRST)
    expect(part.get_by_role("status")).to_have_text("The two are the same.")


def test_the_theme_is_the_systems_until_somebody_chooses(show: Show) -> None:
    page = show(everything(), dark=True).page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Use light colours").click()
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark
    page.reload()
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.get_by_role("button", name="Use dark colours").click()
    assert page.evaluate(background) == dark


def test_the_keyboard_reaches_everything_and_what_has_the_focus_is_seen(show: Show) -> None:
    page = show(everything()).page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        place = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return [e.tagName, e.closest('section')?.id ?? '', s.outlineStyle, e.textContent.slice(0, 20)]; })()"
        )
        if place[0] == "BODY":
            break
        assert place[2] != "none", place
        reached.append(place[1])
    assert {f"r1-{part}" for part in ("answer", "tradeoff", "effects", "times", "table", "detail", "diff")} <= {
        *reached
    }
    time_button = page.locator("#r1-rows thead").get_by_role("button", name="time")
    time_button.focus()
    page.keyboard.press("Space")
    expect(page.locator("#r1-rows thead th").nth(2)).to_have_attribute("aria-sort", "ascending")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(show: Show, size: tuple[int, int], *, dark: bool) -> None:
    page = show(everything(), size=size, dark=dark).page
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []


@pytest.mark.parametrize("kind", ["plain", *HOSTILE])
def test_a_phone_never_scrolls_the_page_sideways(show: Show, kind: str) -> None:
    page = show(hostile(HOSTILE[kind]) if kind in HOSTILE else everything(), size=PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text_wherever_they_stand(show: Show, kind: str) -> None:
    page = show(hostile(HOSTILE[kind])).page
    page.goto(f"{page.url}#r1-v1")
    detail = page.locator("#r1-detail")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    seen = SEEN[kind]
    assert detail.locator("h3").text_content() == seen
    assert (detail.locator("table.fall .step").first.text_content() or "").endswith(f"[build 2] RUN {seen}")
    assert f"/srv/{seen}" in detail.locator("table").all_text_contents()[-1]
    assert detail.locator("pre.file code").last.text_content() == f"RUN {seen}"
    page.goto(f"{page.url.split('#')[0]}#r1-v0")
    tail = detail.locator("details.failed pre").first.text_content()
    assert tail is not None
    assert tail.endswith(seen)
    assert f"logs/{seen}.log" in (detail.locator("details.failed").first.text_content() or "")
    assert seen in (page.locator("#r1-environment").text_content() or "")
    assert seen in (page.locator("h1").text_content() or "")


def test_times_and_sizes_read_in_details_as_they_do_in_tables(show: Show) -> None:
    page = show(everything()).page
    values = [0, 0.0004, 0.048, 0.0994, 0.0996, 0.5, 1.2345, 9.999, 12.34, 99.96, 100, 1234.6]
    assert page.evaluate(f"{json.dumps(values)}.map(seconds)") == [seconds_text(one) for one in values]
    sizes = [0, 1, 999, 999.6, 1000, 12_345, 999_499, 999_501, 83_100_000, 1_500_000_000]
    assert page.evaluate(f"{json.dumps(sizes)}.map(bytes)") == [bytes_text(one) for one in sizes]


def test_a_large_table_shows_its_first_rows_and_then_all(show: Show) -> None:
    page = show(large(160, (State.COLD, State.WARM), 1)).page
    status = page.locator("#r1-table").get_by_role("status")
    expect(status).to_have_text("320 rows, the first 200 shown")
    assert page.locator("#r1-rows tbody tr:visible").count() == 200
    page.get_by_role("button", name="Show all 320 rows").click()
    assert page.locator("#r1-rows tbody tr:visible").count() == 320
    expect(status).to_have_text("320 rows")


def test_two_runs_each_have_their_parts(show: Show) -> None:
    page = show(everything(), everything()).page
    page.goto(f"{page.url}#r2-v3")
    expect(page.locator("#r2-detail h4").first).to_have_text("debian-12-multi-merged")
    expect(page.locator("#r1-detail h4").first).to_have_text("debian-12-single-merged")


def test_it_prints_in_light_without_its_controls(show: Show) -> None:
    page = show(everything(), dark=True).page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.locator("#r1-rows")).to_be_visible()


def test_without_scripts_the_tables_are_there(show: Show, tmp_path: Path) -> None:
    browser = show(everything()).page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.locator("#r1-rows tbody tr").last).to_be_visible()
    expect(page.locator("#r1-table .filters")).to_be_hidden()
    context.close()


STATES = (State.COLD, State.WARM, State.EDIT_SOURCE, State.EDIT_DEPS)


@pytest.mark.parametrize(
    ("variants", "states", "rounds", "most_bytes"),
    [(48, STATES, 10, 3 * MEGABYTE), (1000, STATES, 3, 8 * MEGABYTE)],
    ids=["48 variants", "1000 variants"],
)
def test_a_large_run_stays_within_what_is_promised(
    show: Show, variants: int, states: tuple[State, ...], rounds: int, most_bytes: int
) -> None:
    shown = show(large(variants, states, rounds), pictures=True)
    assert shown.path.stat().st_size < most_bytes
    page = shown.page
    expect(page.locator("#r1-tradeoff-chart .wide a")).to_have_count(variants)
    page.goto(f"{page.url}#r1-v{variants - 1}")
    expect(page.locator("#r1-detail table.fall").first).to_be_visible()


def test_much_data_is_packed_and_the_page_is_the_same(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.report.html.render.PACKED_FROM", 0)
    page = show(everything()).page
    expect(page.locator("script#r1-data")).to_have_attribute("type", "application/gzip")
    expect(page.locator("html")).to_have_attribute("data-parts", "ready")
    page.goto(f"{page.url}#r1-v5")
    expect(page.get_by_role("heading", name="alpine-3.23-single-merged", exact=True)).to_be_visible()
    page.get_by_label("Variant contains").fill("ALPINE")
    expect(page.locator("#r1-table").get_by_role("status")).to_have_text("8 of 16 rows")


def test_a_browser_that_cannot_unpack_says_so_and_shows_the_rest(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.report.html.render.PACKED_FROM", 0)
    page = show(everything(), pictures=True).page
    page.add_init_script("delete window.DecompressionStream")
    page.reload()
    expect(page.locator("#r1-detail")).to_contain_text("This browser cannot unpack the details")
    expect(page.locator("#r1-rows tbody tr").last).to_be_visible()
    expect(page.locator("#r1-tradeoff-chart .wide svg")).to_be_visible()
