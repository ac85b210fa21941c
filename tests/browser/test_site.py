"""The site in a real browser, from the disk and from its server: what it shows, and that it asks for nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from bench.ports.history_update import open_index
from bench.ports.site_folder import SiteFolder
from bench.ports.site_server import EVENTS, ShownSite, SiteServer
from bench.report.site.publish import SiteOptions, publish
from bench.report.units import TIMES
from tests.browser.conftest import DESKTOP, PHONE
from tests.history import VARIANT, record, run_id
from tests.pages import HOSTILE, SEEN
from tests.sites import history, hostile_history

pytestmark = pytest.mark.browser

SERIOUS = {"serious", "critical"}
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def bring_up_to_date(results: Path, shown: ShownSite, options: SiteOptions) -> None:
    with SiteFolder(shown.folder, told=shown.tell) as site, open_index(None, results) as index:
        shown.know(site.keys)
        publish(index, results, site, options, shared=False)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site on the disk, with the real script that draws."""
    folder = tmp_path_factory.mktemp("published")
    history(folder / "results")
    shown = ShownSite(folder / "site")
    bring_up_to_date(folder / "results", shown, SiteOptions())
    return shown.folder


class Visit:
    """A browser's page that may complain of nothing, and ask for nothing but what lies under `root`."""

    def __init__(self, page: Page, root: str) -> None:
        self.page = page
        self.root = root
        self.wrong: list[str] = []
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url))
        page.goto(f"{root}index.html")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.root, "data:")):
            self.wrong.append(f"asked for {url}")


Go = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Go]:
    visits: list[Visit] = []

    def go(root: str | Path, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> Page:
        address = root if isinstance(root, str) else f"{root.as_uri()}/"
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        visits.append(Visit(page, address))
        return page

    yield go
    for one in visits:
        one.page.close()
        assert one.wrong == []


def to_trends(page: Page, number: int = 0) -> Page:
    page.locator(".card h4 a").nth(number).click()
    expect(page.locator("h1")).to_contain_text("quick")
    return page


def test_the_first_page_tells_of_each_target_what_changed_and_leads_on(published: Path, visit: Go) -> None:
    page = visit(published)
    assert page.title() == "Build history · Buildmark"
    cards = page.locator(".card")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text("Docker was 28.5.2, is 29.0.1")
    expect(cards.nth(1).locator(".verdict")).to_contain_text(f"slower {TIMES}1.29")
    expect(page.locator(".changes > li")).to_have_count(1)
    cards.nth(1).locator(".verdict a").click()
    expect(page.locator(".change-of:target")).to_contain_text("git log --oneline")
    page.locator(".change-of:target").get_by_role("link", name=f"{VARIANT}, cold").click()
    expect(page.locator("figure.trend:target figcaption")).to_contain_text(f"{VARIANT}, cold")
    page.get_by_role("link", name="Build history").first.click()
    expect(page.locator("h1")).to_have_text("Build history")


def test_a_run_leads_to_its_report_with_pictures_and_back(published: Path, visit: Go) -> None:
    page = visit(published)
    page.locator("#runs").get_by_role("link", name=run_id(9)).click()
    expect(page.locator("h1")).to_contain_text("quick: Small assets")
    page.wait_for_selector("html[data-charts=drawn]")
    expect(page.locator("#r1-tradeoff-chart svg").first).to_be_visible()
    page.get_by_label("Where this page belongs").get_by_role("link", name="quick").click()
    expect(page.locator("h1")).to_contain_text("quick")
    page.go_back()
    page.get_by_role("link", name="Build history").first.click()
    expect(page.locator(".card")).to_have_count(2)


def test_a_trend_marks_its_step_and_tells_of_the_run_under_the_pointer(published: Path, visit: Go) -> None:
    page = to_trends(visit(published), 1)
    figure = page.locator("figure.trend").first
    mark = figure.locator(".step-mark")
    expect(mark).to_contain_text(f"slower {TIMES}1.29")
    paper = figure.locator(".paper")
    box = paper.bounding_box()
    assert box is not None
    paper.hover(position={"x": box["width"] - 12, "y": box["height"] / 2})
    expect(figure.locator(".run-told")).to_contain_text(run_id(7))
    expect(figure.locator(".here")).to_be_visible()
    paper.hover(position={"x": 12, "y": box["height"] - 20})
    expect(figure.locator(".run-told")).to_contain_text(run_id(0))
    figure.locator(".run-told a").click()
    expect(page.locator("#r1-environment")).to_contain_text("2026-11-23 09:00")
    page.go_back()
    page.locator("figure.trend").first.locator(".step-mark").click()
    expect(page.locator(".change-of li:target")).to_contain_text(f"{VARIANT}, cold")


def test_the_keyboard_goes_from_run_to_run_and_opens_one(published: Path, visit: Go) -> None:
    page = to_trends(visit(published), 1)
    figure = page.locator("figure.trend").first
    figure.locator(".paper").focus()
    page.keyboard.press("Home")
    expect(figure.locator(".run-told")).to_contain_text(run_id(0))
    page.keyboard.press("ArrowRight")
    expect(figure.locator(".run-told")).to_contain_text(run_id(1))
    page.keyboard.press("Enter")
    expect(page.locator("#r1-environment")).to_contain_text("2026-11-23 10:00")


def test_series_are_filtered_by_text_and_by_whether_they_changed(published: Path, visit: Go) -> None:
    page = to_trends(visit(published), 1)
    status = page.locator("#which").get_by_role("status")
    expect(status).to_have_text("4 series")
    page.get_by_label("Only those that changed").check()
    expect(status).to_have_text("1 of 4 series")
    expect(page.locator("figure.trend:visible")).to_have_count(1)
    page.get_by_label("Series contains").fill("WARM")
    expect(status).to_have_text("0 of 4 series")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@SIZES
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    published: Path, visit: Go, size: tuple[int, int], *, dark: bool
) -> None:
    page = visit(published, size=size, dark=dark)
    addresses = [page.url, f"{page.url.removesuffix('index.html')}runs.html"]
    addresses += [page.locator(place).first.evaluate("e => e.href") for place in (".verdict a", "#runs tbody a")]
    for address in addresses:
        page.goto(address)
        if "/runs/" in address:
            page.wait_for_selector("html[data-charts=drawn]")
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_without_scripts_the_pages_say_the_same(published: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{published.as_uri()}/index.html")
    page.locator(".card h4 a").nth(1).click()
    expect(page.locator("figure.trend svg .dots").first).to_be_attached()
    expect(page.locator("#which")).to_be_hidden()
    context.close()


def test_it_prints_in_light_within_a_sheet(published: Path, visit: Go) -> None:
    page = to_trends(visit(published, size=(794, 1123), dark=True), 1)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    expect(page.locator("#which")).to_be_hidden()


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_are_text(tmp_path: Path, visit: Go, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("bench.report.site.publish.chart_script", lambda: "")
    monkeypatch.setattr("bench.report.site.run_pages.illustrated", lambda view, *_, **__: view)
    hostile_history(tmp_path / "results", HOSTILE[kind])
    shown = ShownSite(tmp_path / "site")
    bring_up_to_date(tmp_path / "results", shown, SiteOptions(title=HOSTILE[kind]))
    page = visit(shown.folder, size=PHONE)
    seen = SEEN[kind][:100]
    for part in ("h1", ".card h4", ".card", "#runs tbody"):
        assert seen in (page.locator(part).first.text_content() or ""), part
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.locator(".card h4 a").click()
    page.wait_for_url("**/trends/*")
    for part in ("h1", "figure.trend", "#runs tbody"):
        assert any(seen in text for text in page.locator(part).all_text_contents()), part
    page.locator(".paper").first.focus()
    page.keyboard.press("Home")
    folder = seen.replace("/", "_").replace("\N{SYMBOL FOR NULL}", "_")  # no folder's name has these
    assert folder in (page.locator(".run-told").first.text_content() or "")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.locator("#runs tbody a").first.click()
    page.wait_for_url("**/runs/*")
    assert seen in (page.get_by_label("Where this page belongs").text_content() or "")
    assert page.evaluate("window.pwned") is None


def test_a_page_that_is_served_shows_a_new_run_by_itself(tmp_path: Path, visit: Go) -> None:
    results, options = tmp_path / "results", SiteOptions(events=EVENTS)
    history(results)
    shown = ShownSite(results / ".site")
    bring_up_to_date(results, shown, options)
    with SiteServer(shown, bind="127.0.0.1", port=0) as server:
        page = visit(server.address)
        expect(page.locator("#runs tbody tr").first).to_contain_text(run_id(9))
        record(results, 10, cold_s=1.3)
        bring_up_to_date(results, shown, options)
        expect(page.locator("#runs tbody tr").first).to_contain_text(run_id(10))
        page.locator("#runs").get_by_role("link", name=run_id(10)).click()
        page.wait_for_selector("html[data-charts=drawn]")
        page.goto("about:blank")
