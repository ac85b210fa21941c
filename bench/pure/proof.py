"""The evidence for a trial's cache state, read from the build's own stream (DESIGN, rule 2).

A step that never started in a build that succeeded belongs to a stage that the target does not need: it is neither
executed nor cached, and proves nothing either way (`CacheUse.never_started` counts it). Neighbours:
`bench.pure.rawjson` and `bench.pure.classic` make the transcripts, `bench.pure.context_use` knows what was to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from bench.model.build import Step, StepKind, StepStatus, Transcript
from bench.model.scenario import State
from bench.model.trial import Proof
from bench.pure.context_use import copies_context

_NAMED = 4
_WIDTH = 60


def prove(state: State, transcript: Transcript, *, least_context_bytes: int = 1, by_no_cache: bool = False) -> Proof:
    """Hold the transcript of a build that succeeded against the state that it should have started from.

    cold: at least one eligible step, every one that started was executed, and a context that steps copy from was
    transferred: at least `least_context_bytes` (see `bench.pure.context_use`; not claimed where the builder does not
    tell bytes). `by_no_cache`: cold was asked for with `--no-cache`, which BuildKit does not apply to WORKDIR, so one
    that was found in the cache is let pass. warm: at least one eligible step, and every one that started came from the
    cache.
    """
    started = [step for step in transcript.steps if step.kind.is_eligible and step.status != StepStatus.NEVER_STARTED]
    match state:
        case State.COLD:
            reasons = [
                *_objections(
                    [step for step in started if not (by_no_cache and _is_found_workdir(step))], StepStatus.EXECUTED
                ),
                *_context_objections(transcript, least_context_bytes),
            ]
        case State.WARM:
            reasons = list(_objections(started, StepStatus.CACHED))
        case _:
            assert_never(state)
    return Proof(
        holds=not reasons,
        executed=sum(step.status == StepStatus.EXECUTED for step in started),
        cached=sum(step.status == StepStatus.CACHED for step in started),
        context_bytes=transcript.context_bytes,
        pulled_bytes=transcript.pulled_bytes,
        reasons=tuple(reasons),
    )


def _is_found_workdir(step: Step) -> bool:
    return step.kind is StepKind.WORKDIR and step.status is StepStatus.CACHED


def _objections(started: Sequence[Step], wanted: StepStatus) -> Iterator[str]:
    """Sentences on the steps whose status is not the wanted one."""
    if not started:
        yield "no RUN, COPY, ADD or WORKDIR step started, so nothing shows which state the build started from"
    words = {
        StepStatus.EXECUTED: "executed, not found in the cache",
        StepStatus.CACHED: "found in the cache, not executed",
        StepStatus.FAILED: "not completed",
    }
    for status, text in words.items():
        others = [step for step in started if step.status == status]
        if others and status != wanted:
            yield f"{len(others)} of {len(started)} steps were {text}: {_names(others)}"


def _context_objections(transcript: Transcript, least: int) -> Iterator[str]:
    sent = transcript.context_bytes
    copying = [step for step in transcript.steps if step.status == StepStatus.EXECUTED and copies_context(step)]
    if copying and sent is not None and sent < least:
        yield (
            f"the build context was not transferred anew: {sent} bytes were sent where at least {least} were due "
            f"for {_names(copying)}"
        )


def _names(steps: Sequence[Step]) -> str:
    shown = ", ".join(_name(step) for step in steps[:_NAMED])
    rest = len(steps) - _NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown


def _name(step: Step) -> str:
    where = " ".join(str(part) for part in (step.stage, step.position) if part is not None)
    text = " ".join(step.name.split())
    short = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
    return f"[{where}] {short}" if where else short
