"""What the scripts of a page need of each variant, as values that reach them as JSON.

There a text is a number, its place in `Details.texts`: a step or a line of a Dockerfile that hundreds of variants share
is in the page once. Keys whose value is the default are left out of that JSON. Seconds and bytes are plain numbers, as
everywhere.
"""

from __future__ import annotations

import msgspec


class StepView(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A step of a trial: in the JSON a list of its values, for there are tens of thousands of them.

    `cache` is a `CacheVerdict`, `path` says that it lies on the critical path. `start` counts from the build's first
    event, `took` is the step's time, `saved` what a hit spared, `cpu` what it computed, all in seconds; `memory` (at
    its peak) and `written` are bytes.
    """

    name: int
    cache: str
    where: int | None = None
    start: float | None = None
    took: float | None = None
    saved: float | None = None
    cpu: float | None = None
    memory: int | None = None
    written: int | None = None
    why: int | None = None
    path: bool = False


class TrialView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One trial. `counts` is False for every one that is in no number; `reason` says why."""

    number: int
    round: int
    status: str
    wall: float | None = None
    counts: bool = True
    reason: int | None = None
    log: int | None = None
    tail: tuple[int, ...] = ()


class StateView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variant in a state: the steps of the trial `shown`, and every trial.

    `title` says which trial it is and what it took, `proof` what shows that its state is what it is called.
    """

    state: str
    title: int
    shown: int
    wall: float | None = None
    proof: int | None = None
    steps: tuple[StepView, ...] = ()
    trials: tuple[TrialView, ...] = ()


class LayerView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A layer of an image, in bytes; `base`: the base has it too."""

    made: int
    size: int
    packed: int = 0
    waste: int = 0
    files: int = 0
    base: bool = False


class WasteView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A path whose bytes lie in the image and cannot be read in it."""

    path: int
    size: int
    how: int


class VariantView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One variant. `levels` are in the order of `Details.axes`, `lines` those of its Dockerfile, None where it is gone.

    `image` says what the layers come to, or why there are none.
    """

    name: int
    image: int
    levels: tuple[int, ...] = ()
    lines: tuple[int, ...] | None = None
    layers: tuple[LayerView, ...] = ()
    worst: tuple[WasteView, ...] = ()
    states: tuple[StateView, ...] = ()


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the scripts of one run need. `first` is the place of the variant that is shown at first.

    `step_fields` names the values of a step.
    """

    texts: tuple[str, ...]
    axes: tuple[str, ...]
    first: int
    variants: tuple[VariantView, ...]
    step_fields: tuple[str, ...] = StepView.__struct_fields__
