"""A Dockerfile as a graph: for each step, what its place in the build cache depends on.

That is its own text, the variables and settings in effect, the steps before it (of its stage, and of the stages that it
copies or mounts from), and the files of the build context that it reads. Follows what BuildKit's frontend makes of a
Dockerfile (`frontend/dockerfile/dockerfile2llb/convert.go`). Not known: `# escape=`, ONBUILD of a base, named contexts.
Neighbours: `bench.pure.dockerfile_steps` reads the lines, `bench.pure.cache_reasons` compares two graphs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from bench.model.build import StepKind
from bench.pure.cache_mounts import FLAG
from bench.pure.context_use import covers, unquoted
from bench.pure.dockerfile_steps import instruction_texts, names_stages, stage_name
from bench.pure.dockerfile_variables import declared_args, declared_env, expanded, names_used
from bench.pure.vertices import instruction_kind

_WORD = re.compile(r"\s*(\w+)\s*(.*)", re.DOTALL)
_NOT_A_FILE = ("<<", "http://", "https://", "git@", "git://", "ssh://")
_SETTINGS = frozenset({"USER", "SHELL"})

Place = tuple[str | None, int]
"""Where a step stands: its stage's name in small letters (None for the only, nameless one), its position in it."""


class StepNode(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `text` is as written, `filled` with its variables filled in (RUN: as written, for the shell does it).

    `variables` are those that its cache key depends on: for RUN all that are in effect, elsewhere those that it names.
    `settings` are the USER and SHELL in effect, for RUN only. `before` are the texts of all other instructions ahead of
    it in its stage, on which only the classic builder's cache depends. `parents` are the steps whose results it needs.
    `reads` and `skips` are patterns of context paths, see `reads_path`.
    """

    place: Place
    kind: StepKind
    text: str
    filled: str
    variables: Mapping[str, str]
    settings: tuple[str, ...]
    before: tuple[str, ...]
    parents: tuple[Place, ...]
    reads: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()

    def reads_path(self, path: str) -> bool:
        """Whether the step reads this path of the build context."""
        return any(covers(pattern, path) for pattern in self.reads) and not any(
            _excludes(pattern, path) for pattern in self.skips
        )


def dockerfile_graph(dockerfile: str, args: Mapping[str, str]) -> dict[Place, StepNode]:
    """The steps of a Dockerfile by their place, in order. `args` are the build args that the build was given."""
    lines = list(instruction_texts(dockerfile))
    reader = _Reader(args, several=names_stages(lines))
    for line in lines:
        reader.read(line)
    return reader.nodes


class _Stage:
    """A stage while it is read. `last` is the place of its latest step."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.last: Place = (name, 0)
        self.variables: dict[str, str] = {}
        self.settings: dict[str, str] = {}
        self.before: list[str] = []


class _Reader:
    """Goes through the instructions from top to bottom."""

    def __init__(self, args: Mapping[str, str], *, several: bool) -> None:
        self.nodes: dict[Place, StepNode] = {}
        self._args = args
        self._several = several
        self._above: dict[str, str] = {}
        self._stages: list[_Stage] = []

    def read(self, text: str) -> None:
        found = _WORD.match(text)
        word, rest = (found[1], found[2]) if found else ("", "")
        kind = instruction_kind(text)
        if kind is StepKind.FROM:
            self._begin_stage(text, rest)
        elif kind is not StepKind.OTHER and self._stages:
            self._step(kind, text, rest)
        elif not self._stages:
            if word == "ARG":
                self._above.update(declared_args(rest, self._above, self._args, {}))
        else:
            self._setting(word, rest, text)

    def _setting(self, word: str, rest: str, text: str) -> None:
        stage = self._stages[-1]
        stage.before.append(text)
        if word == "ARG":
            stage.variables.update(declared_args(rest, stage.variables, self._args, self._above))
        elif word == "ENV":
            stage.variables.update(dict(declared_env(rest, dict(stage.variables))))
        elif word in _SETTINGS:
            stage.settings[word] = expanded(text, stage.variables)

    def _begin_stage(self, text: str, rest: str) -> None:
        words = [word for word in rest.split() if not word.startswith("--")]
        parent = self._stage_called(expanded(words[0], self._above) if words else "")
        name = stage_name(text, len(self._stages), several=self._several)
        stage = _Stage(None if name is None else name.lower())
        if parent is not None:
            stage.variables.update(parent.variables)
            stage.settings.update(parent.settings)
        self._stages.append(stage)
        self._add(
            StepKind.FROM,
            text,
            expanded(text, self._above),
            variables=_named(text, self._above),
            parents=() if parent is None else (parent.last,),
        )

    def _step(self, kind: StepKind, text: str, rest: str) -> None:
        stage = self._stages[-1]
        flags, words = _flags(rest)
        parents = [stage.last]
        if kind is StepKind.RUN:
            reads = self._mounts(flags, parents)
            self._add(kind, text, text, variables=dict(stage.variables), parents=tuple(parents), reads=reads)
            return
        filled = expanded(text, stage.variables)
        source = next((value for name, value in flags if name == "--from"), None)
        reads = () if kind is StepKind.WORKDIR else _sources(expanded(words, stage.variables))
        if source is not None:
            reads = ()
            self._depend(expanded(source, stage.variables), parents)
        self._add(
            kind,
            text,
            filled,
            variables=_named(text, stage.variables),
            parents=tuple(parents),
            reads=reads,
            skips=tuple(value for name, value in flags if name == "--exclude"),
        )

    def _mounts(self, flags: list[tuple[str, str]], parents: list[Place]) -> tuple[str, ...]:
        """The context paths that the bind mounts of a RUN show; stages that they come from join `parents`."""
        reads: list[str] = []
        for name, value in flags:
            fields = {key: text for key, _, text in (field.partition("=") for field in value.split(","))}
            if name != "--mount" or fields.get("type", "bind") not in {"bind", "cache"}:
                continue
            if "from" in fields:
                self._depend(fields["from"], parents)
            elif fields.get("type", "bind") == "bind":
                reads.append(fields.get("source", fields.get("src", ".")))
        return tuple(reads)

    def _depend(self, source: str, parents: list[Place]) -> None:
        stage = self._stage_called(source)
        if stage is not None:
            parents.append(stage.last)

    def _stage_called(self, name: str) -> _Stage | None:
        """The stage that a name or, for COPY --from, a number means; None for an image."""
        named = [stage for stage in self._stages if stage.name is not None and stage.name == name.lower()]
        if named:
            return named[-1]
        return self._stages[int(name)] if name.isdecimal() and int(name) < len(self._stages) else None

    def _add(
        self,
        kind: StepKind,
        text: str,
        filled: str,
        *,
        variables: Mapping[str, str],
        parents: tuple[Place, ...],
        reads: tuple[str, ...] = (),
        skips: tuple[str, ...] = (),
    ) -> None:
        stage = self._stages[-1]
        stage.last = (stage.name, stage.last[1] + 1)
        self.nodes[stage.last] = StepNode(
            place=stage.last,
            kind=kind,
            text=text,
            filled=filled,
            variables=variables,
            settings=tuple(stage.settings.values()) if kind is StepKind.RUN else (),
            before=tuple(stage.before),
            parents=parents,
            reads=reads,
            skips=skips,
        )


def _flags(rest: str) -> tuple[list[tuple[str, str]], str]:
    """The flags in front, as names and values, and what follows them."""
    flags: list[tuple[str, str]] = []
    rest = rest.lstrip()
    while found := FLAG.match(rest):
        name, _, value = found[0].partition("=")
        flags.append((name, value.strip("\"'")))
        rest = rest[found.end() :].lstrip()
    return flags, rest


def _sources(words: str) -> tuple[str, ...]:
    """All that a COPY or ADD names but the last, which is where to, and but what is no file of the context."""
    places = unquoted(words.partition("\n")[0].split())
    return tuple(_go_class(place) for place in places[:-1] if not place.startswith(_NOT_A_FILE))


def _go_class(pattern: str) -> str:
    """Go writes `[^a]` for what Python's fnmatch calls `[!a]`."""
    return pattern.replace("[^", "[!")


def _excludes(pattern: str, path: str) -> bool:
    """Whether `--exclude=pattern` leaves the path out: `**` stands for any folders, and a folder for all in it."""
    parts = path.split("/")
    return any(_matches(pattern.strip("/").split("/"), parts[:count]) for count in range(1, len(parts) + 1))


def _matches(wanted: list[str], parts: list[str]) -> bool:
    if not wanted or not parts:
        return not parts and all(part == "**" for part in wanted)
    if wanted[0] == "**":
        return _matches(wanted[1:], parts) or _matches(wanted, parts[1:])
    return fnmatchcase(parts[0], _go_class(wanted[0])) and _matches(wanted[1:], parts[1:])


def _named(text: str, values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in names_used(text) if name in values}
