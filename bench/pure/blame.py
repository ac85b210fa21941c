"""Two sides' trials → which parts of the build made the difference between their wall times.

The parts are the steps, matched by `bench.pure.step_alignment`, and what a build does beside them (`TimeShares`). Each
is the mean over a side's typical trials (`bench.pure.typical_trials`), in parts of the wall time where the builder
tells enough for that, so that steps at the same time are not counted twice. Medians of the parts would not add up to
anything, and means over all trials would blame whatever a single spike hit.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from bench.model.blame import Blame, BlamedPart, PartKind, StepChange, StepSide
from bench.model.build import Step
from bench.model.image_layers import ImageLayers
from bench.model.timeline import ActivityKind
from bench.model.trial import Trial
from bench.pure.cache_reasons import cache_verdict
from bench.pure.cache_use import step_key
from bench.pure.step_alignment import StepPair, align_steps, step_text
from bench.pure.timeline import step_activity

MATTERS_OF_DIFFERENCE = 0.1
MATTERS_OF_WALL = 0.01
MATTERS_OF_LAYER = 0.01
MATTERS_OF_BYTES = 100_000
NO_DIFFERENCE_S = 1e-6
"""Of less than what clocks tell, nothing has a share."""
_BESIDE_STEPS = {
    PartKind.CONTEXT: ("context_s", ActivityKind.CONTEXT),
    PartKind.PULL: ("pull_s", ActivityKind.PULL),
    PartKind.ENGINE: ("engine_s", ActivityKind.ENGINE),
    PartKind.IDLE_GAPS: ("idle_gaps_s", None),
    PartKind.IDLE_CLIENT: ("idle_client_s", None),
}


class BlameSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side: its trials to look at, all with a wall time, and its image's layers where one was weighed."""

    trials: tuple[Trial, ...]
    layers: ImageLayers | None = None


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it was in every trial of a side that has it: `seconds` is its mean over all of them."""

    steps: tuple[Step, ...]
    seconds: float
    written_bytes: tuple[int, ...]


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What one side's build is made of, in mean seconds: the whole, each step by its key, and what lies beside them."""

    wall_s: float
    steps: Mapping[str, _Seen]
    beside_s: Mapping[PartKind, float]
    layers: ImageLayers | None

    @property
    def rest_s(self) -> float:
        return self.wall_s - math.fsum((*(seen.seconds for seen in self.steps.values()), *self.beside_s.values()))


def blame(base: BlameSide, head: BlameSide) -> Blame | None:
    """Every part of the difference, the largest first; None where a side has no trial."""
    if not base.trials or not head.trials:
        return None
    ours, theirs = _parts(base), _parts(head)
    steps = ([seen.steps[0] for seen in side.steps.values()] for side in (ours, theirs))
    parts = [
        *(_step_part(pair, ours, theirs) for pair in align_steps(*steps)),
        *(
            _part(kind, ours.beside_s.get(kind, 0.0), theirs.beside_s.get(kind, 0.0))
            for kind in _BESIDE_STEPS
            if kind in ours.beside_s or kind in theirs.beside_s
        ),
        _part(PartKind.REST, ours.rest_s, theirs.rest_s),
    ]
    difference_s = theirs.wall_s - ours.wall_s
    judged = [_judged(part, difference_s, ours.wall_s) for part in parts]
    largest_first = sorted(judged, key=lambda part: abs(part.difference_s), reverse=True)
    return Blame(n=min(len(base.trials), len(head.trials)), difference_s=difference_s, parts=tuple(largest_first))


def _parts(side: BlameSide) -> _Parts:
    beside: defaultdict[PartKind, list[float]] = defaultdict(list)
    for trial in side.trials:
        for kind, value in _beside(trial).items():
            beside[kind].append(value)
    count = len(side.trials)
    return _Parts(
        wall_s=math.fsum(trial.wall_s or 0.0 for trial in side.trials) / count,
        steps=_seen(side.trials),
        beside_s={kind: math.fsum(values) / count for kind, values in beside.items()},
        layers=side.layers,
    )


def _seen(trials: Sequence[Trial]) -> dict[str, _Seen]:
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    written: defaultdict[str, list[int]] = defaultdict(list)
    for trial in trials:
        told = {use.digest: use.disk_written_bytes for use in trial.step_use}
        for step in filter(_is_part, trial.steps):
            steps[step_key(step)].append(step)
            if (size := told.get(step.digest)) is not None:
                written[step_key(step)].append(size)
    return {
        key: _Seen(
            steps=tuple(same),
            seconds=math.fsum(map(_seconds, same)) / len(trials),
            written_bytes=tuple(written[key]),
        )
        for key, same in steps.items()
    }


def _is_part(step: Step) -> bool:
    """Whether a step is a part of its own. A FROM is fetching its base, and one like LABEL is the engine's own work."""
    return step.kind.is_eligible


def _seconds(step: Step) -> float:
    return (step.duration_s if step.share_s is None else step.share_s) or 0.0


def _beside(trial: Trial) -> dict[PartKind, float]:
    """What a build did beside its steps. The time of a step that the cache had is counted as the engine's there."""
    if trial.time is None:
        return {}
    of_steps: defaultdict[ActivityKind, float] = defaultdict(float)
    for step in filter(_is_part, trial.steps):
        of_steps[step_activity(step.kind, step.status)] += step.share_s or 0.0
    return {
        kind: max(0.0, getattr(trial.time, name) - (of_steps[activity] if activity else 0.0))
        for kind, (name, activity) in _BESIDE_STEPS.items()
    }


def _step_part(pair: StepPair, ours: _Parts, theirs: _Parts) -> BlamedPart:
    base, head = (
        None if step is None else side.steps[step_key(step)] for step, side in zip(pair, (ours, theirs), strict=True)
    )
    part = _part(PartKind.STEP, base.seconds if base else 0.0, head.seconds if head else 0.0)
    return msgspec.structs.replace(
        part,
        change=_change(pair),
        base=_step_side(base, ours.layers) if base else None,
        head=_step_side(head, theirs.layers) if head else None,
    )


def _change(pair: StepPair) -> StepChange:
    base, head = pair
    if base is None:
        return StepChange.ADDED
    if head is None:
        return StepChange.REMOVED
    return StepChange.SAME if step_text(base) == step_text(head) else StepChange.CHANGED


def _step_side(seen: _Seen, layers: ImageLayers | None) -> StepSide:
    cache = Counter(map(cache_verdict, seen.steps)).most_common(1)[0][0]
    step = next(each for each in seen.steps if cache_verdict(each) is cache)
    return StepSide(
        name=step.name,
        kind=step.kind,
        stage=step.stage,
        position=step.position,
        cache=cache,
        why=step.why,
        layer_bytes=_layer_bytes(step, layers),
        written_bytes=statistics.median(seen.written_bytes) if seen.written_bytes else None,
    )


def _layer_bytes(step: Step, layers: ImageLayers | None) -> int | None:
    """The step's layer in the final image, where exactly one layer was made by just this text."""
    made = [
        layer.size_bytes
        for layer in (layers.layers if layers else ())
        if layer.instruction and not layer.in_base and " ".join(layer.instruction.split()) == step_text(step)
    ]
    return made[0] if len(made) == 1 else None


def _part(kind: PartKind, base_s: float, head_s: float) -> BlamedPart:
    difference_s = head_s - base_s
    return BlamedPart(kind=kind, base_s=base_s, head_s=head_s, difference_s=difference_s, share=None, matters=False)


def _judged(part: BlamedPart, difference_s: float, wall_s: float) -> BlamedPart:
    """With its share of the whole difference, and whether it matters.

    It does when it is a tenth of the difference and a hundredth of the base's wall time, or when the cache did
    something else with the step, or when its layer has another size.
    """
    least_s = max(MATTERS_OF_DIFFERENCE * abs(difference_s), MATTERS_OF_WALL * wall_s)
    return msgspec.structs.replace(
        part,
        share=part.difference_s / difference_s if abs(difference_s) >= NO_DIFFERENCE_S else None,
        matters=abs(part.difference_s) >= least_s or cache_changed(part) or layer_changed(part),
    )


def cache_changed(part: BlamedPart) -> bool:
    """Whether both sides have the step, and the cache had it on one of them only."""
    return part.base is not None and part.head is not None and part.base.cache is not part.head.cache


def layer_sizes(part: BlamedPart) -> tuple[int, int] | None:
    """The bytes of a step's layer on both sides, 0 on one that does not have the step; None where one is not known."""
    base, head = (0 if side is None else side.layer_bytes for side in (part.base, part.head))
    return None if part.change is None or base is None or head is None else (base, head)


def layer_changed(part: BlamedPart) -> bool:
    """Whether the step's layer has another size, by a hundredth and by 100 kB at least."""
    sizes = layer_sizes(part)
    return sizes is not None and abs(sizes[1] - sizes[0]) >= max(MATTERS_OF_BYTES, MATTERS_OF_LAYER * max(sizes))
