"""The built site as a browser would see it: what its pages load, where they link to, what can be linked to."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

_LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
}
# Of <link>, what a browser fetches; `canonical`, `next` and their like are only said.
_LOADED_RELATIONS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "modulepreload",
    "preconnect",
    "dns-prefetch",
    "manifest",
}
_CSS_URL = re.compile(r"""(?:url\(|@import )\s*["']?([^"')\s]+)""")


class Page(HTMLParser):
    """A page: `loads` are the addresses that it fetches, `links` those of its links, `ids` what can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self._style = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        has = {name: value or "" for name, value in attrs}
        self.ids |= {has["id"]} if "id" in has else set()
        self.loads += [has[_LOADING[tag]]] if has.get(_LOADING.get(tag, "")) else []
        self.loads += [part.split()[0] for part in has.get("srcset", "").split(",") if part.strip()]
        self.loads += _CSS_URL.findall(has.get("style", ""))
        if tag == "link" and set(has.get("rel", "").split()) & _LOADED_RELATIONS:
            self.loads.append(has.get("href", ""))
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag == "style":
            self._style = False

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if self._style:
            self.loads += _CSS_URL.findall(data)


def pages_of(site: Path) -> dict[Path, Page]:
    """Every page of a built site."""
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def loaded_by_styles(site: Path) -> list[str]:
    """What the style sheets of a site load."""
    return [found for path in site.rglob("*.css") for found in _CSS_URL.findall(path.read_text())]


def is_outside(address: str) -> bool:
    """Whether an address leads away from where the site lies."""
    return bool(re.match(r"(?!data:)([a-z][a-z0-9+.-]*:|//)", address))


def target_of(page: Page, link: str) -> tuple[Path, str]:
    """The file and the id that a link of a page leads to."""
    path, _, anchor = link.partition("#")
    return ((page.path.parent / unquote(path)).resolve() if path else page.path, unquote(anchor))
