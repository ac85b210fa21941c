"""The pictures of a page: which there are, and that their data is in the page once."""

from __future__ import annotations

import json

import msgspec

from bench.pure.summary import summarise
from bench.report.html.charts import NARROW, WIDE, charts_of
from bench.report.html.page import page_of
from bench.report.html.render import render_page
from tests.pages import everything


def test_each_picture_is_there_in_both_widths_with_its_data_once() -> None:
    charts = charts_of(everything().summary)
    assert list(charts) == ["tradeoff", "effects"]
    tradeoff = charts["tradeoff"]
    assert (tradeoff.wide["width"], tradeoff.narrow["width"]) == (WIDE, NARROW)
    points = next(data for data in tradeoff.wide["datasets"].values() if len(data) == 8)
    assert {point["id"] for point in points} == {one.id for one in everything().run.plan.variants}
    assert points not in tradeoff.narrow["datasets"].values()


def test_the_page_gives_a_picture_its_theme_and_heading() -> None:
    for chart in charts_of(everything().summary).values():
        for spec in (chart.wide, chart.narrow):
            assert not {"config", "title", "$schema"} & spec.keys()
            assert spec["description"]


def test_a_run_without_numbers_has_no_pictures_and_no_runtime() -> None:
    parts = everything()
    summary = summarise(parts.run, ())
    assert charts_of(summary) == {}
    text = render_page(page_of([msgspec.structs.replace(parts, trials=(), summary=summary)]))
    assert "chart-runtime" not in text.split("<script>")[0]


def test_a_specification_in_a_page_is_json_that_ends_no_element() -> None:
    parts = everything()
    page = page_of([parts])
    charts = charts_of(parts.summary)
    page = msgspec.structs.replace(page, runs=(msgspec.structs.replace(page.runs[0], charts=charts),))
    block = render_page(page).split('id="r1-tradeoff-spec">')[1].split("</script>")[0]
    assert json.loads(block)["wide"]["width"] == WIDE
