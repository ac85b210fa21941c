"""Keeps the user's own engine as it was: knows what came with our builds, and removes that alone.

What is ours among the cache records is what appeared between the beginning and the end of a build of ours, and is
described as the result of one of its steps. A record that a build of the user's stands on by now is theirs too, and
stays. Everything is written down as it happens (`bench.ports.host_ledger`), so that the next run can tidy up after one
that was killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bench.model.build import BuildOutcome, BuildRequest
from bench.ports.host_ledger import HostLedger, Notes
from bench.ports.protocols import CacheRecord, Clock, Engine
from bench.pure.cache_ownership import OurWords

RUN_LABEL = "buildmark.run"


class HostKeeper:
    """The keeper of one engine for one run. Making it tidies up after a run that was killed."""

    def __init__(self, engine: Engine, ledger: HostLedger, clock: Clock, run_id: str) -> None:
        self._engine = engine
        self._ledger = ledger
        self._clock = clock
        self._tidy_up(ledger.read())
        self._theirs: set[str] = set()
        self._notes = Notes(run=run_id)
        ledger.write(self._notes)

    def note_ref(self, ref: str) -> None:
        """Take note of the name that an image is about to get."""
        self._note(refs=(*self._notes.refs, ref))

    def begin(self, request: BuildRequest) -> None:
        """Take note that a build of ours begins; what is in the cache now and not ours is theirs."""
        self._theirs = {record.id for record in self._engine.build_cache()} - set(self._notes.records)
        self._note(building_since=self._clock.now(), dockerfile=request.dockerfile.read_text())

    def end(self, outcome: BuildOutcome) -> None:
        """Take note of what a build of ours has left."""
        words = _words(self._notes, (step.name for step in outcome.transcript.steps))
        known = self._theirs | set(self._notes.records)
        new = [record for record in self._engine.build_cache() if record.id not in known]
        ours = tuple(record.id for record in new if words.made(record.description))
        self._note(records=(*self._notes.records, *ours), building_since=None, dockerfile="")

    def remove_ours(self) -> None:
        """Remove the cache records that are ours, but for those that somebody's build stands on."""
        if self._notes.records:
            self._engine.remove_cache_records(self._notes.records)
            self._note(records=())

    def close(self) -> None:
        """Remove what is left of ours, also of a build that never ended, and the notes with it.

        The names of bases are not removed here: whoever gave them does.
        """
        _remove_records(self._engine, self._notes)
        self._ledger.clear()

    def _note(self, **changes: object) -> None:
        self._notes = msgspec.structs.replace(self._notes, **changes)
        self._ledger.write(self._notes)

    def _tidy_up(self, killed: Notes | None) -> None:
        if killed is None:
            return
        self._engine.remove_labelled(f"{RUN_LABEL}={killed.run}")
        _remove_records(self._engine, killed)
        for ref in killed.refs:
            self._engine.remove_image(ref)


def _remove_records(engine: Engine, notes: Notes) -> None:
    """Remove what the notes call ours; of a build that never ended, what is described as one of its steps.

    Transfers of such a build are left to the engine's own collection: their description fits anybody's.
    """
    ours = set(notes.records)
    if notes.building_since is not None:
        words = _words(notes, ())
        new = (record for record in engine.build_cache() if _is_since(record, notes.building_since))
        ours |= {record.id for record in new if words.made_by_step(record.description)}
    if ours:
        engine.remove_cache_records(ours)


def _words(notes: Notes, names: Iterable[str]) -> OurWords:
    words = OurWords()
    words.add_dockerfile(notes.dockerfile)
    words.add_names(names)
    return words


def _is_since(record: CacheRecord, begin: datetime) -> bool:
    """Whether the engine made a record after `begin`; one whose time cannot be read is nobody's that we know."""
    try:
        return datetime.fromisoformat(record.created_at) >= begin
    except ValueError:
        return False
