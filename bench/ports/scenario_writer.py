"""Writes a new scenario's folder, whole or not at all. Neighbour: `bench.ports.scenario_files` reads it back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from bench.errors import StorageError, UsageError
from bench.ports.context import ContextFacts, stage_context
from bench.ports.scenario_files import SCENARIO_FILE
from bench.pure.scenario_wire import LEVEL_NAME

CONTEXT = "context"


def check_name(name: str) -> None:
    """Raise UsageError where a scenario cannot be called so."""
    if not re.fullmatch(LEVEL_NAME, name):
        raise UsageError(
            f"a scenario cannot be called '{name}'",
            remedy="--name with letters, digits, '.', '_' and '-', and a letter or digit first",
        )


def refuse_taken(folder: Path, *, force: bool) -> None:
    """Raise UsageError where a scenario cannot be written to `folder`: a bad name, or something that is there already.

    With `force` another scenario may be there; nothing but a scenario is ever replaced.
    """
    check_name(folder.name)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / SCENARIO_FILE).is_file():
        raise UsageError(f"{folder} is there already, and is no scenario", remedy="choose another folder with --out")
    if not force:
        raise UsageError(f"{folder} is there already", remedy="choose another --name, or replace it with --force")


def write_scenario(folder: Path, texts: Mapping[str, str], *, context: Path | None = None) -> ContextFacts | None:
    """Write the files `texts` (by path relative to `folder`), and a copy of `context` where one is given.

    What of these was there before is replaced; other files stay. Returns what was copied. Raises StorageError, and
    InputError for a context that cannot be copied; then nothing has changed.
    """
    draft = folder.with_name(f".buildmark-init-{os.getpid()}-{folder.name}")
    try:
        draft.mkdir(parents=True)
        try:
            facts = None if context is None else stage_context(context, draft / CONTEXT, without=(draft, folder))
            for path, text in texts.items():
                (draft / path).parent.mkdir(parents=True, exist_ok=True)
                (draft / path).write_text(text, encoding="utf-8", newline="")
            _take_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"cannot write {folder}: {error.strerror}", remedy="choose another folder with --out"
        ) from error
    return facts


def _take_place(draft: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for entry in draft.iterdir():
        old = folder / entry.name
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        entry.replace(old)
