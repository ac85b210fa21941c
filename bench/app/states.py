"""How each cache state is brought about, outside the timed region. What was achieved is proven elsewhere.

On a private engine cold means a build cache that is really empty. On the user's own engine nothing may be pruned, so
cold means `--no-cache`, and of the cache only what our own builds added is ever removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

import msgspec

from bench.app.host_keeper import HostKeeper
from bench.model.build import BuilderKind, BuildOutcome, BuildRequest
from bench.model.scenario import Edit, State
from bench.ports.protocols import Builder, Engine


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
        self.before(request)
        outcome = self._builder.build(request)
        self.after(outcome)
        return outcome

    def before(self, request: BuildRequest) -> None:
        """Take note of what is in the user's cache before a build of ours; no meter should see this work."""
        if self._host is not None:
            self._host.begin(request)

    def after(self, outcome: BuildOutcome) -> None:
        """Take note of what a build of ours has left in the user's cache; the same."""
        if self._host is not None:
            self._host.end(outcome)

    def close(self) -> None:
        """Remove from the engine what builds left there; a private one goes as a whole, and a kept one is emptied."""
        self._builder.remove_leftovers()
        if self._host is None:
            self._engine.empty_build_cache()
        else:
            self._host.remove_ours()

    def _empty(self) -> None:
        """Remove from the build cache what is ours: on a private engine, all of it."""
        if self._host is None:
            self._engine.empty_build_cache()
        else:
            self._host.remove_ours()


def move_context(context: Path, name: str) -> Path:
    """Rename the context's folder within its parent; a builder that keys transfers by it sees a new one."""
    return context.rename(context.with_name(name))
