"""`buildmark layers` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from bench.cli.main import app
from bench.errors import BuildmarkError, ExitCode
from bench.model.image_layers import ImageLayer, ImageLayers, WastedPath, WasteKind
from bench.model.layers_report import LayersReport
from bench.model.trial import TrialStatus
from bench.ports.run_store import RunStore
from tests.builders import make_lost_trial, make_plan, make_run, make_trial

PLAN = make_plan()
RUN = make_run(PLAN)
WEIGHED = PLAN.trials[0].variant
BASE = ImageLayer(
    diff_id="sha256:01",
    instruction=None,
    size_bytes=100_000_000,
    compressed_bytes=40_000_000,
    waste_bytes=0,
    symlink_bytes=9,
    files=5000,
    in_base=True,
)
MADE = ImageLayer(
    diff_id="sha256:02",
    instruction="RUN make everything && \x1b[31mclean nothing " + "x" * 200,
    size_bytes=50_000_000,
    compressed_bytes=9_000_000,
    waste_bytes=49_000_000,
    symlink_bytes=0,
    files=3,
    in_base=False,
)
IMAGE = ImageLayers(
    image_id="sha256:aa",
    codec="gzip -6",
    size_bytes=150_000_000,
    compressed_bytes=49_000_000,
    waste_bytes=49_000_000,
    base_bytes=100_000_000,
    base_compressed_bytes=40_000_000,
    layers=(BASE, MADE, msgspec.structs.replace(MADE, instruction=None, size_bytes=0, waste_bytes=0)),
    worst=(WastedPath(path="/srv/cache/", size_bytes=49_000_000, kind=WasteKind.DELETED, layer=3),),
)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    with RunStore(tmp_path / "results").create(RUN) as writer:
        writer.append(make_trial(PLAN.trials[0], layers=IMAGE))
        writer.append(make_trial(PLAN.trials[1]))
        writer.append(make_lost_trial(PLAN.trials[2], TrialStatus.FAILED, "exit code 1"))
        absent = {"image_waste_bytes": "no space left"}
        writer.append(make_trial(PLAN.trials[4], absent=absent))
    return tmp_path / "results"


def layers(results: Path, *arguments: str, width: int = 100) -> Result:
    return CliRunner().invoke(app, ["layers", *arguments, "--results", str(results)], env={"COLUMNS": str(width)})


@pytest.mark.parametrize("width", [70, 100, 160])
def test_one_variant_fits_the_terminal_and_tells_what_made_each_layer(results: Path, width: int) -> None:
    shown = layers(results, "latest", WEIGHED, width=width)
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert max(map(len, lines)) <= width
    text = " ".join(shown.stdout.split())
    assert "150 MB in 3 layers, 49.0 MB compressed (gzip -6), 49.0 MB waste (33 %), 100 MB shared with the base" in text
    assert "1 the base" in text
    assert "2 RUN make everything" in text
    assert "not told by the image" in text
    assert "49.0 MB deleted in layer 3 /srv/cache/" in text
    assert "\x1b" not in shown.stdout


def test_all_variants_are_shown_and_those_not_weighed_say_why(results: Path) -> None:
    text = layers(results).stdout
    assert "debian-12-multi: not weighed: exit code 1" in text
    assert "alpine-3.23-single: not weighed: no space left" in text
    assert "alpine-3.23-multi: not weighed: no trial yet" in text


def test_json_has_everything(results: Path) -> None:
    shown = layers(results, "--format", "json")
    report = msgspec.json.decode(shown.stdout, type=LayersReport)
    assert [one.variant for one in report.variants] == [variant.id for variant in PLAN.variants]
    assert report.variants[0].layers == IMAGE
    assert json.loads(shown.stdout)["variants"][0]["trial"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["latest", "debian-12-singel"], "has no variant 'debian-12-singel' (did you mean 'debian-12-single'?)"),
        (["--format", "jsn"], "there is no format 'jsn' (did you mean 'json'?)"),
    ],
)
def test_a_wrong_word_is_a_usage_error_with_the_nearest_right_one(
    results: Path, arguments: list[str], message: str
) -> None:
    error = layers(results, *arguments).exception
    assert isinstance(error, BuildmarkError)
    assert error.exit_code is ExitCode.USAGE
    assert message in error.message


def test_the_tables_of_a_run_have_waste_and_compressed_size_where_they_fit(results: Path) -> None:
    wide, narrow = (
        CliRunner().invoke(app, ["show", "--results", str(results)], env={"COLUMNS": width}).stdout
        for width in ("160", "60")
    )
    assert "gzipped" in wide
    assert "49.0 MB" in wide
    assert "waste" not in narrow.split("\n\n")[1]
