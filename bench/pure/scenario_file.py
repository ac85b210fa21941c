"""Turns the text of a `scenario.toml` into a Scenario, or says in which line it is wrong and how.

What the file says is `bench.pure.scenario_wire`; what it means is `bench.model.scenario`. Nothing is read here:
`bench.ports.scenario_files` reads the text and checks that template and context exist.
"""

from __future__ import annotations

import keyword
import posixpath
import re
import warnings
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from bench.model.scenario import BASE_AXIS, Axis, Level, Limits, Scenario, SmokeTest, State
from bench.pure.edits import parse_edits
from bench.pure.scenario_wire import (
    ARG_NAME,
    AXIS_NAME,
    LEVEL_NAME,
    PLATFORM,
    WireEdit,
    WireEdits,
    WireLimits,
    WireScenario,
    WireSmoke,
)
from bench.pure.toml_check import TomlFile
from bench.pure.toml_lines import KeyPath

JINJA_NAMES = frozenset(
    {"block", "call", "caller", "cycler", "dict", "do", "extends", "false", "filter", "include", "joiner", "kwargs"}
    | {"lipsum", "loop", "macro", "namespace", "none", "range", "raw", "self", "set", "super", "true", "varargs"}
)
RESERVED_NAMES = JINJA_NAMES | {"args", "builder", "install", "packages", "run", "scenario", "variant"}
"""Names that an axis cannot have, because templates use them for something else."""
BASE_VALUES = frozenset({"family", "name", "ref"})
"""What a template reads of a base from the catalogue, so that no scenario can say otherwise."""

_KINDS: Mapping[KeyPath, type] = {
    ("smoke",): WireSmoke,
    ("limits",): WireLimits,
    ("states",): State,
    ("edits",): WireEdits,
    ("edits", "source"): WireEdit,
    ("edits", "deps"): WireEdit,
}


def parse_scenario(text: str, *, name: str, folder: Path, file: str, known_bases: Collection[str]) -> Scenario:
    """Parse and check the text of a scenario file.

    `folder` is the scenario's absolute folder, `file` what errors call the file, `known_bases` the names in the
    catalogue of bases. Raises InputError `FILE:LINE: …` that names the key.
    """
    source = TomlFile(text, file=file)
    wire = source.convert(WireScenario, _KINDS)
    _check_names(source, wire, known_bases)
    _check_combinations(source, wire, known_bases)
    _check_values(source, wire)
    return Scenario(
        name=name,
        title=wire.title,
        description=wire.description,
        folder=folder,
        template=folder / wire.template,
        context=Path(posixpath.normpath(folder / wire.context)),
        axes=tuple(_axis(axis, levels, wire.levels.get(axis, {})) for axis, levels in wire.axes.items()),
        exclude=tuple(
            {axis: (levels,) if isinstance(levels, str) else tuple(levels) for axis, levels in combination.items()}
            for combination in wire.exclude
        ),
        include=tuple(wire.include),
        states=tuple(state for state in State if state in wire.states),
        args=wire.args,
        platform=wire.platform,
        smoke=_smoke(wire.smoke),
        limits=Limits(timeout_s=wire.limits.timeout_s),
        edits=parse_edits(source, wire),
    )


def _axis(name: str, levels: Iterable[str], values: Mapping[str, Mapping[str, object]]) -> Axis:
    return Axis(name=name, levels=tuple(Level(name=level, values=values.get(level, {})) for level in levels))


def _smoke(wire: WireSmoke | None) -> SmokeTest | None:
    if wire is None:
        return None
    return SmokeTest(
        command=tuple(wire.command), exit_code=wire.exit_code, output=wire.output, timeout_s=wire.timeout_s
    )


def _check_names(source: TomlFile, wire: WireScenario, known_bases: Collection[str]) -> None:
    """Axes, their levels, and the tables of values that belong to them."""
    for axis, levels in wire.axes.items():
        _check_axis_name(source, axis)
        _check_levels(source, axis, levels)
    for position, base in enumerate(wire.axes.get(BASE_AXIS, ())):
        source.require_known(base, known_bases, ("axes", BASE_AXIS, position), what="base")
    for axis, tables in wire.levels.items():
        source.require_known(axis, wire.axes, ("levels", axis), what="axis")
        for level, values in tables.items():
            source.require_known(level, wire.axes[axis], ("levels", axis, level), what=f"level of the axis {axis}")
            _check_value_names(source, axis, level, values)


def _check_value_names(source: TomlFile, axis: str, level: str, names: Iterable[str]) -> None:
    for name in names:
        path = ("levels", axis, level, name)
        if not re.fullmatch(AXIS_NAME, name):
            raise source.error(
                path,
                f"'{name}' cannot be the name of a value: templates read {axis}.NAME",
                remedy="letters, digits and underscores, no digit first",
            )
        if axis == BASE_AXIS and name in BASE_VALUES:
            raise source.error(
                path, f"'{name}' of a base comes from the catalogue of bases", remedy="choose another name"
            )


def _check_axis_name(source: TomlFile, axis: str) -> None:
    path = ("axes", axis)
    if not re.fullmatch(AXIS_NAME, axis):
        raise source.error(
            path, f"'{axis}' cannot be the name of an axis", remedy="letters, digits and underscores, no digit first"
        )
    if axis in RESERVED_NAMES or keyword.iskeyword(axis):
        raise source.error(
            path, f"'{axis}' cannot be the name of an axis: templates use it for something else", remedy="rename it"
        )


def _check_levels(source: TomlFile, axis: str, levels: list[str]) -> None:
    if not levels:
        raise source.error(("axes", axis), f"the axis '{axis}' has no level", remedy=f'{axis} = ["one", "another"]')
    for position, level in enumerate(levels):
        path = ("axes", axis, position)
        if not re.fullmatch(LEVEL_NAME, level):
            raise source.error(
                path,
                f"'{level}' cannot be the name of a level",
                remedy="letters, digits, '.', '_' and '-', and a letter or digit first",
            )
        if level in levels[:position]:
            raise source.error(path, f"the level '{level}' of the axis '{axis}' is there twice", remedy="remove one")


def _check_combinations(source: TomlFile, wire: WireScenario, known_bases: Collection[str]) -> None:
    """Excludes and includes name axes and levels that there are; an include names every axis.

    An exclude may name any base, since `--base` may choose any.
    """
    levels_of: dict[str, Collection[str]] = dict(wire.axes)
    if BASE_AXIS in levels_of:
        levels_of[BASE_AXIS] = dict.fromkeys([*wire.axes[BASE_AXIS], *known_bases])
    for position, excluded in enumerate(wire.exclude):
        for axis, levels in excluded.items():
            named = [levels] if isinstance(levels, str) else levels
            _check_members(source, levels_of, ("exclude", position, axis), named)
    for position, included in enumerate(wire.include):
        for axis, level in included.items():
            _check_members(source, wire.axes, ("include", position, axis), [level])
        if missing := [axis for axis in wire.axes if axis not in included]:
            raise source.error(
                ("include", position),
                f"an include names every axis; missing here: {', '.join(missing)}",
                remedy="add a level for each",
            )


def _check_members(
    source: TomlFile, levels_of: Mapping[str, Collection[str]], path: KeyPath, levels: Iterable[str]
) -> None:
    axis = str(path[-1])
    source.require_known(axis, levels_of, path, what="axis")
    if not levels:
        raise source.error(path, "an empty list names no level", remedy="name a level, or remove the key")
    for level in levels:
        source.require_known(level, levels_of[axis], path, what=f"level of the axis {axis}")


def _check_values(source: TomlFile, wire: WireScenario) -> None:
    for key, path in (("template", wire.template), ("context", wire.context)):
        _check_path(source, key, path)
    for arg, value in wire.args.items():
        if not re.fullmatch(ARG_NAME, arg):
            raise source.error(
                ("args", arg), f"'{arg}' cannot be the name of a build arg", remedy="letters, digits and underscores"
            )
        if "\0" in value:
            raise source.error(("args", arg), "a build arg cannot hold a NUL character", remedy="remove it")
    if wire.platform is not None and not re.fullmatch(PLATFORM, wire.platform):
        raise source.error(
            ("platform",), f"'{wire.platform}' is not a platform", remedy='OS/ARCHITECTURE, such as "linux/arm64"'
        )
    if wire.smoke is not None:
        _check_smoke(source, wire.smoke)


def _check_path(source: TomlFile, key: str, text: str) -> None:
    """A context may lead upwards, as far as `bench.ports.scenario_files` allows; a template may not."""
    path = PurePosixPath(text)
    if path.is_absolute() or (".." in path.parts and key != "context") or "\0" in text:
        raise source.error(
            (key,),
            f"the {key} '{text}' leaves the scenario's folder",
            remedy="give a path inside that folder, relative to it",
        )


def _check_smoke(source: TomlFile, smoke: WireSmoke) -> None:
    if not smoke.command[0]:
        raise source.error(("smoke", "command"), "the command's first word is empty", remedy="name a program")
    if smoke.output is None:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(smoke.output)
    except (re.error, OverflowError, RecursionError) as error:
        raise source.error(
            ("smoke", "output"),
            f"not a regular expression: {error}",
            remedy="write it between single quotes, and put a backslash before a special character",
        ) from error
