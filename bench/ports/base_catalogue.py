"""Reads the catalogue of bases: the shipped one, and the user's own on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.errors import InputError
from bench.model.scenario import Base
from bench.ports.paths import shipped_scenarios
from bench.pure.catalogue import parse_catalogue

FILE = "bases.toml"
OWN = Path("scenarios") / FILE


def load_catalogue(extra: Path | None = None) -> Mapping[str, Base]:
    """The shipped bases, and those of `extra`, which replace them by name.

    Without `extra` the user's `./scenarios/bases.toml` is read when it exists and is not the shipped file itself.
    Raises InputError for a file that cannot be read or is wrong.
    """
    shipped = shipped_scenarios() / FILE
    own = extra if extra is not None else (OWN if OWN.is_file() else None)
    bases = dict(_read(shipped))
    if own is not None and not _same_file(own, shipped):
        bases.update(_read(own))
    return bases


def _read(path: Path) -> Mapping[str, Base]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot read the catalogue of bases: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the catalogue of bases is not UTF-8 text") from error
    return parse_catalogue(text, file=str(path))


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
