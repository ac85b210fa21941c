"""What each step of one build used, from whichever of the two sources there is, and what no step accounts for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.model.build import BuildOutcome, Step, StepKind, StepStatus
from bench.model.trial import Reading, StepUse
from bench.pure.provenance import read_samples
from bench.pure.step_groups import StepGroup, join_groups

STEP_USE = "step_use"
STEPS_CPU = "steps_cpu_s"
FOLLOWED_BY = "cgroup-v1"
NOT_FOLLOWED = "the control groups of the steps were not followed"


def step_uses(outcome: BuildOutcome, groups: Sequence[StepGroup]) -> tuple[tuple[StepUse, ...], str | None]:
    """The use of each executed RUN step, in the steps' order, and why that of none is known where there was one.

    BuildKit's own samples name the step by its digest, so they go before the groups that were followed.
    """
    transcript = outcome.transcript
    ran = [step.digest for step in transcript.steps if _ran(step)]
    sampled = read_samples(outcome.metadata)
    by_digest = {use.digest: use for use in sampled.steps}
    uses = tuple(by_digest[digest] for digest in ran if digest in by_digest)
    if not uses:
        uses = join_groups(groups, transcript.steps, begun_at_s=transcript.begun_at_s, meter=FOLLOWED_BY)
    if uses or not ran:
        return uses, None
    return (), sampled.absent if outcome.metadata and sampled.absent else NOT_FOLLOWED


def cpu_remainder(uses: Sequence[StepUse], readings: Mapping[str, Reading]) -> dict[str, float]:
    """The CPU seconds of the steps' total that no step accounts for, where both are known."""
    told = [use.cpu_s for use in uses if use.cpu_s is not None]
    if STEPS_CPU not in readings or not told:
        return {}
    return {"cpu_s": round(readings[STEPS_CPU].value - sum(told), 9)}


def _ran(step: Step) -> bool:
    return step.kind is StepKind.RUN and step.status in {StepStatus.EXECUTED, StepStatus.FAILED}
