"""From the classic builder's stream, as docker-py decodes it, to a transcript.

The stream has no times, so each event comes with the moment of its arrival; and no word on the context's transfer and
the export, so those phases are None. A FROM never says "Using cache", and is never counted. Neighbour:
`bench.pure.rawjson` does the same for BuildKit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bench.model.build import Phases, Step, StepKind, StepStatus, Transcript
from bench.pure.dockerfile_steps import names_stages, stage_name
from bench.pure.vertices import instruction_kind

_STEP = re.compile(r"Step (\d+)/(\d+) : (.*)", re.DOTALL)
_RESULT = re.compile(r" ---> ([0-9a-f]{12,64})\n")
_USING_CACHE = " ---> Using cache\n"
_RUNNING = " ---> Running in "
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BUILT = "Successfully built "
_FAILURES = frozenset({"error", "errorDetail", "message"})
_KNOWN = frozenset({"stream", "status", "aux", "id", "progress", "progressDetail"}) | _FAILURES

Event = tuple[float, Mapping[str, Any]]


def parse_classic(events: Iterable[Event]) -> Transcript:
    """Read the decoded stream of a classic build; each event with its arrival in seconds on a monotonic clock.

    A step lasts until the next one begins or the build says that it is done. Never raises: what is not an event of the
    protocol is counted in `unreadable_lines`.
    """
    stream = _Stream()
    for arrived_s, event in events:
        stream.add(arrived_s, event)
    return stream.transcript()


class _OpenStep:
    """A step while its events come in."""

    def __init__(self, position: int, text: str, begun_s: float) -> None:
        self.position = position
        self.text = text.strip()
        self.kind = instruction_kind(self.text)
        self.begun_s = begun_s
        self.ended_s: float | None = None
        self.status = StepStatus.FAILED
        self.stage: str | None = None
        self.digest = ""
        self._runs = False

    def hear(self, said: str) -> None:
        """Take in a line of the step's own; output of a container can look the same, and comes after `Running in`."""
        result = _RESULT.fullmatch(said)
        if said.startswith(_RUNNING):
            self._runs = True
        elif said == _USING_CACHE and not self._runs:
            self.status = StepStatus.CACHED
        elif result is not None:
            self.digest = result.group(1)
            if self.status is not StepStatus.CACHED:
                self.status = StepStatus.EXECUTED


class _Stream:
    """Collects the events of one build."""

    def __init__(self) -> None:
        self._steps: list[_OpenStep] = []
        self._total = ""
        self._first_s: float | None = None
        self._last_s = 0.0
        self._text: list[str] = []
        self._error: str | None = None
        self._layers: dict[str, int | None] = {}
        self._unreadable = 0

    def add(self, arrived_s: float, event: Any) -> None:
        self._first_s = arrived_s if self._first_s is None else self._first_s
        self._last_s = max(self._last_s, arrived_s)
        if not isinstance(event, Mapping) or not _KNOWN & event.keys():
            self._unreadable += 1
        elif _FAILURES & event.keys():
            self._fail(arrived_s, event)
        elif isinstance(event.get("stream"), str):
            self._say(arrived_s, event["stream"])
        elif isinstance(event.get("status"), str):
            self._fetch(event)

    def _say(self, arrived_s: float, said: str) -> None:
        self._text.append(_COLOUR.sub("", said))
        step = _STEP.fullmatch(said)
        if step is not None and self._is_next(step.group(1), step.group(2)):
            self._end_step(arrived_s)
            self._total = step.group(2)
            self._steps.append(_OpenStep(int(step.group(1)), step.group(3), arrived_s))
        elif said.startswith(_BUILT):
            self._end_step(arrived_s)
        elif self._steps:
            self._steps[-1].hear(said)

    def _is_next(self, number: str, total: str) -> bool:
        """Whether this is the step that must come now, rather than output that looks like one."""
        return int(number) == len(self._steps) + 1 and self._total in {"", total}

    def _end_step(self, moment_s: float) -> None:
        if self._steps and self._steps[-1].ended_s is None:
            self._steps[-1].ended_s = moment_s

    def _fail(self, arrived_s: float, event: Mapping[str, Any]) -> None:
        """Take in an error of the build, or the daemon's `message` instead of a build."""
        detail = event.get("errorDetail")
        told = detail.get("message") if isinstance(detail, Mapping) else None
        self._error = str(event.get("error") or told or event.get("message") or "the build failed")
        begun_line = bool(self._text) and not self._text[-1].endswith("\n")
        self._text.append("\n" * begun_line + f"ERROR: {self._error}\n")
        self._end_step(arrived_s)
        if self._steps:
            self._steps[-1].status = StepStatus.FAILED

    def _fetch(self, event: Mapping[str, Any]) -> None:
        """An event of a pull: `status` is what happens to the layer `id`, now and then with how far it has come.

        Small layers are complete before there is anything to tell, and then their size is told nowhere.
        """
        detail, layer, what = event.get("progressDetail"), str(event.get("id", "")), event["status"]
        size = detail.get("total") if isinstance(detail, Mapping) else None
        if what == "Downloading" and isinstance(size, int):
            self._layers[layer] = size
        elif what == "Download complete":
            self._layers.setdefault(layer, None)
        if not detail:
            self._text.append(f"{layer}: {what}\n" if layer else f"{what}\n")

    def _pulled_bytes(self) -> int | None:
        sizes = [size for size in self._layers.values() if size is not None]
        return sum(sizes) if self._steps and len(sizes) == len(self._layers) else None

    def transcript(self) -> Transcript:
        self._name_stages()
        steps = tuple(self._step(step) for step in self._steps)
        pulls = [step.duration_s or 0.0 for step in steps if step.kind is StepKind.FROM]
        others = [step.duration_s or 0.0 for step in steps if step.kind is not StepKind.FROM]
        return Transcript(
            steps=steps,
            phases=Phases(
                context_s=None,
                pull_s=sum(pulls) if steps else None,
                steps_s=sum(others) if steps else None,
                export_s=None,
            ),
            context_bytes=None,
            pulled_bytes=self._pulled_bytes(),
            log="".join(self._text),
            error=self._error,
            unreadable_lines=self._unreadable,
        )

    def _name_stages(self) -> None:
        """Name stages as BuildKit does, so that the same step has the same stage whoever built it."""
        several = names_stages(step.text for step in self._steps)
        number, stage = -1, None
        for step in self._steps:
            if step.kind is StepKind.FROM:
                number += 1
                stage = stage_name(step.text, number, several=several)
            step.stage = stage

    def _step(self, step: _OpenStep) -> Step:
        ended_s = self._last_s if step.ended_s is None else step.ended_s
        return Step(
            digest=step.digest,
            name=step.text,
            kind=step.kind,
            stage=step.stage,
            position=step.position,
            status=step.status,
            start_s=step.begun_s - (self._first_s or 0.0),
            duration_s=max(0.0, ended_s - step.begun_s),
        )
