"""How each cache state is brought about, outside the timed region. What was achieved is proven elsewhere.

On a private engine cold means a build cache that is really empty. On the user's own engine nothing may be pruned, so
cold means `--no-cache`, and of the cache only the records that our own builds added are ever removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

import msgspec

from bench.model.build import BuilderKind, BuildOutcome, BuildRequest
from bench.model.run import EngineKind
from bench.model.scenario import State
from bench.ports.protocols import Builder, Engine
from bench.pure.cache_ownership import OurWords


class CacheLedger:
    """Knows which records of the user's build cache came with our own builds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._theirs = frozenset(record.id for record in engine.build_cache())
        self._words = OurWords()

    def expect(self, request: BuildRequest) -> None:
        """Take note of a build of ours before it begins, for one that is interrupted leaves records too."""
        self._words.add([request.dockerfile.read_text()])

    def note(self, outcome: BuildOutcome) -> None:
        """Take note of what the builder called the steps of a build of ours."""
        self._words.add(step.name for step in outcome.transcript.steps)

    def remove_ours(self) -> None:
        """Remove the records that were not there before, as far as they are the result of one of our steps."""
        new = (record for record in self._engine.build_cache() if record.id not in self._theirs)
        ours = [record.id for record in new if self._words.made(record.description)]
        if ours:
            self._engine.remove_cache_records(ours)


class StateKeeper:
    """Brings the engine into the state that a trial starts from."""

    def __init__(self, engine: Engine, builder: Builder, kind: BuilderKind) -> None:
        self._engine = engine
        self._builder = builder
        self._private = engine.info.kind is EngineKind.PRIVATE
        self._cold_needs_no_cache = not self._private or kind is BuilderKind.CLASSIC
        self._ledger = None if self._private else CacheLedger(engine)

    def request_for(self, state: State, request: BuildRequest) -> BuildRequest:
        """The request of the timed build of a trial in `state`."""
        return msgspec.structs.replace(request, no_cache=state is State.COLD and self._cold_needs_no_cache)

    def prepare(self, state: State, request: BuildRequest) -> BuildOutcome | None:
        """Bring the state about. Returns the untimed build that this took, None where it took none."""
        match state:
            case State.COLD:
                self.empty()
                return None
            case State.WARM:
                return self.build(self.request_for(state, request))
            case _:
                assert_never(state)

    def build(self, request: BuildRequest) -> BuildOutcome:
        """Build, and take note of what that leaves in the user's cache."""
        if self._ledger is not None:
            self._ledger.expect(request)
        outcome = self._builder.build(request)
        if self._ledger is not None:
            self._ledger.note(outcome)
        return outcome

    def empty(self) -> None:
        """Remove from the build cache what is ours: on a private engine, all of it."""
        if self._ledger is None:
            self._engine.empty_build_cache()
        else:
            self._ledger.remove_ours()


def move_context(context: Path, name: str) -> Path:
    """Rename the context's folder within its parent; a builder that keys transfers by it sees a new one."""
    return context.rename(context.with_name(name))
