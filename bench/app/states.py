"""How each cache state is brought about, outside the timed region. What was achieved is proven elsewhere.

On a private engine cold means a build cache that is really empty. On the user's own engine nothing may be pruned, so
cold means `--no-cache`, and of the cache only the records that our own builds added are ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import assert_never

import msgspec

from bench.model.build import BuilderKind, BuildOutcome, BuildRequest
from bench.model.scenario import Edit, State
from bench.ports.host_ledger import HostLedger, Notes
from bench.ports.protocols import Builder, Engine
from bench.pure.cache_ownership import OurWords

RUN_LABEL = "buildmark.run"


class HostKeeper:
    """Keeps the user's own engine as it was: knows what came with our builds, and removes that alone.

    What it goes by is written down first, so that the next run can tidy up after one that was killed.
    """

    def __init__(self, engine: Engine, ledger: HostLedger, run_id: str) -> None:
        self._engine = engine
        self._ledger = ledger
        self._tidy_up_after(ledger.read())
        self._notes = Notes(run=run_id, theirs=tuple(record.id for record in engine.build_cache()))
        ledger.write(self._notes)

    def expect(self, request: BuildRequest) -> None:
        """Take note of a build of ours before it begins, for one that is interrupted leaves records too."""
        self._learn([request.dockerfile.read_text()])

    def note(self, outcome: BuildOutcome) -> None:
        """Take note of what the builder called the steps of a build of ours."""
        self._learn(step.name for step in outcome.transcript.steps)

    def remove_ours(self) -> None:
        """Remove the cache records that were not there before, as far as they are the result of one of our steps."""
        _remove_records(self._engine, self._notes)

    def close(self) -> None:
        """Remove what is left of ours, and the notes with it."""
        self.remove_ours()
        self._ledger.clear()

    def _learn(self, texts: Iterable[str]) -> None:
        words = tuple(dict.fromkeys((*self._notes.words, *texts)))
        if words != self._notes.words:
            self._notes = msgspec.structs.replace(self._notes, words=words)
            self._ledger.write(self._notes)

    def _tidy_up_after(self, killed: Notes | None) -> None:
        if killed is not None:
            self._engine.remove_labelled(f"{RUN_LABEL}={killed.run}")
            _remove_records(self._engine, killed)


def _remove_records(engine: Engine, notes: Notes) -> None:
    words, theirs = OurWords(), frozenset(notes.theirs)
    words.add(notes.words)
    new = (record for record in engine.build_cache() if record.id not in theirs)
    ours = [record.id for record in new if words.made(record.description)]
    if ours:
        engine.remove_cache_records(ours)


class StateKeeper:
    """Brings the engine into the state that a trial starts from. `host` is None on a private engine."""

    def __init__(self, engine: Engine, builder: Builder, kind: BuilderKind, host: HostKeeper | None) -> None:
        self._engine = engine
        self._builder = builder
        self._host = host
        self._cold_needs_no_cache = host is not None or kind is BuilderKind.CLASSIC

    def request_for(self, state: State, request: BuildRequest) -> BuildRequest:
        """The request of the timed build of a trial in `state`."""
        return msgspec.structs.replace(request, no_cache=state is State.COLD and self._cold_needs_no_cache)

    def prepare(self, state: State, request: BuildRequest, edit: Edit | None = None) -> BuildOutcome | None:
        """Bring the state about, but for the edit itself. Returns the untimed build that this took, None where none.

        An edit that is the same in every trial begins with an empty cache: else an earlier trial's result of it would
        be found there.
        """
        match state:
            case State.COLD | State.PULL:
                self._empty()
                return None
            case State.WARM:
                return self.build(self.request_for(state, request))
            case State.EDIT_SOURCE | State.EDIT_DEPS:
                if edit is not None and not edit.is_unique:
                    self._empty()
                return self.build(self.request_for(state, request))
            case _:
                assert_never(state)

    def build(self, request: BuildRequest) -> BuildOutcome:
        """Build, and take note of what that leaves in the user's cache."""
        if self._host is not None:
            self._host.expect(request)
        outcome = self._builder.build(request)
        if self._host is not None:
            self._host.note(outcome)
        return outcome

    def close(self) -> None:
        """Remove from the engine what builds left there; a private one goes as a whole, and a kept one is emptied."""
        self._builder.remove_leftovers()
        if self._host is None:
            self._engine.empty_build_cache()
        else:
            self._host.close()

    def _empty(self) -> None:
        """Remove from the build cache what is ours: on a private engine, all of it."""
        if self._host is None:
            self._engine.empty_build_cache()
        else:
            self._host.remove_ours()


def move_context(context: Path, name: str) -> Path:
    """Rename the context's folder within its parent; a builder that keys transfers by it sees a new one."""
    return context.rename(context.with_name(name))
