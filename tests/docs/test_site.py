"""The documentation site builds without a warning, is whole, and loads nothing from anywhere else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESKTOP, PHONE
from tests.docs.blocks import DOCUMENTS, ROOT
from tests.docs.site import is_outside, loaded_by_styles, pages_of, target_of

ZENSICAL = Path(sys.executable).parent / "zensical"


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder as `make docs` does; it lies in its `build/docs/`."""
    return subprocess.run(
        [ZENSICAL, "build", "--clean", "--strict"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def lay_out(folder: Path) -> Path:
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("site"))
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    return folder / "build" / "docs"


@pytest.mark.parametrize("link", ["[x](NOWHERE.md)", "[x](CI.md#nowhere)"])
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, link: str) -> None:
    lay_out(tmp_path)
    page = tmp_path / "docs" / "BIAS.md"
    page.write_text(f"{page.read_text()}\n{link}\n")
    assert build(tmp_path).returncode != 0


def test_every_document_is_a_page_with_its_title(site: Path) -> None:
    for name in DOCUMENTS:
        if name.startswith("docs/"):
            stem = Path(name).stem
            page = site / ("index.html" if stem == "README" else f"{stem}.html")
            title = (ROOT / name).read_text().splitlines()[0].removeprefix("# ").replace("`", "")
            assert title.split(",")[0] in page.read_text(), name


def test_pages_and_styles_load_nothing_from_anywhere_else(site: Path) -> None:
    pages = pages_of(site)
    assert len(pages) > len(DOCUMENTS) - 1
    assert [(page.path.name, load) for page in pages.values() for load in page.loads if is_outside(load)] == []
    assert [load for load in loaded_by_styles(site) if is_outside(load)] == []


def test_every_link_of_every_page_leads_to_a_page_and_a_place_in_it(site: Path) -> None:
    pages = {path.resolve(): page for path, page in pages_of(site).items()}
    for page in pages.values():
        if page.path.name == "404.html":
            continue  # made for the root of a server
        for link in page.links:
            if not is_outside(link):
                path, anchor = target_of(page, link)
                assert path.exists(), (page.path.name, link)
                assert not anchor or anchor in pages[path].ids, (page.path.name, link)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """See BaseHTTPRequestHandler."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_a_browser_reads_it_and_asks_nobody_else(browser: Browser, address: str) -> None:
    asked: list[str] = []
    errors: list[str] = []
    for width, height in (DESKTOP, PHONE):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        for name in ("index.html", "TUTORIAL.html", "FORMAT.html"):
            page.goto(f"{address}{name}", wait_until="networkidle")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} pixels wide on {width}"
        page.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
