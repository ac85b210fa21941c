"""Pages shown in a browser, each held to ask for nothing and to complain of nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bench.report.html.charts import illustrated, painted
from bench.report.html.page import RunParts, page_of
from bench.report.html.render import render_page

DESKTOP, PHONE = (1280, 800), (390, 844)


class Shown:
    """A page in a browser, with what it complained of and what it asked for beside its own file."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda said: self.errors.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url, path.as_uri()))
        page.goto(path.as_uri())

    def _asked(self, url: str, own: str) -> None:
        if url.split("#", maxsplit=1)[0] != own and not url.startswith("data:"):
            self.requests.append(url)


Show = Callable[..., Shown]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Shows runs as a page; it may complain of nothing and ask for nothing until the test is over.

    `live` pictures are those that a page's runtime draws.
    """
    opened: list[Shown] = []

    def go(
        *parts: RunParts,
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
        pictures: bool = False,
        live: bool = False,
    ) -> Shown:
        path = tmp_path / "report.html"
        view = page_of(parts)
        if pictures:
            view = (illustrated if live else painted)(view, [one.summary for one in parts])
        path.write_text(render_page(view))
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
