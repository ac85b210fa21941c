"""A results folder for the tests of the site: runs with a step, a second target, and hostile ones."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from bench.model.run import Source
from bench.ports.run_store import RunStore
from bench.report.html.page import RunParts
from tests.builders import make_engine
from tests.history import begun, record, record_all
from tests.pages import hostile

LEVELS_S = [1.0] * 4 + [1.3] * 4


def history(results: Path) -> None:
    """Eight runs with a step at the fifth, and two on another target."""
    results.mkdir(exist_ok=True)
    record_all(results, LEVELS_S)
    for number in (8, 9):
        record(results, number, cold_s=1.3, engine=make_engine(server_version="29.0.1"))


def store(results: Path, parts: RunParts, *, name: str) -> None:
    """Write a run into a folder of that name."""
    results.mkdir(exist_ok=True)
    with RunStore(results).create(parts.run) as writer:
        for variant, text in parts.dockerfiles.items():
            writer.write_dockerfile(variant, text)
        for trial in parts.trials:
            writer.append(trial)
    (results / parts.run.id).rename(results / name)


def hostile_history(results: Path, text: str) -> None:
    """A run in which every name that somebody else chooses is `text`, in a folder whose name is nearly that."""
    parts = hostile(text)
    source = Source(commit=text, branch=text, dirty=True, committed_at=begun(0), subject=text)
    run = msgspec.structs.replace(parts.run, id="a-run", git=source)
    plain = text.encode()[:200].decode(errors="ignore").replace("/", "_").replace("\0", "_")
    store(results, msgspec.structs.replace(parts, run=run, dockerfiles={}), name=os.fsdecode(plain.encode()))
