"""The pictures of a page: which there are, and that their data is in the page once."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import msgspec
import pytest

from bench.pure.summary import summarise
from bench.report.html.charts import NARROW, WIDE, charts_of, drawings_of, painted, specs_of
from bench.report.html.drawing import marks_of
from bench.report.html.page import RunParts, page_of, run_view
from bench.report.html.render import render_page
from bench.report.html.texts import visible
from tests.pages import HOSTILE, everything, hostile


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


@pytest.fixture(scope="module")
def drawn() -> dict[str, ET.Element]:
    return pictures(everything())


def pictures(parts: RunParts) -> dict[str, ET.Element]:
    """Every picture that is drawn for a page, by its kind and width."""
    drawings = drawings_of(run_view(parts, "r1"), parts.summary)
    return {
        f"{kind} {width}": ET.fromstring(getattr(drawing, width))  # noqa: S314 - our own
        for kind, drawing in drawings.items()
        for width in ("wide", "narrow")
    }


def test_every_point_of_a_drawn_trade_off_leads_to_its_variant_and_lies_at_its_time(
    drawn: dict[str, ET.Element],
) -> None:
    parts = everything()
    records = next(data for data in specs_of(parts.summary, WIDE)["tradeoff"]["datasets"].values() if len(data) == 8)
    by_id = {one["id"]: one for one in records}
    for width in ("wide", "narrow"):
        links = list(drawn[f"tradeoff {width}"].iter("a"))
        assert sorted(link.get("href", "") for link in links) == [f"#r1-v{place}" for place in range(8)]
        places = []
        for link in links:
            variant = parts.run.plan.variants[int(link.get("href", "").removeprefix("#r1-v"))].id
            told = (link.get("aria-label") or "").split("\n")
            assert told[:3] == [
                f"variant: {variant}",
                f"time (interval): {by_id[variant]['time']}",
                f"size: {by_id[variant]['size']}",
            ]
            x, y = map(float, re.findall(r"[-\d.]+", link[0].get("transform", "")))
            places.append((by_id[variant]["time_s"], x, by_id[variant]["size_bytes"], -y))
        assert [x for _, x, _, _ in sorted(places)] == sorted(x for _, x, _, _ in places)
        assert [y for _, _, _, y in sorted(places, key=lambda one: one[2:])] == sorted(y for _, _, _, y in places)
        assert [link.get("tabindex") for link in links] == ["0", *["-1"] * 7]


def test_every_point_of_the_drawn_effects_says_what_it_is(drawn: dict[str, ET.Element]) -> None:
    parts = everything()
    told = [mark.told for marks in marks_of(specs_of(parts.summary, WIDE)["effects"]) for mark in marks]
    assert len(told) == len(parts.summary.axes)
    said = [one.get("data-told") for one in drawn["effects wide"].iter() if one.get("data-told")]
    assert said == told
    assert told[0].startswith("level: base: alpine-3.23 instead of debian-12\nstate: cold\nratio (95 % interval): ")


def test_drawn_pictures_have_ids_of_their_own_and_colours_of_the_page() -> None:
    text = "".join(
        f"{one.wide}{one.narrow}"
        for key in ("r1", "r2")
        for one in drawings_of(run_view(everything(), key), everything().summary).values()
    )
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    assert {"var(--muted)", "var(--line)", "var(--ink)"} <= set(re.findall(r'"(var[^"]+)"', text))
    assert "<style" not in text
    assert "://" not in text


def test_a_page_of_drawn_pictures_needs_no_runtime() -> None:
    parts = everything()
    text = render_page(painted(page_of([parts]), [parts.summary]))
    assert text.count("<svg ") == 4
    assert 'id="chart-runtime"' not in text
    assert len(text) < 400_000


@pytest.fixture(scope="module")
def harmless() -> dict[str, ET.Element]:
    return pictures(hostile("harmless"))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_in_drawn_pictures_are_text(kind: str, harmless: dict[str, ET.Element]) -> None:
    nasty = pictures(hostile(HOSTILE[kind]))
    for name, picture in nasty.items():
        assert {one.tag for one in picture.iter()} == {one.tag for one in harmless[name].iter()}
        texts = ["".join(one.itertext()) for one in picture.iter()]
        assert all(visible(text) == text for text in texts)
    assert len(list(nasty["tradeoff wide"].iter("a"))) == 2
