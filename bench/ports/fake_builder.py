"""A builder that builds nothing; what goes wrong with its builds is scripted.

Neighbours: `bench.ports.fake_build` is one of its builds, `bench.ports.fake_engine` what it builds on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bench.model.build import BuildOutcome, BuildRequest
from bench.ports.fake_build import FakeAttempt, FakeBuild
from bench.ports.fake_engine import FakeEngine

Script = Mapping[str, Sequence[FakeBuild]]


class FakeBuilder:
    """Goes through Dockerfiles on `engine` and its clock.

    `script` maps a variant, which is the name of the Dockerfile's folder, to how its builds go, one after the other
    (preparing builds count; the last one stays in force). `nth` does the same by the number of the build over
    all variants, counted from 1, and goes before. What neither names goes as `usual`. `requests` keeps what was asked.
    """

    def __init__(
        self,
        engine: FakeEngine,
        *,
        script: Script | None = None,
        nth: Mapping[int, FakeBuild] | None = None,
        usual: FakeBuild | None = None,
    ) -> None:
        self.requests: list[BuildRequest] = []
        self._engine = engine
        self._script = script or {}
        self._nth = nth or {}
        self._usual = usual or FakeBuild()
        self._built: dict[str, int] = {}

    def build(self, request: BuildRequest, *, on_line: Callable[[bytes], None] | None = None) -> BuildOutcome:
        """See Builder."""
        self.requests.append(request)
        variant = request.dockerfile.parent.name
        self._engine.note("build", variant)
        attempt = FakeAttempt(self._engine, request, self._plan(variant))
        try:
            return attempt.run(on_line)
        except KeyboardInterrupt:
            self._engine.calls.append(f"stop {variant}")
            raise

    def remove_leftovers(self) -> None:
        """See Builder."""
        self._engine.calls.append("remove_leftovers")

    def _plan(self, variant: str) -> FakeBuild:
        number = self._built.get(variant, 0)
        self._built[variant] = number + 1
        scripted = self._script.get(variant, ())
        usual = scripted[min(number, len(scripted) - 1)] if scripted else self._usual
        return self._nth.get(len(self.requests), usual)
