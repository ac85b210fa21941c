"""Which layer of one image is which of another, by what made them: matched as the steps of two builds are.

Layers of the base are held against those of the other base, and an image's own against the other's own. Neighbour:
`bench.pure.step_alignment`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.model.build import Step, StepKind, StepStatus
from bench.model.image_layers import ImageLayer
from bench.pure.step_alignment import align_steps

LayerPair = tuple[ImageLayer | None, ImageLayer | None]
"""A layer of the base's image and the one of the head's that it is; None where that image does not have it."""

_BASE, _OWN = "base", "own"


def align_layers(base: Sequence[ImageLayer], head: Sequence[ImageLayer]) -> tuple[LayerPair, ...]:
    """Every layer of both images once, the lowest first; those that belong together in one pair."""
    pairs = align_steps(*([_as_step(number, layer) for number, layer in enumerate(side)] for side in (base, head)))
    found = (
        (None if ours is None else base[_place(ours)], None if theirs is None else head[_place(theirs)])
        for ours, theirs in pairs
    )
    return tuple(sorted(found, key=lambda pair: not any(layer is not None and layer.in_base for layer in pair)))


def _as_step(place: int, layer: ImageLayer) -> Step:
    """A layer as the step that made it; its place in the image takes that in the Dockerfile."""
    text = layer.instruction or ""
    word = text.split(maxsplit=1)[0] if text.split() else ""
    return Step(
        digest=layer.diff_id,
        name=text,
        kind=StepKind(word) if word in StepKind.__members__ else StepKind.OTHER,
        stage=_BASE if layer.in_base else _OWN,
        position=place,
        status=StepStatus.EXECUTED,
        start_s=None,
        duration_s=None,
    )


def _place(step: Step) -> int:
    return step.position or 0
