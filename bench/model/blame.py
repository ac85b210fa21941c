"""Which parts of a build made the difference between two sides (`bench.pure.blame` finds them, docs/FORMAT.md)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bench.model.build import StepKind
from bench.model.cache import CacheVerdict, MissReason


class PartKind(StrEnum):
    """What part of a build's wall time it is.

    `step`: a step of the Dockerfile. `context`, `pull`: sending the context, fetching bases. `engine`: making the
    image, looking into the cache and the like, without what a step that the cache had took. `idle-gaps` and
    `idle-client` are those of `TimeShares`. `rest`: what nobody told anything of.
    """

    STEP = "step"
    CONTEXT = "context"
    PULL = "pull"
    ENGINE = "engine"
    IDLE_GAPS = "idle-gaps"
    IDLE_CLIENT = "idle-client"
    REST = "rest"


class StepChange(StrEnum):
    """What became of a step from base to head: its own text, and whether both sides have it."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class StepSide(msgspec.Struct, frozen=True, kw_only=True):
    """A step as one side has it, over the trials of that side that count.

    `cache` is what the cache did for it in most of them, `why` the reason of a miss. `layer_bytes` is its layer in the
    image, `written_bytes` the median that it wrote to the disk; None where nobody told.
    """

    name: str
    kind: StepKind
    stage: str | None
    position: int | None
    cache: CacheVerdict
    why: MissReason | None
    layer_bytes: int | None
    written_bytes: float | None


class BlamedPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the difference. `base_s` and `head_s` are means in seconds, 0 where that side does not have it.

    `difference_s` = `head_s` - `base_s`, and `share` is that over the whole difference, None where there is none.
    `change`, `base` and `head` are a step's. `matters`: it is large enough to tell, or the cache did something else.
    """

    kind: PartKind
    base_s: float
    head_s: float
    difference_s: float
    share: float | None
    matters: bool
    change: StepChange | None = None
    base: StepSide | None = None
    head: StepSide | None = None


class Blame(msgspec.Struct, frozen=True, kw_only=True):
    """The difference of the mean wall times of the typical trials, in seconds, and its parts: the largest first.

    The parts add up to it. `n` is how many typical trials a side it rests on (see `bench.pure.typical_trials`).
    """

    n: int
    difference_s: float
    parts: tuple[BlamedPart, ...]
