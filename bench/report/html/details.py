"""What the page tells of each variant when it is asked: steps, trials, layers, Dockerfile. The scripts lay it out.

Neighbours: `bench.pure.explanation` chooses the trial whose steps are shown and explains them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bench.model.build import Step
from bench.model.explanation import ExplainedStep, ExplainedTrial
from bench.model.image_layers import ImageLayer, ImageLayers
from bench.model.layers_report import VariantLayers
from bench.model.run import Run
from bench.model.scenario import Variant
from bench.model.trial import StepUse, Trial, TrialStatus
from bench.pure.explanation import explain
from bench.pure.layers_report import layers_report
from bench.pure.metrics import counts
from bench.report.explain import miss_text, proof_text
from bench.report.html.model import Details, LayerView, StateView, StepView, TrialView, VariantView, WasteView
from bench.report.html.texts import Texts, visible
from bench.report.layers import made_by, totals_text
from bench.report.units import seconds_text

_FIGURES = 5


def details_of(run: Run, trials: Sequence[Trial], dockerfiles: Mapping[str, str], first: str | None) -> Details:
    """The details of every variant, in the plan's order. `dockerfiles` maps ids to texts, where they are still there.

    `first` is the variant that is shown before anybody asks for one.
    """
    texts = Texts()
    mine: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        mine[trial.variant].append(trial)
    variants = tuple(
        _variant(run, variant, mine[variant.id], dockerfiles.get(variant.id), texts) for variant in run.plan.variants
    )
    names = [variant.id for variant in run.plan.variants]
    return Details(
        texts=texts.all,
        axes=tuple(map(visible, run.axes)),
        first=names.index(first) if first in names else 0,
        variants=variants,
    )


def _variant(run: Run, variant: Variant, trials: Sequence[Trial], dockerfile: str | None, texts: Texts) -> VariantView:
    explained = explain(run, trials, variant=variant.id).trials if trials else ()
    weighed = layers_report(run, trials, variant=variant.id).variants[0]
    lines = None if dockerfile is None else tuple(map(texts.line, dockerfile.removesuffix("\n").split("\n")))
    return VariantView(
        name=texts.place(variant.id),
        image=texts.place(image_text(weighed)),
        levels=tuple(texts.place(variant.levels.get(axis, "")) for axis in run.axes),
        lines=lines,
        layers=tuple(layer_view(layer, texts) for layer in weighed.layers.layers) if weighed.layers else (),
        worst=_worst(weighed.layers, texts) if weighed.layers else (),
        states=tuple(_state(one, trials, texts) for one in explained),
    )


def image_text(weighed: VariantLayers) -> str:
    """What the layers of an image come to, or why it was not weighed."""
    if weighed.layers is None:
        return f"Not weighed: {weighed.reason or 'nobody told why'}."
    return f"{totals_text(weighed.layers)} (trial {weighed.trial})."


def layer_view(layer: ImageLayer, texts: Texts) -> LayerView:
    """One layer of an image."""
    return LayerView(
        made=texts.place(made_by(layer)),
        size=layer.size_bytes,
        packed=layer.compressed_bytes,
        waste=layer.waste_bytes,
        files=layer.files,
        base=layer.in_base,
    )


def _worst(image: ImageLayers, texts: Texts) -> tuple[WasteView, ...]:
    return tuple(
        WasteView(
            path=texts.place(path.path), size=path.size_bytes, how=texts.place(f"{path.kind} in layer {path.layer}")
        )
        for path in image.worst
    )


def _state(explained: ExplainedTrial, trials: Sequence[Trial], texts: Texts) -> StateView:
    recorded = [trial for trial in trials if trial.state is explained.state]
    shown = next(trial for trial in recorded if trial.number == explained.number)
    return StateView(
        state=explained.state.value,
        title=texts.place(trial_title(explained)),
        shown=explained.number,
        wall=rounded(explained.wall_s),
        proof=None if explained.proof is None else texts.place(proof_text(explained.proof, explained.never_started)),
        steps=step_views(shown, explained.steps, texts),
        trials=tuple(trial_view(trial, texts) for trial in recorded),
    )


def trial_title(explained: ExplainedTrial) -> str:
    """Which trial it is, what it took, and why it and no other is shown."""
    wall = "" if explained.wall_s is None else f", {seconds_text(explained.wall_s)}"
    where = f"trial {explained.number} of round {explained.round}{wall}"
    if not explained.is_typical:
        return f"{where}: {explained.status}, for there is no valid one"
    return (
        f"{where}: nearest to the median of {explained.n_valid}" if explained.n_valid > 1 else f"{where}: the only one"
    )


def step_views(trial: Trial, explained: Sequence[ExplainedStep], texts: Texts) -> tuple[StepView, ...]:
    """The steps of a trial; `explained` are the same ones, in the same order."""
    used = {use.digest: use for use in trial.step_use}
    pairs = zip(trial.steps, explained, strict=True)
    return tuple(_step(step, told, used.get(step.digest), texts) for step, told in pairs)


def _step(step: Step, told: ExplainedStep, used: StepUse | None, texts: Texts) -> StepView:
    where = " ".join(str(part) for part in (step.stage, step.position) if part is not None)
    return StepView(
        name=texts.place(step.name),
        cache=told.verdict.value,
        where=texts.place(where) if where else None,
        start=rounded(step.start_s),
        took=rounded(step.duration_s),
        saved=rounded(told.saved_s),
        cpu=rounded(used.cpu_s) if used else None,
        memory=used.memory_peak_bytes if used else None,
        written=used.disk_written_bytes if used else None,
        why=texts.place(miss_text(step.why)) if step.why else None,
        path=told.on_critical_path,
    )


def trial_view(trial: Trial, texts: Texts) -> TrialView:
    """A trial, whatever became of it; of one that is lost with the end of its log."""
    lost = trial.status in {TrialStatus.FAILED, TrialStatus.TIMEOUT, TrialStatus.INVALID}
    return TrialView(
        number=trial.number,
        round=trial.round,
        status=trial.status.value,
        wall=rounded(trial.wall_s),
        counts=counts(trial),
        reason=texts.maybe(trial.reason or trial.disturbed),
        log=texts.maybe(trial.log) if lost else None,
        tail=tuple(map(texts.line, trial.log_tail)) if lost else (),
    )


def rounded(value: float | None) -> float | None:
    """As many figures of a number as a page can show; the records have them all."""
    return None if value is None else float(f"{value:.{_FIGURES}g}")
