"""What `plan`, `render` and `run` share: the options that choose a scenario's variants, and what they lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cli.options import choice, whole_number
from bench.errors import UsageError
from bench.model.build import BuilderKind
from bench.model.scenario import Axis, Base, Scenario, State, Variant
from bench.pure.planning import DEFAULT_SEED

ScenarioArgument = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario's name (see `buildmark scenarios`), the path of its folder, or that of a Dockerfile of yours.",
        show_default=False,
    ),
]
ContextOption = Annotated[
    Path | None,
    typer.Option(
        "--context",
        metavar="DIR",
        help="The build context of a Dockerfile that is named in place of a scenario.",
        show_default="the Dockerfile's folder",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="AXIS=LEVEL,…",
        help="Use only these levels of an axis; the first is the reference. May be repeated.",
        show_default=False,
    ),
]
BaseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--base",
        metavar="NAME,…",
        help="Use only these base images, any of `buildmark bases`; the first is the reference. May be repeated.",
        show_default=False,
    ),
]
StateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE,…",
        help=f"Measure only these cache states: {', '.join(State)}. May be repeated.",
        show_default="the scenario's",
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole_number("--seed", DEFAULT_SEED),
        help="What the order within the rounds is drawn from.",
    ),
]
AllowLargeOption = Annotated[
    bool, typer.Option("--allow-large", help="Accept more than 10,000 combinations of levels.")
]
BuilderOption = Annotated[
    BuilderKind,
    typer.Option(
        "--builder",
        metavar="BUILDER",
        parser=choice(BuilderKind, "--builder", "there is no builder"),
        help=f"What the Dockerfiles are executed by: {', '.join(BuilderKind)}.",
    ),
]


class ListFormat(StrEnum):
    """How a command prints what it lists."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    ListFormat,
    typer.Option(
        "--format",
        metavar="FORMAT",
        parser=choice(ListFormat, "--format", "there is no format"),
        help=f"How to print: {', '.join(ListFormat)}.",
    ),
]


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario and what the options left of it. `catalogue` holds every base that there is, by name.

    `template` is the text of its template. `notes` say what was made of a Dockerfile that stands in its place.
    """

    scenario: Scenario
    template: str
    axes: tuple[Axis, ...]
    variants: tuple[Variant, ...]
    catalogue: Mapping[str, Base]
    notes: tuple[str, ...] = ()

    def base_of(self, variant: Variant) -> Base | None:
        """The catalogue's entry of the variant's base; None where the scenario has no base axis."""
        return None if variant.base is None else self.catalogue[variant.base]

    def dockerfiles(self, builder: BuilderKind, *, most: int | None = None) -> dict[str, str]:
        """The Dockerfile of each variant (of the first `most`), by its id. Raises InputError for a wrong template."""
        from bench.pure.dockerfile import render

        return {
            variant.id: render(self.scenario, self.template, self.axes, variant, self.base_of(variant), builder=builder)
            for variant in self.variants[:most]
        }


def states_of(chosen: Chosen, options: Sequence[str] | None) -> tuple[State, ...]:
    """The states that `--state` names, else the scenario's. Raises UsageError, also where one has no edit."""
    from bench.pure.planning import parse_states

    states = parse_states(options or (), chosen.scenario.states)
    for state in states:
        if state.is_edit and state not in chosen.scenario.edits:
            raise UsageError(
                f"{chosen.scenario.name} has no edit for the state {state}",
                remedy=f"declare [edits.{state.removeprefix('edit-')}] in its scenario.toml, or leave the state out",
            )
    return states


def check_edited_files(chosen: Chosen, states: Sequence[State]) -> None:
    """Raise InputError where the edit of one of `states` names a file that is not in the build context.

    A run tries each edit on a copy of the context; this only looks, and makes none.
    """
    edits = [chosen.scenario.edits[state] for state in states if state.is_edit]
    if any(edit.file for edit in edits):
        from bench.ports.context import list_context
        from bench.ports.context_edit import check_file

        files = frozenset(list_context(chosen.scenario.context))
        for edit in edits:
            check_file(edit, chosen.scenario.context, files)


def choose(
    name_or_path: str,
    set_options: Sequence[str] | None,
    base_options: Sequence[str] | None,
    *,
    context: Path | None = None,
    allow_large: bool = False,
) -> Chosen:
    """Load the scenario and apply the options to it. Raises UsageError and InputError; touches no engine.

    `name_or_path` may be a Dockerfile's, whose build context `context` then is.
    """
    from bench.ports.base_catalogue import load_catalogue
    from bench.pure.planning import expand, make_selection, select_axes

    selection = make_selection(set_options or (), base_options or ())
    catalogue = load_catalogue()
    scenario, template, notes = _load(name_or_path, context, catalogue)
    axes = select_axes(scenario, selection, catalogue)
    variants = expand(scenario, axes, allow_large=allow_large)
    return Chosen(scenario=scenario, template=template, axes=axes, variants=variants, catalogue=catalogue, notes=notes)


def _load(
    name_or_path: str, context: Path | None, catalogue: Mapping[str, Base]
) -> tuple[Scenario, str, tuple[str, ...]]:
    """A scenario, the text of its template, and what has to be said of a Dockerfile in its place."""
    from bench.ports.own_dockerfile import dockerfile_at
    from bench.ports.scenario_files import load_scenario, read_template, scenario_folders

    dockerfile = dockerfile_at(name_or_path)
    if dockerfile is not None:
        from bench.app.own_dockerfile import scenario_of, understand

        own = understand(dockerfile, context, catalogue)
        notes = tuple(f"{dockerfile.name}: {sentence}" for sentence in own.draft.warned)
        return scenario_of(own), own.draft.template, notes
    if context is not None:
        raise UsageError(
            f"--context goes with a Dockerfile, and '{name_or_path}' is none",
            remedy="a scenario names its context in scenario.toml",
        )
    scenario = load_scenario(name_or_path, folders=scenario_folders(), known_bases=catalogue)
    return scenario, read_template(scenario), ()
