"""Trials → what `buildmark layers` shows. Neighbour: `bench.report.layers` renders it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import UsageError, did_you_mean
from bench.model.layers_report import LayersReport, VariantLayers
from bench.model.run import Run
from bench.model.scenario import Variant
from bench.model.trial import Trial
from bench.pure.metrics import IMAGE_WASTE


def layers_report(run: Run, trials: Sequence[Trial], *, variant: str | None = None) -> LayersReport:
    """The layers of every variant's image, or of one. Raises UsageError for a variant that the run does not have."""
    known = {one.id: one for one in run.plan.variants}
    if variant is not None and variant not in known:
        raise UsageError(
            f"the run {run.id} has no variant '{variant}'{did_you_mean(variant, known)}",
            remedy=f"one of: {', '.join(known)}",
        )
    wanted = known.values() if variant is None else [known[variant]]
    return LayersReport(run=run.id, variants=tuple(_of_variant(one, trials) for one in wanted))


def _of_variant(variant: Variant, trials: Sequence[Trial]) -> VariantLayers:
    mine = [trial for trial in trials if trial.variant == variant.id]
    weighed = next((trial for trial in mine if trial.layers is not None), None)
    return VariantLayers(
        variant=variant.id,
        levels=variant.levels,
        trial=weighed.number if weighed else None,
        layers=weighed.layers if weighed else None,
        reason=None if weighed else _reason(mine),
    )


def _reason(trials: Sequence[Trial]) -> str:
    refused = next((trial.absent[IMAGE_WASTE] for trial in trials if IMAGE_WASTE in trial.absent), None)
    lost = next((trial.reason for trial in trials if trial.reason), None)
    return refused or lost or ("no trial yet" if not trials else "recorded by a Buildmark that did not weigh images")
