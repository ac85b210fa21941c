"""Each variant's image is weighed once, outside the timed region, and the layers of a base once for all runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from bench.app.layer_scale import LayerScale
from bench.errors import EngineError
from bench.model.scenario import State
from bench.model.trial import TrialStatus
from bench.ports.fakes import FakeBuild, FakeEngine
from bench.pure.summary import summarise
from tests.app.rig import BASE, MERGED, SPLIT, Rig
from tests.builders import make_base


class Refusing(FakeEngine):
    """A daemon that answers, and saves no image."""

    def save_image(self, ref: str, *, without: Collection[str] = ()) -> Iterator[bytes]:
        del without
        raise EngineError(f"the Docker daemon could not save the image {ref}: no space left on device")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def saves(rig: Rig) -> int:
    return sum(call.startswith("save_image") for call in rig.calls)


def test_each_variant_is_weighed_once_on_its_first_valid_trial(rig: Rig) -> None:
    rig.go(nth={1: FakeBuild(foreign_hits=2)})
    weighed = [trial for trial in rig.trials() if trial.layers is not None]
    assert [(trial.variant, trial.state) for trial in weighed] == [(SPLIT, State.WARM), (MERGED, State.COLD)]
    assert saves(rig) == 2
    split = weighed[0].layers
    assert split is not None
    assert weighed[0].image is not None
    assert split.size_bytes == weighed[0].image.size_bytes
    assert (split.waste_bytes, len(split.layers)) == (1000, weighed[0].image.layers)
    assert "weigh" in weighed[0].overhead_s


def test_a_resumed_run_weighs_what_was_not_weighed_before(rig: Rig) -> None:
    rig.go()
    recorded = rig.trials()
    before = saves(rig)
    (rig.folder / "results" / rig.run.id / "trials.jsonl").write_bytes(b"")
    rig.go(recorded=recorded[:1])
    assert saves(rig) - before == 1


def test_every_row_of_a_variant_has_what_its_one_image_weighs(rig: Rig) -> None:
    rig.go()
    rows = summarise(rig.run, rig.trials()).rows
    assert len(rows) == 4
    for row in rows:
        metrics = row.metrics
        assert metrics["image_waste_bytes"].median == 1000
        assert metrics["image_layers"].unit == "layers"
        assert 0 < metrics["image_compressed_bytes"].median < metrics["image_size_bytes"].median
        assert metrics["image_waste_bytes"].n == 1


def test_an_image_that_the_engine_does_not_give_is_absent_with_the_reason_and_the_trial_counts(rig: Rig) -> None:
    rig.engine = Refusing(clock=rig.clock, bases=[BASE], calls=rig.calls)
    rig.go()
    trials = rig.trials()
    assert {trial.status for trial in trials} == {TrialStatus.VALID}
    told = [trial for trial in trials if "image_waste_bytes" in trial.absent]
    assert [trial.variant for trial in told] == [SPLIT, MERGED]
    assert "no space left" in told[0].absent["image_compressed_bytes"]
    row = summarise(rig.run, trials).rows[0]
    assert "no space left" in row.absent["image_waste_bytes"]
    assert "image_waste_bytes" not in row.metrics


def test_a_base_is_weighed_once_for_all_runs_and_shared_by_its_images(tmp_path: Path) -> None:
    base = make_base("debian-12")
    engine = FakeEngine(bases=[base.ref])
    said: list[str] = []
    LayerScale(engine, tmp_path).learn([base], say=said.append)
    scale = LayerScale(engine, tmp_path)
    scale.learn([base], say=said.append)
    assert said == ["base: weighing the layers of debian-12, once"]
    assert sum(call.startswith("save_image") for call in engine.calls) == 1
    image = engine.add_image("built", size_bytes=1_002_000, layers=3)
    weighed = scale.weigh(image.id, "debian-12")
    assert (weighed.base_bytes, weighed.size_bytes) == (1_000_000, 1_002_000)
    assert [layer.in_base for layer in weighed.layers] == [True, False, False]
    assert scale.weigh(image.id, None).base_bytes is None


def test_a_base_that_is_packed_differently_now_is_weighed_again(tmp_path: Path) -> None:
    base = make_base("debian-12")
    said: list[str] = []
    for size in (1_000_000, 2_000_000):
        engine = FakeEngine()
        engine.add_image(base.ref, size_bytes=size, layers=1)
        scale = LayerScale(engine, tmp_path)
        scale.learn([base], say=said.append)
        assert scale.weigh(base.ref, "debian-12").base_bytes == size
    assert len(said) == 2


def test_a_base_that_cannot_be_weighed_is_said_and_costs_nothing_else(tmp_path: Path) -> None:
    said: list[str] = []
    LayerScale(Refusing(bases=[make_base().ref]), tmp_path).learn([make_base()], say=said.append)
    assert "no space left" in said[-1]
