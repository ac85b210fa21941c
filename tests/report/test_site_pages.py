"""What the pages of a site let run and ask, by their own policy."""

from __future__ import annotations

import re

import msgspec
import pytest

from bench.report.html.charts import illustrated
from bench.report.html.model import Frame, Link, Live
from bench.report.html.page import page_of
from bench.report.html.render import render_page
from bench.report.site.model import RunsPage
from bench.report.site.render import render_site_page
from tests.pages import everything

TRAIL = (Link(text="Build history", href="../index.html"), Link(text="quick", href="../trends/quick.html"))
LIVE = Live(page="runs/a.html", key="k", events="../events")


def policy(text: str) -> dict[str, str]:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert found is not None
    rules = (rule.partition(" ") for rule in found[1].replace("&#39;", "'").split("; "))
    return {name: values for name, _, values in rules}


def run_page(frame: Frame | None, *, src: str | None) -> str:
    parts = everything()
    page = msgspec.structs.replace(page_of([parts]), frame=frame)
    return render_page(illustrated(page, [parts.summary], src=src))


@pytest.fixture(scope="module")
def framed() -> str:
    return run_page(Frame(trail=TRAIL), src="../assets/charts.js")


def test_the_page_of_a_run_shares_its_script_with_the_others(framed: str) -> None:
    assert len(framed) < 300_000
    assert 'id="chart-runtime" data-src="../assets/charts.js"></script>' in framed
    rules = policy(framed)
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[^ ]+' 'strict-dynamic'", rules["script-src"])
    assert "connect-src" not in rules


def test_the_page_of_a_run_leads_to_what_it_belongs_to(framed: str) -> None:
    assert '<p class="brand"><a href="../index.html"><bdi>Build history</bdi></a></p>' in framed
    assert '<li><a href="../trends/quick.html"><bdi>quick</bdi></a></li>' in framed


def test_only_a_page_that_is_served_may_ask_its_server() -> None:
    served = run_page(Frame(trail=TRAIL, live=LIVE), src="../assets/charts.js")
    assert policy(served)["connect-src"] == "'self'"
    assert '{"page":"runs/a.html","key":"k","events":"../events"}' in served
    assert policy(served)["script-src"].count("sha256-") == 2
    page = RunsPage(title="All runs", runs=())
    assert "connect-src" in policy(render_site_page(page, Frame(trail=TRAIL[:1], live=LIVE)))
    assert "connect-src" not in policy(render_site_page(page, Frame(trail=TRAIL[:1])))


def test_a_page_by_itself_is_as_it_was() -> None:
    alone = run_page(None, src=None)
    assert '<p class="brand">Buildmark</p>' in alone
    assert "data-src=" not in alone
    assert "strict-dynamic" not in policy(alone)["script-src"]
    assert 'aria-label="Where this page belongs"' not in alone
