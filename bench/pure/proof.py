"""The evidence for a trial's cache state, read from the build's own stream (DESIGN, rule 2).

A step that never started in a build that succeeded belongs to a stage that the target does not need: it is neither
executed nor cached, and proves nothing either way (`CacheUse.never_started` counts it). Neighbours:
`bench.pure.rawjson` and `bench.pure.classic` make the transcripts, `bench.pure.context_use` knows what was to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

import msgspec

from bench.model.build import Step, StepKind, StepStatus, Transcript
from bench.model.scenario import State
from bench.model.trial import Proof
from bench.pure.context_use import copies_context
from bench.pure.edits import steps_that_hit, steps_that_miss

_NAMED = 4
_WIDTH = 60


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed before the timed build: files of the context, and the Dockerfile (its text) that reads them."""

    files: tuple[str, ...]
    dockerfile: str


def prove(
    state: State,
    transcript: Transcript,
    *,
    least_context_bytes: int = 1,
    least_pulled_bytes: int = 1,
    by_no_cache: bool = False,
    edited: Edited | None = None,
) -> Proof:
    """Hold the transcript of a build that succeeded against the state that it should have started from.

    cold: at least one eligible step, every one that started was executed, and a context that steps copy from was
    transferred: at least `least_context_bytes` (see `bench.pure.context_use`; not claimed where the builder does not
    tell bytes). `by_no_cache`: cold was asked for with `--no-cache`, which BuildKit does not apply to WORKDIR, so one
    that was found in the cache is let pass. pull: cold, and at least `least_pulled_bytes` came from a registry. warm:
    at least one eligible step, and every one that started came from the cache. A state with an edit: every step that
    `edited` makes stale was executed, and every step before those came from the cache; where the edit changed no
    content, it is warm.
    """
    started = [step for step in transcript.steps if step.kind.is_eligible and step.status != StepStatus.NEVER_STARTED]
    had_to_miss: tuple[Step, ...] = ()
    match state:
        case State.COLD:
            proving = [step for step in started if not (by_no_cache and _is_found_workdir(step))]
            reasons = list(_cold_objections(proving, transcript, least_context_bytes))
        case State.PULL:
            reasons = [
                *_cold_objections(started, transcript, least_context_bytes),
                *_pull_objections(transcript, least_pulled_bytes),
            ]
        case State.WARM:
            reasons = list(_objections(started, StepStatus.CACHED))
        case State.EDIT_SOURCE | State.EDIT_DEPS:
            had_to_miss = _had_to_miss(started, edited)
            reasons = list(_edit_objections(started, had_to_miss, edited))
        case _:
            assert_never(state)
    return Proof(
        holds=not reasons,
        executed=sum(step.status == StepStatus.EXECUTED for step in started),
        cached=sum(step.status == StepStatus.CACHED for step in started),
        context_bytes=transcript.context_bytes,
        pulled_bytes=transcript.pulled_bytes,
        reasons=tuple(reasons),
        edited=edited.files if edited else (),
        had_to_miss=tuple(_name(step) for step in had_to_miss),
    )


def _cold_objections(started: Sequence[Step], transcript: Transcript, least_context_bytes: int) -> Iterator[str]:
    yield from _objections(started, StepStatus.EXECUTED)
    yield from _context_objections(transcript, least_context_bytes)


def _pull_objections(transcript: Transcript, least: int) -> Iterator[str]:
    pulled = transcript.pulled_bytes or 0
    if pulled < least:
        yield f"the base was not pulled: {pulled} bytes came from a registry where at least {least} were due"


def _had_to_miss(started: Sequence[Step], edited: Edited | None) -> tuple[Step, ...]:
    return steps_that_miss(edited.dockerfile, started, edited.files) if edited and edited.files else ()


def _edit_objections(started: Sequence[Step], had_to_miss: Sequence[Step], edited: Edited | None) -> Iterator[str]:
    if edited is None:
        yield "nothing is known of an edit"
        return
    if not edited.files:
        yield from _objections(started, StepStatus.CACHED)
        return
    if not had_to_miss:
        yield f"no step copies what the edit changed ({', '.join(edited.files[:_NAMED])}), so nothing had to miss"
    hits = [step for step in had_to_miss if step.status is not StepStatus.EXECUTED]
    if hits:
        yield f"{len(hits)} of {len(had_to_miss)} steps after the edit were not executed: {_names(hits)}"
    before = steps_that_hit(edited.dockerfile, started, had_to_miss)
    misses = [step for step in before if step.status is not StepStatus.CACHED]
    if misses:
        yield f"{len(misses)} of {len(before)} steps before the edit were not found in the cache: {_names(misses)}"


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
