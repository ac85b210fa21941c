"""What is done once with each variant's image, outside the timed region: the smoke test, and the weighing of layers."""

from __future__ import annotations

from bench.app.host_keeper import RUN_LABEL
from bench.app.stopwatch import Stopwatch
from bench.app.workbench import Workbench
from bench.errors import EngineError
from bench.model.image_layers import ImageLayers
from bench.model.run import Run
from bench.model.trial import ImageFacts, SmokeResult, Trial
from bench.pure.metrics import WEIGHED
from bench.pure.smoke import judge_smoke


class ImageChecks:
    """Remembers which variants' images were tested and weighed. `bases` maps a variant to its base."""

    def __init__(self, run: Run, bench: Workbench) -> None:
        self._run = run
        self._bench = bench
        self._bases = {variant.id: variant.base for variant in run.plan.variants}
        self._smoked: dict[str, SmokeResult] = {}
        self._weighed: set[str] = set()

    def remember(self, trial: Trial) -> None:
        """Take note of what a trial has shown of its variant's image."""
        if trial.smoke is not None:
            self._smoked[trial.variant] = trial.smoke
        if trial.layers is not None:
            self._weighed.add(trial.variant)

    def known_smoke(self, variant: str) -> SmokeResult | None:
        """What the smoke test of an earlier trial gave."""
        return self._smoked.get(variant)

    def smoke(self, variant: str, image: ImageFacts | None, watch: Stopwatch) -> SmokeResult | None:
        """Test a variant's image, the first time that there is one; None where there is nothing to test."""
        test = self._run.smoke
        if test is None or image is None or variant in self._smoked or variant not in self._bases:
            return None
        with watch.time("smoke"):
            labels = {RUN_LABEL: self._run.id}
            result = self._bench.engine.run_container(image.id, test.command, labels=labels, timeout_s=test.timeout_s)
        return judge_smoke(test, result.exit_code, result.output)

    def weigh(
        self, variant: str, image: ImageFacts | None, watch: Stopwatch
    ) -> tuple[ImageLayers | None, dict[str, str]]:
        """The layers of a variant's image, the first time that it is valid; what cannot be had is absent, with why."""
        if image is None or variant in self._weighed or variant not in self._bases:
            return None, {}
        self._weighed.add(variant)
        with watch.time("weigh"):
            try:
                return self._bench.scale.weigh(image.id, self._bases[variant]), {}
            except EngineError as error:
                self._bench.engine.ping()  # one that has died ends the campaign, one that only refuses does not
                return None, dict.fromkeys(WEIGHED, error.message)
