"""What the tests of pictures share: runs with all that a picture shows, the schema, a look into a specification."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import altair.vegalite.v6.schema as schema_folder
import jsonschema
import msgspec

from bench.model.build import Step, StepKind, StepStatus
from bench.model.image_layers import ImageLayers
from bench.model.scenario import State
from bench.model.timeline import ActivityKind, PathStep, TimeShares
from bench.model.trial import ImageFacts, StepUse, Trial
from bench.pure.summary import summarise
from bench.report.charts.render import svg
from bench.report.export_records import RunRecords
from tests.builders import make_plan, make_run, make_trials

Spec = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "title", "desc", "g", "path", "text", "tspan", "rect", "line", "defs", "clipPath", "style"}
AXES = {
    "base": ("ubuntu-24.04", "debian-12", "debian-12-slim", "alpine-3.23"),
    "stages": ("single", "multi"),
    "layers": ("split", "merged"),
}
_SIZES = {"ubuntu-24.04": 212e6, "debian-12": 190e6, "debian-12-slim": 131e6, "alpine-3.23": 48e6}
_TIMES = {"ubuntu-24.04": 19.0, "debian-12": 17.2, "debian-12-slim": 14.9, "alpine-3.23": 15.6}
STATES = (State.COLD, State.WARM, State.EDIT_SOURCE)
_SCALE = {State.COLD: 1.0, State.WARM: 0.02, State.EDIT_SOURCE: 0.4}


@functools.cache
def _validator() -> jsonschema.Draft7Validator:
    text = (Path(schema_folder.__file__).parent / "vega-lite-schema.json").read_text()
    return jsonschema.Draft7Validator(json.loads(text))


def checked(spec: Spec) -> Spec:
    """A specification that Vega-Lite's own schema accepts, that names no address, and that is plain JSON."""
    written = json.dumps(spec, allow_nan=False)
    assert json.loads(written) == spec
    assert "://" not in written
    assert spec["title"]["text"]
    assert spec["description"]
    few = {name: records[:3] for name, records in spec.get("datasets", {}).items()}  # records of ours are all alike
    problem = jsonschema.exceptions.best_match(_validator().iter_errors({**spec, "datasets": few}))
    assert problem is None, problem.message
    return spec


def drawn(spec: Spec) -> list[str]:
    """The texts of the picture, from its SVG, in which there is nothing but shapes and text."""
    root = ET.fromstring(svg(spec))  # noqa: S314 - our own
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWN
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def data(spec: Spec, *fields: str) -> list[dict[str, Any]]:
    """The records of a specification that have all these fields, each set of records once."""
    sets = spec.get("datasets", {}).values()
    return [record for records in sets for record in records if all(field in record for field in fields)]


def heights(spec: Spec) -> Iterator[int]:
    if "height" in spec:
        yield spec["height"]
    for part in (*spec.get("vconcat", ()), *spec.get("hconcat", ())):
        yield from heights(part)


def said_in(spec: Spec) -> str:
    """The words of a picture that has nothing to show."""
    return " ".join(spec["mark"]["text"])


def shares(wall_s: float) -> TimeShares:
    return TimeShares(
        context_s=wall_s * 0.02,
        pull_s=wall_s * 0.05,
        run_cpu_s=wall_s * 0.4,
        run_disk_s=wall_s * 0.1,
        run_memory_s=None,
        run_other_s=wall_s * 0.2,
        run_unmetered_s=0.0,
        copy_s=wall_s * 0.08,
        engine_s=wall_s * 0.1,
        idle_gaps_s=wall_s * 0.02,
        idle_client_s=wall_s * 0.03,
    )


def steps(wall_s: float, *, cached: bool = False) -> tuple[Step, ...]:
    """A FROM, a RUN and a COPY beside each other, and a RUN after both; one that never started comes first."""
    rows = (
        ("LABEL a=b", StepKind.OTHER, StepStatus.NEVER_STARTED, None, None),
        ("FROM debian", StepKind.FROM, StepStatus.EXECUTED, 0.0, 0.01),
        ("RUN apt-get update && apt-get install -y gcc", StepKind.RUN, StepStatus.EXECUTED, 0.02, 0.5),
        ("COPY src /src", StepKind.COPY, StepStatus.EXECUTED, 0.02, 0.04),
        ("RUN make -C /src all", StepKind.RUN, StepStatus.EXECUTED, 0.55, 0.4),
    )
    return tuple(
        Step(
            digest=f"sha256:{number:064}",
            name=name,
            kind=kind,
            stage="build",
            position=number,
            status=StepStatus.CACHED if cached and status is StepStatus.EXECUTED else status,
            start_s=None if begin is None else begin * wall_s,
            duration_s=None if share is None else 0.0 if cached else share * wall_s,
        )
        for number, (name, kind, status, begin, share) in enumerate(rows, start=1)
    )


def _told(trial: Trial, levels: dict[str, str]) -> Trial:
    base = _TIMES.get(levels["base"], 10.0) * (0.93 if levels["layers"] == "merged" else 1.0)
    wobble = 1 + ((trial.number * 7919) % 97 - 48) / 1500
    wall_s = base * (1.04 if levels["stages"] == "multi" else 1.0) * _SCALE[trial.state] * wobble
    size = _SIZES.get(levels["base"], 100e6) * (0.6 if levels["stages"] == "multi" else 1.0)
    size *= 0.8 if levels["layers"] == "merged" else 1.0
    warm = trial.state is State.WARM
    made = steps(wall_s, cached=warm)
    return msgspec.structs.replace(
        trial,
        wall_s=wall_s,
        time=shares(wall_s),
        image=ImageFacts(id="sha256:" + "cd" * 32, size_bytes=int(size), layers=3),
        steps=made,
        step_use=(
            StepUse(digest=made[2].digest, meter="m", joined_by="digest", cpu_s=3.5, memory_peak_bytes=98_000_000),
        ),
        critical_path=(
            PathStep(digest="sha256:context", name="load context", kind=ActivityKind.CONTEXT, duration_s=0.1),
            PathStep(digest=made[2].digest, name=made[2].name, kind=ActivityKind.RUN, duration_s=0.5 * wall_s),
            PathStep(digest=made[4].digest, name=made[4].name, kind=ActivityKind.RUN, duration_s=0.4 * wall_s),
        ),
    )


def full(axes: dict[str, tuple[str, ...]] = AXES, *, rounds: int = 6, states: tuple[State, ...] = STATES) -> RunRecords:
    """A run with all that a picture shows: sixteen variants in three states."""
    plan = make_plan(axes, rounds=rounds, states=states)
    run = make_run(plan, axes=axes)
    levels = {variant.id: dict(variant.levels) for variant in plan.variants}
    trials = tuple(_told(trial, levels[trial.variant]) for trial in make_trials(plan))
    return RunRecords(run=run, trials=trials, summary=summarise(run, trials))


def weighed(records: RunRecords) -> RunRecords:
    """The same with the compressed size of every variant, from its first trial."""
    first = {trial.variant: trial.number for trial in reversed(records.trials)}
    layers = ImageLayers(
        image_id="sha256:" + "cd" * 32,
        codec="gzip-6",
        size_bytes=40_000_000,
        compressed_bytes=12_345_678,
        waste_bytes=0,
        base_bytes=None,
        base_compressed_bytes=None,
        layers=(),
        worst=(),
    )
    trials = tuple(
        msgspec.structs.replace(trial, layers=layers) if first[trial.variant] == trial.number else trial
        for trial in records.trials
    )
    return RunRecords(run=records.run, trials=trials, summary=summarise(records.run, trials))
