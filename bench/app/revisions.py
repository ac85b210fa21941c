"""Revisions of a scenario, each laid out in a folder of its own, as one campaign with an axis `rev`.

Variants are those that all revisions have. Neighbour: `bench.app.asked` is what a session is given of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from bench.app.asked import AskedRevision
from bench.errors import InputError, UsageError
from bench.model.build import BuilderKind
from bench.model.scenario import REVISION_AXIS, Axis, Base, Level, Scenario, Variant
from bench.ports.git_revisions import Repository
from bench.ports.scenario_files import SCENARIO_FILE, load_scenario, read_template
from bench.pure.dockerfile import render
from bench.pure.planning import Selection, expand, select_axes

WORKING_TREE = "."
"""What names the files as they lie there, changes that are not committed included."""
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Revised(msgspec.Struct, frozen=True, kw_only=True):
    """What several revisions of a scenario come to: `left_out` are the variants that not all of them have."""

    axes: tuple[Axis, ...]
    variants: tuple[Variant, ...]
    dockerfiles: Mapping[str, str]
    left_out: tuple[str, ...]


class _Expanded(msgspec.Struct, frozen=True, kw_only=True):
    revision: AskedRevision
    axes: tuple[Axis, ...]
    variants: Mapping[str, Variant]


def lay_out(
    scenario: Scenario,
    revisions: Sequence[str],
    scratch: Path,
    *,
    environment: Mapping[str, str],
    known_bases: Collection[str],
) -> tuple[AskedRevision, ...]:
    """The scenario as it was at each revision, checked out below `scratch`; `.` is the folder as it is.

    Raises UsageError for a revision that names no commit or does not have the scenario, and for two that are the same;
    InputError where the scenario of one is wrong.
    """
    repository = Repository(scenario.folder, environment)
    whole = Path(os.path.commonpath([scenario.folder.resolve(), scenario.context.resolve()]))
    path, home = repository.path_of(whole), repository.path_of(scenario.folder)
    pairs = [(name, None if name == WORKING_TREE else repository.resolve(name)) for name in revisions]
    _check_revisions(repository, home, pairs)
    asked: list[AskedRevision] = []
    for name, commit in pairs:
        level = _level_name(name, commit, [one.name for one in asked])
        if commit is None:
            found = load_scenario(f"{scenario.folder}/", folders=(), known_bases=known_bases)
        else:
            repository.check_out(commit, path, scratch / level)
            found = _load_laid_out(name, home, scratch / level, known_bases)
        asked.append(AskedRevision(name=level, commit=commit, scenario=found))
    return tuple(asked)


def _check_revisions(repository: Repository, home: str, pairs: Sequence[tuple[str, str | None]]) -> None:
    """Raise UsageError where two revisions are the same, or one does not have the scenario's folder `home`."""
    names: dict[str | None, str] = {}
    for name, commit in pairs:
        if commit in names:
            what = f"the commit {commit[:12]}" if commit else "the working tree"
            raise UsageError(
                f"the revisions '{names[commit]}' and '{name}' are both {what}: there is nothing to compare",
                remedy="name two that differ, such as HEAD~1 and HEAD, or . for the files as they are",
            )
        names[commit] = name
        if commit is not None and not repository.has(commit, f"{home}/{SCENARIO_FILE}"):
            raise UsageError(
                f"{_short(name, commit)} has no scenario {home}: it was committed later, or lay elsewhere",
                remedy=f"name revisions that have it; these do: git log --oneline -- {home}",
            )


def _load_laid_out(name: str, home: str, project: Path, known_bases: Collection[str]) -> Scenario:
    """The scenario of a revision. Raises InputError with the revision where the folder it was laid out in would be."""
    try:
        return load_scenario(f"{project / home}/", folders=(), known_bases=known_bases, project=project)
    except InputError as error:
        raise InputError(error.message.replace(f"{project}/", f"{name}:"), remedy=error.remedy) from error


def _short(name: str, commit: str) -> str:
    return commit[:12] if name == commit else name


def _level_name(name: str, commit: str | None, taken: Collection[str]) -> str:
    """A revision's name as a level's: `feature/x` becomes `feature-x`; one that is taken gets its commit's digits."""
    if commit is None:
        return "working-tree"
    plain = _NOT_IN_A_NAME.sub("-", name).strip("-._")[:40] or commit[:12]
    if plain in taken:
        plain = f"{plain}-{commit[:12]}"
    return plain


def revise(
    revisions: Sequence[AskedRevision],
    selection: Selection,
    bases: Mapping[str, Base],
    builder: BuilderKind,
    *,
    allow_large: bool = False,
) -> Revised:
    """The variants that every revision has, once for each revision, with the Dockerfiles that each makes of them.

    Raises UsageError and InputError as `select_axes`, `expand` and `render` do, and where no variant is common to all.
    """
    expanded = [_expand(one, selection, bases, allow_large=allow_large) for one in revisions]
    last = expanded[-1]
    common = [name for name in last.variants if all(_has(other, last.variants[name]) for other in expanded)]
    if not common:
        raise UsageError("no variant is in all of the revisions", remedy="choose levels that all have, with --set")
    every = dict.fromkeys(name for one in expanded for name in one.variants)
    pairs = [(name, one) for name in common for one in expanded]
    return Revised(
        axes=(*last.axes, _axis(one.name for one in revisions)),
        variants=tuple(_revised(one.variants[name], one.revision.name) for name, one in pairs),
        dockerfiles={
            _revised(one.variants[name], one.revision.name).id: _render(one, name, bases, builder)
            for name, one in pairs
        },
        left_out=tuple(name for name in every if name not in common),
    )


def _axis(names: Iterable[str]) -> Axis:
    return Axis(name=REVISION_AXIS, levels=tuple(Level(name=name) for name in names))


def _expand(
    revision: AskedRevision, selection: Selection, bases: Mapping[str, Base], *, allow_large: bool
) -> _Expanded:
    scenario = revision.scenario
    if any(axis.name == REVISION_AXIS for axis in scenario.axes):
        raise UsageError(f"the scenario {scenario.name} has an axis '{REVISION_AXIS}' of its own", remedy="rename it")
    axes = select_axes(scenario, selection, bases)
    variants = {variant.id: variant for variant in expand(scenario, axes, allow_large=allow_large)}
    return _Expanded(revision=revision, axes=axes, variants=variants)


def _has(expanded: _Expanded, variant: Variant) -> bool:
    found = expanded.variants.get(variant.id)
    return found is not None and found.levels == variant.levels


def _revised(variant: Variant, revision: str) -> Variant:
    return Variant(id=f"{variant.id}-{revision}", levels={**variant.levels, REVISION_AXIS: revision})


def _render(expanded: _Expanded, name: str, bases: Mapping[str, Base], builder: BuilderKind) -> str:
    scenario, variant = expanded.revision.scenario, expanded.variants[name]
    base = bases[variant.base] if variant.base is not None else None
    return render(scenario, read_template(scenario), expanded.axes, variant, base, builder=builder)
