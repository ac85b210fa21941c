"""Reads a Dockerfile that is no template, and what of its build context a scenario can be guessed from.

`bench.pure.scenario_draft` makes sense of it. Neighbour: `bench.ports.scenario_files` reads real scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from bench.errors import InputError, UsageError
from bench.ports.scenario_files import NAMED_LIKE_A_DOCKERFILE, SCENARIO_FILE, read_text
from bench.pure.guessed_edits import JSON_MANIFESTS

LARGEST_MANIFEST_BYTES = 1_000_000
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def dockerfile_at(name_or_path: str) -> Path | None:
    """The Dockerfile that a word of the command line means; None where it means a scenario.

    A file is one when it is called like one, or when its path has a slash and it is no TOML file.
    """
    path = Path(name_or_path)
    if path.suffix == ".j2" or path.name == SCENARIO_FILE or not path.is_file():
        return None
    called_so = NAMED_LIKE_A_DOCKERFILE.fullmatch(path.name) is not None
    return path if called_so or ("/" in name_or_path and path.suffix != ".toml") else None


def read_dockerfile(path: Path) -> str:
    """The text, its line ends as they are. Raises UsageError where there is no file, InputError where it is no text."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise UsageError(
            f"the Dockerfile '{path}' {what}", remedy="give the path of a Dockerfile, such as ./Dockerfile"
        )
    return read_text(path, "a Dockerfile", newline="")


def context_folder(dockerfile: Path, context: Path | None) -> Path:
    """The build context: what was named, else the Dockerfile's folder. Raises UsageError where it is no folder."""
    folder = dockerfile.parent if context is None else context
    if not folder.is_dir():
        raise UsageError(f"the build context '{folder}' is not a folder", remedy="name a folder: --context .")
    return folder


def manifest_texts(context: Path, files: Sequence[str]) -> dict[str, str]:
    """The JSON manifests of a context, by path; one that is huge or no text is left out. Raises InputError."""
    found: dict[str, str] = {}
    for path in files:
        file = context / path
        if PurePosixPath(path).name in JSON_MANIFESTS and "node_modules" not in PurePosixPath(path).parts:
            try:
                if file.stat().st_size <= LARGEST_MANIFEST_BYTES:
                    found[path] = file.read_bytes().decode("utf-8", errors="replace")
            except OSError as error:
                raise InputError(f"{file}: cannot be read: {error.strerror}", remedy="check its rights") from error
    return found


def scenario_name(dockerfile: Path) -> str:
    """What a scenario of this Dockerfile is called: its folder, and what else its own name says (`Dockerfile.dev`)."""
    folder = _plain(dockerfile.absolute().parent.resolve().name) or "dockerfile"
    extra = _plain(re.sub(r"(Dockerfile|Containerfile)", "", dockerfile.name, flags=re.IGNORECASE))
    return f"{folder}-{extra}" if extra else folder


def _plain(name: str) -> str:
    return _NOT_IN_A_NAME.sub("-", name).strip("-._")
