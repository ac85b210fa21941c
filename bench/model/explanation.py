"""What `buildmark explain` tells of single trials (`bench.pure.explanation` makes it, docs/FORMAT.md documents it)."""

from __future__ import annotations

import msgspec

from bench.model.build import StepKind
from bench.model.cache import CacheVerdict, MissReason
from bench.model.scenario import State
from bench.model.timeline import PathStep, TimeShares
from bench.model.trial import Proof, TrialStatus


class ExplainedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a trial. `saved_s` is what it takes when executed, for a hit, from the cold trials of the variant."""

    name: str
    kind: StepKind
    stage: str | None
    position: int | None
    verdict: CacheVerdict
    why: MissReason | None
    duration_s: float | None
    share_s: float | None
    saved_s: float | None
    on_critical_path: bool


class ExplainedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial of a variant in a state.

    `is_typical`: it was not asked for by its round, but is the valid one whose wall time is nearest to the median.
    `disturbed` is the trial's. `typical_time` says where the median wall time of the `n_valid` valid trials went, of
    which other work disturbed `n_disturbed`.
    """

    variant: str
    state: State
    number: int
    round: int
    is_typical: bool
    status: TrialStatus
    reason: str | None
    disturbed: str | None
    wall_s: float | None
    proof: Proof | None
    never_started: int
    steps: tuple[ExplainedStep, ...]
    cache_saved_s: float | None
    time: TimeShares | None
    n_valid: int
    n_disturbed: int
    typical_time: TimeShares | None
    critical_path: tuple[PathStep, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The explained trials of a run, in the order of its variants and states."""

    run: str
    trials: tuple[ExplainedTrial, ...]
