"""What a template can call: `run`, `packages`, `install`. Pure: values in, text of a Dockerfile out.

Neighbours: `bench.pure.dockerfile` makes one `Helpers` per rendering; `bench.pure.shell`, `bench.pure.packages` and
`bench.pure.trust` know the details. The words for template authors are in docs/SCENARIOS.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import did_you_mean
from bench.model.build import BuilderKind
from bench.model.scenario import Base, Family
from bench.pure.packages import Packages
from bench.pure.shell import ShellMistakeError, joined, words
from bench.pure.trust import CA_MOUNT, VARIABLES, calls, prelude

CACHE_PREFIX = "buildmark-"
LAYERS = ("split", "merged")
HELPER_NAMES = frozenset({"run", "packages", "install"})


class TemplateMistakeError(Exception):
    """A helper was called in a way that makes no sense; rendering adds the file and the line."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class Helpers:
    """The helpers of one rendering: they know its builder, its base and its level of the axis `layers`."""

    def __init__(self, *, builder: BuilderKind, base: Base | None, layers: str) -> None:
        self._mounts = builder is BuilderKind.BUILDKIT
        self._base = base
        self._layers = layers

    def run(
        self,
        commands: str | Sequence[str],
        *,
        cleanup: str | Sequence[str] = (),
        layers: str | None = None,
        fetch: bool | str | Sequence[str] = (),
        cache: Mapping[str, str] | None = None,
    ) -> str:
        """Return RUN instructions for `commands`: one each when `layers` is split, a single one when it is merged.

        `cleanup` runs last: in the same layer when merged, in a RUN of its own when split (where it cannot make the
        image smaller). `fetch` names the tools that fetch over TLS (true for all that are known). `cache` maps the name
        of a cache mount to its folder. `layers` defaults to the axis of that name, else to merged.
        """
        steps, last = _texts("commands", commands), _texts("cleanup", cleanup)
        if not steps:
            raise TemplateMistakeError("run() needs at least one command")
        tools = _tools(fetch)
        mounts = self._cache_mounts(cache or {})
        try:
            groups = self._groups(steps, last, layers)
            chosen = tools if self._mounts else ()
            return "\n".join(_instruction(group, mounts, _needed(group, groups, chosen)) for group in groups)
        except ShellMistakeError as error:
            raise TemplateMistakeError(str(error)) from error

    def packages(
        self, *, apt: str | Sequence[str] = (), apk: str | Sequence[str] = (), build: bool = False
    ) -> Packages:
        """Return the packages for the base's own package manager; `build` marks those that only the build needs."""
        family = self._family()
        names = {Family.APT: apt, Family.APK: apk}[family]
        chosen = [word for text in _texts(family.value, names) for word in text.split()]
        if not chosen:
            raise TemplateMistakeError(
                f"no {family.value} packages are named for this base",
                remedy=f"pass {family.value}=[…], or exclude the bases of this family in scenario.toml",
            )
        return Packages(family, chosen, build=build)

    def install(
        self, *, apt: str | Sequence[str] = (), apk: str | Sequence[str] = (), layers: str | None = None
    ) -> str:
        """Return the RUN instructions that install packages and clean up after that."""
        wanted = self.packages(apt=apt, apk=apk)
        return self.run(wanted.install, cleanup=wanted.clean, fetch=wanted.manager, layers=layers)

    def _family(self) -> Family:
        if self._base is None:
            raise TemplateMistakeError("packages need an axis called 'base', which this scenario does not have")
        if self._base.family is Family.NONE:
            raise TemplateMistakeError(
                f"this scenario needs a package manager, and the base {self._base.name} has none",
                remedy=f'exclude it in scenario.toml: [[exclude]] with base = "{self._base.name}"',
            )
        return self._base.family

    def _groups(self, steps: Sequence[str], last: Sequence[str], layers: str | None) -> tuple[tuple[str, ...], ...]:
        """Return the commands of each RUN. Every command is checked, however the layers are cut."""
        shape = str(self._layers if layers is None else layers)
        if shape not in LAYERS:
            raise TemplateMistakeError(
                f"layers is '{shape}'; run() knows split and merged{did_you_mean(shape, LAYERS)}"
            )
        for command in (*steps, *last):
            words(command)
        if shape == "merged":
            return ((*steps, *last),)
        return (*((step,) for step in steps), *([tuple(last)] if last else []))

    def _cache_mounts(self, cache: Mapping[str, str]) -> tuple[str, ...]:
        if not isinstance(cache, Mapping):
            raise TemplateMistakeError("cache maps a name to a folder, e.g. {'pip': '/root/.cache/pip'}")
        if not self._mounts:
            return ()
        mounts = ((name.removeprefix(CACHE_PREFIX), folder) for name, folder in cache.items())
        return tuple(
            f"--mount=type=cache,id={CACHE_PREFIX}{name},target={folder},sharing=locked" for name, folder in mounts
        )


def _texts(what: str, value: Any) -> list[str]:
    """Return one text or a list of texts as a list."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise TemplateMistakeError(f"{what} must be a text or a list of texts, not {value!r}")
    return list(texts)


def _tools(fetch: bool | str | Sequence[str]) -> tuple[str, ...]:  # noqa: FBT001 -- `fetch=true` is how a template says "all"
    if isinstance(fetch, bool):
        return tuple(VARIABLES) if fetch else ()
    tools = _texts("fetch", fetch)
    for tool in tools:
        if tool not in VARIABLES:
            known = ", ".join(sorted(VARIABLES))
            raise TemplateMistakeError(f"fetch does not know '{tool}'{did_you_mean(tool, VARIABLES)}; it knows {known}")
    return tuple(tools)


def _needed(group: Sequence[str], groups: Sequence[Sequence[str]], tools: Sequence[str]) -> tuple[str, ...]:
    """Return the tools that the RUN `group` fetches with; one that no command calls by name may be used by any."""

    def called(tool: str, by: Sequence[str]) -> bool:
        return any(calls(command, tool) for command in by)

    return tuple(tool for tool in tools if called(tool, group) or not any(called(tool, each) for each in groups))


def _instruction(commands: Sequence[str], mounts: Sequence[str], tools: Sequence[str]) -> str:
    """Return one RUN: its mounts, the trust in the bundle for `tools`, its commands."""
    head = [*mounts, *([CA_MOUNT] if tools else [])]
    body = joined(commands) if len(commands) > 1 else commands[0]
    if not head:
        return f"RUN {body}"
    lines = [head[0], *(f"    {line}" for line in (*head[1:], *(prelude(tools) if tools else ()), body))]
    return "RUN " + " \\\n".join(lines)
