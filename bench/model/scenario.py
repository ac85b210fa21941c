"""What a scenario means once its file has been read and checked: axes, levels, bases and variants."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, assert_never

import msgspec

BASE_AXIS = "base"
REVISION_AXIS = "rev"
"""The axis of a campaign that compares revisions of a scenario; no scenario has one of this name."""


class State(StrEnum):
    """The cache state that a trial starts from. Members stand in the order in which one round runs them."""

    COLD = "cold"
    WARM = "warm"
    EDIT_SOURCE = "edit-source"
    EDIT_DEPS = "edit-deps"
    PULL = "pull"

    @property
    def is_edit(self) -> bool:
        """Whether the timed build is that of a context with a declared edit, after an untimed one without."""
        return self in {State.EDIT_SOURCE, State.EDIT_DEPS}

    @property
    def meaning(self) -> str:
        """What the timed build of a trial in this state has to do."""
        match self:
            case State.COLD:
                return "nothing of the build is in the cache; the base is there"
            case State.WARM:
                return "everything is in the cache: a build of the same variant came before"
            case State.EDIT_SOURCE:
                return "a build came before, then one source file changed (`[edits.source]`)"
            case State.EDIT_DEPS:
                return "a build came before, then the list of dependencies changed (`[edits.deps]`)"
            case State.PULL:
                return "as cold, and the base has to be pulled from a registry too"
        assert_never(self)


DEFAULT_STATES = (State.COLD, State.WARM)
TRIAL_TOKEN = "@TRIAL@"  # noqa: S105  (a mark in a text)
"""Stands in the text of an edit for the name of the trial, so that no two trials make the same edit."""


class EditAction(StrEnum):
    """What an edit does to the context."""

    APPEND = "append"
    REPLACE = "replace"
    TOUCH = "touch"
    COPY = "copy"
    DELETE = "delete"
    SHELL = "shell"


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A declared mutation of a copy of the build context.

    `file` is a path in the context (None for shell). `text` is what is appended, replaced, the path copied to, or the
    shell command; `new` is what replaces it. `@TRIAL@` in any of the three becomes the name of the trial.
    """

    action: EditAction
    file: str | None = None
    text: str = ""
    new: str = ""

    @property
    def is_unique(self) -> bool:
        """Whether each trial makes an edit of its own, so that no earlier trial's cache can know it."""
        return TRIAL_TOKEN in f"{self.text}{self.new}"


class Family(StrEnum):
    """The package-manager family of a base."""

    APT = "apt"
    APK = "apk"
    NONE = "none"


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One value of an axis. `values` are what the template may read as `AXIS.KEY`."""

    name: str
    values: Mapping[str, Any] = {}


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """One way to vary. The first level is the reference that effects are measured against."""

    name: str
    levels: tuple[Level, ...]


class SmokeTest(msgspec.Struct, frozen=True, kw_only=True):
    """A command run once in each variant's image: it must end with `exit_code`, and its output match `output`.

    `command` replaces the image's entrypoint. `output` is a regular expression searched for in standard output and
    standard error together; None accepts anything.
    """

    command: tuple[str, ...]
    exit_code: int = 0
    output: str | None = None
    timeout_s: float = 60.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a build may take before it is stopped and recorded as a timeout."""

    timeout_s: float = 1800.0


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One application and the axes along which its Dockerfile varies.

    `folder`, `template` and `context` are absolute; `template` lies inside `folder`, `context` in its project.
    `exclude` holds partial combinations (axis → levels, each a tuple) that are left out; `include` holds whole
    combinations (axis → level) that are added. `args` are build args passed to every variant. `edits` holds the edit of
    each state that has one.
    """

    name: str
    title: str
    description: str
    folder: Path
    template: Path
    context: Path
    axes: tuple[Axis, ...]
    exclude: tuple[Mapping[str, tuple[str, ...]], ...]
    include: tuple[Mapping[str, str], ...]
    states: tuple[State, ...]
    args: Mapping[str, str]
    platform: str | None
    smoke: SmokeTest | None
    limits: Limits
    edits: Mapping[State, Edit] = {}


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One level for every axis, in the order of the axes. `id` joins the level names with hyphens, and is stable."""

    id: str
    levels: Mapping[str, str]

    @property
    def base(self) -> str | None:
        """The name of the base in the catalogue, or None where the scenario has no base axis."""
        return self.levels.get(BASE_AXIS)

    @property
    def revision(self) -> str | None:
        """The revision of the scenario that it is built from, or None where no revisions are compared."""
        return self.levels.get(REVISION_AXIS)


class SourceKind(StrEnum):
    """Where a base may come from, see `bench.ports.bases`."""

    ENGINE = "engine"
    REGISTRY = "registry"
    ARCHIVE = "archive"
    BOOTSTRAP = "bootstrap"
    ALPINE_WHEEL = "alpine-wheel"


class BaseSource(msgspec.Struct, frozen=True, kw_only=True):
    """One place that a base may come from, and what it needs.

    engine, registry: `ref`. archive: `location` (a path or URL) and `sha256`. bootstrap: `suite`, `variant`, `exclude`
    (dpkg path-exclude patterns; `!PATTERN` is a path-include). alpine-wheel: `package` (`NAME==VERSION`), `sha256` of
    the wheel, and `release`. `architecture` (`amd64`) is the only one that an archive or a wheel holds; None is any.
    """

    kind: SourceKind
    ref: str | None = None
    location: str | None = None
    sha256: str | None = None
    suite: str | None = None
    variant: str | None = None
    exclude: tuple[str, ...] = ()
    package: str | None = None
    release: str | None = None
    architecture: str | None = None


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the base-image catalogue; `sources` are tried in order."""

    name: str
    title: str
    family: Family
    sources: tuple[BaseSource, ...]


class PreparedBase(msgspec.Struct, frozen=True, kw_only=True):
    """A base as it lies in an engine. `ref` is what FROM names; `digest` identifies the content (`sha256:…`).

    `source` says in words which source gave it and `origin` what exactly was fetched (a reference, a file, a suite).
    """

    name: str
    family: Family
    ref: str
    digest: str
    size_bytes: int
    source: SourceKind
    origin: str


def base_ref(name: str) -> str:
    """What FROM names for a base, wherever it came from.

    The same bytes in every engine, never a tag of the user's own; and `.invalid` (RFC 2606) can never be pulled from
    anybody's registry by mistake.
    """
    return f"buildmark.invalid/{name}:base"
