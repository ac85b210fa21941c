"""What a run of ours puts into the user's own engine, written down as it does, so that a killed run is tidied up.

One file per engine in the cache folder; it exists while a run uses the engine. The run that finds one (it holds the
engine's lock, so the writer is gone) removes what the earlier run left. `bench.app.host_keeper` does the removing.
"""

from __future__ import annotations

import contextlib
import re
from datetime import datetime
from pathlib import Path

import msgspec

from bench.ports.disk import make_folder, write_whole


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """What is ours: the run's label, cache records by id, names of images.

    While a build runs, `building_since` is when it began and `dockerfile` its text: of what it leaves nothing is known
    yet but that.
    """

    run: str
    records: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    building_since: datetime | None = None
    dockerfile: str = ""


class HostLedger:
    """The notes on one engine of the user's."""

    def __init__(self, cache: Path, engine_name: str) -> None:
        self._path = cache / "hosts" / f"{re.sub(r'[^A-Za-z0-9._-]', '_', engine_name)}.json"

    def read(self) -> Notes | None:
        """The notes that a killed run left; None where there are none, or none that can be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Notes)
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, notes: Notes) -> None:
        """Replace the notes, whole or not at all. Raises StorageError."""
        make_folder(self._path.parent)
        write_whole(self._path, msgspec.json.encode(notes))

    def clear(self) -> None:
        """Nothing of ours is left in the engine."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
