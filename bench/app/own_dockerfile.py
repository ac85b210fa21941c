"""From a Dockerfile with its build context to a Draft of a scenario, or to a scenario for one run.

Neighbours: `bench.ports.own_dockerfile` reads, `bench.pure.scenario_draft` understands; `buildmark init` writes the
draft down, `buildmark run ./Dockerfile` uses it as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from bench.model.draft import Draft
from bench.model.scenario import BASE_AXIS, DEFAULT_STATES, Axis, Base, Level, Limits, Scenario
from bench.ports.context import IGNORE_FILE, list_context
from bench.ports.own_dockerfile import context_folder, manifest_texts, read_dockerfile, scenario_name
from bench.pure.scenario_draft import draft_scenario


class OwnDockerfile(msgspec.Struct, frozen=True, kw_only=True):
    """A Dockerfile, the folder of its build context, and what they come to. Both paths are absolute."""

    file: Path
    context: Path
    draft: Draft


def understand(dockerfile: Path, context: Path | None, catalogue: Mapping[str, Base]) -> OwnDockerfile:
    """Read a Dockerfile and its context. `context` is the Dockerfile's folder where it is None.

    Raises UsageError where one of them is not there, InputError where the Dockerfile is wrong, StorageError where the
    context cannot be read.
    """
    text = read_dockerfile(dockerfile)
    folder = context_folder(dockerfile, context)
    files = tuple(path for path in list_context(folder) if path.isprintable())  # others fit in no scenario file
    draft = draft_scenario(
        text, file=str(dockerfile), files=files, texts=manifest_texts(folder, files), catalogue=catalogue
    )
    draft = msgspec.structs.replace(draft, warned=(*draft.warned, *_of_the_context(dockerfile, folder, files)))
    return OwnDockerfile(file=_absolute(dockerfile), context=_absolute(folder), draft=draft)


def scenario_of(own: OwnDockerfile) -> Scenario:
    """A scenario that is written nowhere: the Dockerfile as it is, on its own base where that is one of the catalogue.

    It has the guessed edits, for those who ask for their states, and no smoke test, since a guess must fail no trial.
    """
    name = scenario_name(own.file)
    levels = tuple(Level(name=base) for base in own.draft.bases[:1])
    return Scenario(
        name=name,
        title=f"{own.file.name} of {own.file.parent.name}",
        description="",
        folder=own.file.parent,
        template=own.file,
        context=own.context,
        axes=(Axis(name=BASE_AXIS, levels=levels),) if levels else (),
        exclude=(),
        include=(),
        states=DEFAULT_STATES,
        args={},
        platform=None,
        smoke=None,
        limits=Limits(),
        edits=own.draft.edits,
    )


def _of_the_context(dockerfile: Path, context: Path, files: Sequence[str]) -> Iterator[str]:
    """What of the context somebody should know of who measures with it."""
    own_ignore = dockerfile.with_name(f"{dockerfile.name}{IGNORE_FILE}")
    if own_ignore.is_file():
        yield f"{own_ignore.name} is not applied: Buildmark goes by the {IGNORE_FILE} of the context"
    if any(path.startswith(".git/") for path in files):
        yield f".git is sent with the context, so that every commit changes it: name it in {context / IGNORE_FILE}"


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (keeps a linked folder's own name, `resolve` would not)
