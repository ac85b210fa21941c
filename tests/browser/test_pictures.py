"""The pictures of a page in a real browser: there at once, in both themes and widths, by pointer and by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Show
from tests.browser.test_page import SERIOUS
from tests.pages import HOSTILE, everything, hostile

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
BY_TIME = [
    "debian-12-multi-merged",
    "debian-12-single-merged",
    "alpine-3.23-multi-merged",
    "alpine-3.23-single-merged",
]
"""The fastest variants of `everything` by their cold time; of equal ones the first by name."""


def points(page: Page) -> Locator:
    return page.locator("#r1-tradeoff-chart .drawing:visible a")


def said(page: Page) -> Locator:
    return page.locator(".told")


@SIZES
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pictures_are_there_described_and_fit_the_window(show: Show, size: tuple[int, int], *, dark: bool) -> None:
    page = show(everything(), size=size, pictures=True, dark=dark).page
    for kind, role in (("tradeoff", "group"), ("effects", "img")):
        picture = page.locator(f"#r1-{kind}-chart .drawing > svg:visible")
        expect(picture).to_have_count(1)
        expect(picture).to_have_attribute("role", role)
        assert len(picture.get_attribute("aria-label") or "") > 40
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []


def test_a_point_of_the_trade_off_leads_to_its_variant_and_says_what_it_is(show: Show) -> None:
    page = show(everything(), pictures=True).page
    expect(points(page)).to_have_count(8)
    point = points(page).last  # the one on top of others
    point.hover()
    expect(said(page)).to_contain_text("2.22 s (2.20")
    expect(said(page)).to_be_in_viewport()
    named = (said(page).text_content() or "").splitlines()[0].removeprefix("variant: ")
    point.click()
    expect(page.locator("#r1-detail h3")).to_be_focused()
    expect(page.locator("#r1-detail h3")).to_have_text(named)


def test_a_point_of_the_effects_says_what_it_is(show: Show) -> None:
    page = show(everything(), pictures=True).page
    page.locator("#r1-effects-chart .drawing:visible .mark-symbol.role-mark path").first.hover()
    expect(said(page)).to_contain_text("alpine-3.23 instead of debian-12")
    page.locator("#r1-effects-title").hover()
    expect(said(page)).to_be_hidden()


def test_the_keyboard_walks_from_point_to_point_and_opens_one(show: Show) -> None:
    page = show(everything(), pictures=True).page
    page.locator("#r1-undecided-title").evaluate("e => { e.tabIndex = -1; e.focus(); }")
    stops = 0
    while not points(page).first.evaluate("e => e === document.activeElement"):
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 10
    walked = []
    for _ in BY_TIME:
        expect(said(page)).to_be_visible()
        walked.append((said(page).text_content() or "").splitlines()[0].removeprefix("variant: "))
        page.keyboard.press("ArrowRight")
    assert walked == BY_TIME
    page.keyboard.press("Escape")
    expect(said(page)).to_be_hidden()
    page.keyboard.press("End")
    expect(points(page).last).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(points(page).last).to_be_focused()
    page.keyboard.press("Home")
    expect(points(page).first).to_be_focused()
    page.keyboard.press("Tab")
    assert not points(page).evaluate_all("all => all.includes(document.activeElement)"), "one stop of the Tab key"
    page.keyboard.press("Shift+Tab")
    expect(points(page).first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#r1-detail h3")).to_have_text(BY_TIME[0])
    expect(page.locator("#r1-detail h3")).to_be_focused()


def test_pictures_follow_the_theme(show: Show) -> None:
    page = show(everything(), pictures=True).page
    colour = "getComputedStyle(document.querySelector('#r1-tradeoff-chart .wide .role-axis-label text')).fill"
    ink = "getComputedStyle(document.querySelector('#r1-tradeoff-chart figcaption')).color"
    light = page.evaluate(colour)
    assert light == page.evaluate(ink)
    page.get_by_role("button", name="Use dark colours").click()
    assert page.evaluate(colour) == page.evaluate(ink) != light


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text_in_pictures(show: Show, kind: str) -> None:
    page = show(hostile(HOSTILE[kind]), pictures=True).page
    points(page).last.hover()
    expect(said(page)).to_be_visible()
    points(page).last.click()
    expect(page.locator("#r1-detail h3")).to_be_focused()
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0


def test_a_sheet_of_paper_is_wide_enough_for_what_is_printed(show: Show) -> None:
    page = show(everything(), size=(794, 1123), pictures=True).page  # A4 at 96 dots an inch
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    expect(page.locator("#r1-tradeoff-chart .wide svg")).to_be_visible()


def test_pictures_need_no_script(show: Show, tmp_path: Path) -> None:
    browser = show(everything(), pictures=True).page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    expect(page.locator("#r1-tradeoff-chart .wide svg")).to_be_visible()
    context.close()


@SIZES
def test_pictures_that_the_runtime_draws_do_the_same(show: Show, size: tuple[int, int]) -> None:
    page = show(everything(), size=size, pictures=True, live=True).page
    page.wait_for_selector("html[data-charts=drawn]")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    links = page.locator("#r1-tradeoff-chart svg [role=link]")
    expect(links).to_have_count(8)
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    expect(said(page)).to_contain_text(f"variant: {BY_TIME[1]}")
    page.keyboard.press("Enter")
    expect(page.locator("#r1-detail h3")).to_have_text(BY_TIME[1])
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []
    colour = "getComputedStyle(document.querySelector('#r1-tradeoff-chart svg .role-axis-label text')).fill"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Use dark colours").click()
    page.wait_for_function(f"{colour} !== '{light}'")
