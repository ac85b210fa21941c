"""What the scripts of a comparison's page need of each row, as values that reach them as JSON.

Texts are numbers, as in `bench.report.html.model_details`, of which steps, trials and layers are shared.
"""

from __future__ import annotations

import msgspec

from bench.report.html.model import LayerView, StepView, TrialView


class StepPairView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step of both sides, as it was in the trials that are shown; None where that side does not have it.

    `was` and `took` are its means over the typical trials, base and head, in seconds, `share` its share of their
    difference; None where it is no part of that (a FROM). `blamed`: it matters.
    """

    base: StepView | None
    head: StepView | None
    change: str
    was: float | None = None
    took: float | None = None
    share: float | None = None
    blamed: bool = False


class BesideView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a build did beside its steps, as a part of the difference like a step."""

    title: int
    was: float
    took: float
    share: float | None = None
    blamed: bool = False


class SideView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side of a row: which trial's steps are shown, every trial, and its variant's place in the files.

    `times` are the seconds of `ComparedDetails.parts`, in their order. `values` are those of the metric that is judged,
    in the order of the trials, where that is not the wall time.
    """

    label: int
    file: int
    title: int | None = None
    wall: float | None = None
    median: float | None = None
    proof: int | None = None
    times: tuple[float | None, ...] = ()
    trials: tuple[TrialView, ...] = ()
    values: tuple[float | None, ...] = ()


class LayerPairView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A layer of both images; None where that image does not have it."""

    base: LayerView | None
    head: LayerView | None
    change: str


class ImagesView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The images of two variants: what their layers come to, and the layers matched."""

    base: int | None = None
    head: int | None = None
    layers: tuple[LayerPairView, ...] = ()


class RowView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row. `images` is the place of its images; `paired`: both sides of a round belong together."""

    name: int
    state: str
    verdict: int
    said: int
    base: SideView | None
    head: SideView | None
    images: int
    steps: tuple[StepPairView, ...] = ()
    beside: tuple[BesideView, ...] = ()
    paired: bool = False


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's Dockerfile, None where it is gone."""

    name: int
    lines: tuple[int, ...] | None


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a build's time: the key of its colour, and what it is."""

    key: str
    title: str


class ComparedDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page's scripts need. `first` is the place of the row that is shown at first.

    `variants` are the Dockerfiles of both sides; `unit` is that of the metric that is judged.
    """

    texts: tuple[str, ...]
    first: int
    unit: str
    metric: str
    rows: tuple[RowView, ...]
    images: tuple[ImagesView, ...]
    variants: tuple[FileView, ...]
    parts: tuple[PartView, ...]
    step_fields: tuple[str, ...] = StepView.__struct_fields__
