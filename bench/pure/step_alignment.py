"""Which step of one build is which of another, whose Dockerfile may have steps put in, taken out or changed.

Stages of the same name are held against each other, and what is left of both sides as one more. Within them, steps with
the same text are matched first; between those, the others by their kind and their likeness, in order. So a step that
was put in does not shift all others. Neighbour: `bench.pure.blame`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from bench.model.build import Step

StepPair = tuple[Step | None, Step | None]
"""A step of the base and the one of the head that it is; None where that side does not have it."""

_MOST_CELLS = 900
_MOST_LETTERS = 300
_MATCHED = 1.0


def align_steps(base: Sequence[Step], head: Sequence[Step]) -> tuple[StepPair, ...]:
    """Every step of both sides once, in the order of its stage; those that belong together in one pair."""
    by_stage = _stages(base), _stages(head)
    shared = [stage for stage in by_stage[1] if stage in by_stage[0]]
    rest = [[step for stage, steps in side.items() if stage not in shared for step in steps] for side in by_stage]
    pairs = [pair for stage in shared for pair in _align(by_stage[0][stage], by_stage[1][stage])]
    return (*pairs, *_align(*rest))


def _stages(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """The steps of each stage in the order of the Dockerfile, whatever order a builder lists them in."""
    stages: dict[str, list[Step]] = {}
    for step in steps:
        stages.setdefault(step.stage or "", []).append(step)
    return {stage: sorted(found, key=lambda step: step.position or 0) for stage, found in stages.items()}


def _align(base: Sequence[Step], head: Sequence[Step]) -> Iterator[StepPair]:
    texts = [step_text(step) for step in base], [step_text(step) for step in head]
    matcher = difflib.SequenceMatcher(None, *texts, autojunk=False)
    for tag, base_from, base_to, head_from, head_to in matcher.get_opcodes():
        between = base[base_from:base_to], head[head_from:head_to]
        yield from zip(*between, strict=True) if tag == "equal" else _align_changed(*between)


def step_text(step: Step) -> str:
    """A step's text as it is compared: the white space in it is none of its own."""
    return " ".join(step.name.split())


def _align_changed(base: Sequence[Step], head: Sequence[Step]) -> Iterator[StepPair]:
    """Match steps of the same kind, as many as can be without crossing, those that are most alike.

    The best way through the table of all pairs (Needleman and Wunsch, J. Mol. Biol. 48 (1970), 443-453), where a match
    is worth 1 and its likeness, and a step alone nothing.
    """
    if len(base) * len(head) > _MOST_CELLS:
        yield from _align_kinds(base, head)
        return
    best = _best_from(base, head)
    row = column = 0
    while row < len(base) or column < len(head):
        here = best[row][column]
        if row < len(base) and here == best[row + 1][column]:
            yield base[row], None
            row += 1
        elif column < len(head) and here == best[row][column + 1]:
            yield None, head[column]
            column += 1
        else:
            yield base[row], head[column]
            row, column = row + 1, column + 1


def _best_from(base: Sequence[Step], head: Sequence[Step]) -> list[list[float]]:
    """What the best matching of `base[row:]` with `head[column:]` is worth."""
    best = [[0.0] * (len(head) + 1) for _ in range(len(base) + 1)]
    for row in reversed(range(len(base))):
        for column in reversed(range(len(head))):
            alone = max(best[row + 1][column], best[row][column + 1])
            best[row][column] = max(alone, best[row + 1][column + 1] + _worth(base[row], head[column]))
    return best


def _worth(base: Step, head: Step) -> float:
    if base.kind is not head.kind:
        return float("-inf")
    ours, theirs = (step_text(step)[:_MOST_LETTERS] for step in (base, head))
    return _MATCHED + difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def _align_kinds(base: Sequence[Step], head: Sequence[Step]) -> Iterator[StepPair]:
    """The same by kind alone, for two Dockerfiles that have much and share little."""
    matcher = difflib.SequenceMatcher(None, [step.kind for step in base], [step.kind for step in head], autojunk=False)
    for tag, base_from, base_to, head_from, head_to in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(base[base_from:base_to], head[head_from:head_to], strict=True)
        else:
            yield from ((step, None) for step in base[base_from:base_to])
            yield from ((None, step) for step in head[head_from:head_to])
